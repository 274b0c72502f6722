import assert from "node:assert/strict";
import { test } from "node:test";
import { CrispError } from "../errors/index.ts";
import { runCommand, shellQuoted, typedAs, withoutPasswords } from "./run-command.ts";
import { defineVerb, type Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

/** Run one command line over the given verbs and keep what it wrote. */
async function run(argv: string[], verbs: Verb[] = [echo as Verb], signal = new AbortController().signal) {
  let stdout = "";
  let stderr = "";
  const code = await runCommand({
    argv,
    verbs: verbs.map((verb) => ({ name: verb.name, summary: verb.summary, load: async () => verb })),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    version: "1.2.3",
    listenForSignals: () => signal,
  });
  return { code, stdout, stderr };
}

const echo = defineVerb({
  name: "echo",
  summary: "repeat a word",
  usage: "<word> [options]",
  positionals: [{ name: "word", help: "What to repeat.", required: true }],
  options: {
    times: { type: "integer", default: 1, min: 1, unit: "times", help: "How often." },
    eval_strategy: { type: "string", choices: ["no", "epoch"], help: "Made up." },
    loud: { type: "boolean", default: true, help: "Made up too." },
  },
  examples: ["crisp echo hello"],
  async run({ options, positionals, output }) {
    for (let i = 0; i < options.times; i++) output.print(positionals[0]);
    output.record({ word: positionals[0], times: options.times });
    return 0;
  },
});

const failing = (error: unknown) =>
  defineVerb({ name: "fail", summary: "fail", usage: "", options: {}, run: () => Promise.reject(error) }) as Verb;

test("a verb gets its options and prints to standard output", async () => {
  assert.deepEqual(await run(["echo", "hi", "--times=2"]), { code: 0, stdout: "hi\nhi\n", stderr: "" });
});

test("--json leaves only JSON lines on standard output", async () => {
  const { stdout, stderr } = await run(["echo", "hi", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { word: "hi", times: 1 });
  assert.equal(stderr, "hi\n");
});

test("no arguments, --help, -h and help print the list of verbs", async () => {
  for (const argv of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, stdout } = await run(argv);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}echo {2}repeat a word$/m);
  }
});

test("a verb's help page lists arguments, options with defaults and choices, and examples", async () => {
  for (const argv of [
    ["echo", "--help"],
    ["help", "echo"],
  ]) {
    const { code, stdout } = await run(argv);
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: crisp echo <word> \[options\]$/m);
    assert.match(stdout, /^ {2}<word> {2}What to repeat\.$/m);
    assert.match(stdout, /^ {2}--times <times> +How often\. Default 1\.$/m);
    assert.match(stdout, /^ {2}--eval_strategy <no\|epoch> {2}Made up\.$/m);
    assert.match(stdout, /^ {2}--\[no_\]loud +Made up too\. Default true\.$/m);
    assert.match(stdout, /^ {2}crisp echo hello$/m);
  }
});

test("--version prints the version alone", async () => {
  assert.deepEqual(await run(["--version"]), { code: 0, stdout: "1.2.3\n", stderr: "" });
});

test("an unknown verb is one line with a suggestion, exit code 2", async () => {
  assert.deepEqual(await run(["ehco"]), { code: 2, stdout: "", stderr: "crisp: unknown verb ehco. Did you mean echo?\n" });
  assert.deepEqual(await run(["zzz"]), { code: 2, stdout: "", stderr: "crisp: unknown verb zzz. Try: crisp --help\n" });
});

test("a mistaken option is one line, exit code 2", async () => {
  const { code, stderr } = await run(["echo", "hi", "--time", "2"]);
  assert.equal(code, 2);
  assert.equal(stderr, "crisp echo: unknown option --time. Did you mean --times?\n");
});

test("a CrispError is its one line, exit code 1, and its stack under --verbose", async () => {
  const error = new CrispError("pattern/bad-parameter", "topK: expected a sparsity in [0, 1), got 1.2.", { got: 1.2 });
  assert.deepEqual(await run(["fail"], [failing(error)]), { code: 1, stdout: "", stderr: `${error.message}\n` });
  assert.match((await run(["fail", "--verbose"], [failing(error)])).stderr, /got 1\.2\.\n +at /);
  const { stderr } = await run(["fail", "--json"], [failing(error)]);
  assert.deepEqual(JSON.parse(stderr), { error: { code: error.code, message: error.message, details: { got: 1.2 } } });
});

test("an error nobody foresaw is one line too, and says how to see more", async () => {
  const { code, stderr } = await run(["fail"], [failing(new TypeError("x is not\na function"))]);
  assert.equal(code, 1);
  assert.equal(stderr, "crisp: unexpected error: x is not. Run it again with --verbose to see where.\n");
});

test("a verb stopped by a signal exits with 130 without an error line", async () => {
  const stopped = AbortSignal.abort();
  const throws = { ...failing(stopped.reason), stopsOnSignal: true };
  const returns = { ...failing(0), stopsOnSignal: true, run: async () => 0 };
  for (const verb of [throws, returns])
    assert.deepEqual(await run(["fail"], [verb], stopped), { code: 130, stdout: "", stderr: "" });
});

test("a server that a signal stopped has ended well", async () => {
  const verb = { ...failing(0), endsOnSignal: true, run: async () => 0 };
  assert.deepEqual(await run(["fail"], [verb], AbortSignal.abort()), { code: 0, stdout: "", stderr: "" });
});

test("a verb that fails while it stops still says why", async () => {
  const verb = { ...failing(new CrispError("checkpoint/unwritable", "no room")), stopsOnSignal: true };
  assert.deepEqual(await run(["fail"], [verb], AbortSignal.abort()), { code: 1, stdout: "", stderr: "no room\n" });
});

test("the list of verbs repeats each verb's own name and summary, and no option clashes with a common one", async () => {
  for (const entry of VERBS) {
    const verb = await entry.load();
    assert.deepEqual({ name: verb.name, summary: verb.summary }, { name: entry.name, summary: entry.summary });
    for (const name of Object.keys(verb.options)) {
      assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      assert.ok(!["help", "json", "verbose", "version"].includes(name), `${entry.name} --${name}`);
    }
  }
});

test("a disk that cannot be written is no unexpected error, wherever it showed", async () => {
  const failing = {
    ...echo,
    run: async () => {
      throw Object.assign(new Error("EROFS: read-only file system, unlink '/disk/a'"), {
        code: "EROFS",
        syscall: "unlink",
        path: "/disk/a",
      });
    },
  } as unknown as Verb;
  const { code, stderr } = await run(["echo", "a"], [failing]);
  assert.equal(code, 1);
  assert.match(stderr, /^\/disk\/a: expected a path that can be written, got a read-only file system\. .*\n$/);
});

/** An address as an argument, and as it may be shown. */
const ADDRESSES = [
  ["postgres://ann:s3cr%40t@db:5432/studies", "postgres://ann@db:5432/studies"],
  ["--database=postgresql://ann:s3@cr:et@db/studies", "--database=postgresql://ann@db/studies"],
  ["postgres://ann:s3/cr?et@db/studies", "postgres://ann@db/studies"],
  ["postgres://ann:s3 cr'et\"@db/studies", "postgres://ann@db/studies"],
  ["postgres://db/studies?password=secret&sslmode=require", "postgres://db/studies?sslmode=require"],
  ["postgres://db/studies?sslmode=require&PassWord=secret", "postgres://db/studies?sslmode=require"],
  ["postgres://db/studies?sslpassword=secret", "postgres://db/studies"],
  ["https://ann:secret@host/a.csv", "https://ann@host/a.csv"],
  ["postgres://ann@db/studies", "postgres://ann@db/studies"],
  ["a:b@c.csv", "a:b@c.csv"],
] as const;

test("a command that is printed or kept names its database without the password", () => {
  for (const [typed, shown] of ADDRESSES) assert.equal(typedAs(["study", typed]), `crisp study ${shellQuoted(shown)}`);
});

test("a text loses the same passwords, in a shell's quotes, in JSON and without any, and nothing else", () => {
  for (const [typed, shown] of ADDRESSES) {
    assert.equal(
      withoutPasswords(`study ${shellQuoted(typed)} --mail me@host`).replaceAll("'", ""),
      `study ${shown} --mail me@host`,
    );
    assert.deepEqual(JSON.parse(withoutPasswords(JSON.stringify({ a: typed, b: [typed, "me@host"] }))), {
      a: shown,
      b: [shown, "me@host"],
    });
  }
  assert.equal(withoutPasswords("--a postgres://ann:s3@b,postgres://c"), "--a postgres://ann@b,postgres://c");
  for (const plain of [
    "http://localhost:5000 --mail me@host",
    "it's http://localhost:5000, isn't it?",
    '{"seed":1,"name":"a \\"b\\" c"}',
  ])
    assert.equal(withoutPasswords(plain), plain);
});
