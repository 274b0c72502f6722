import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const signals = pathToFileURL(join(import.meta.dirname, "signals.ts")).href;

/** Run code with `stop` in scope; `act` is called once it has printed `ready`. */
async function runChild(code: string, act: (child: ReturnType<typeof spawn>) => void) {
  const script = `import { watchForStop } from ${JSON.stringify(signals)};
    const stop = watchForStop();
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdout.once("data", () => act(child));
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on("close", (...ended) => resolve(ended)),
  );
  return { exitCode, signal, stderr };
}

const wait = "const timer = setInterval(() => {}, 1000); console.log('ready');";
const finishOnAbort = `stop.listen().addEventListener("abort", () => { clearInterval(timer); process.exitCode = 7; });`;

test("a verb that listens gets to finish after the first Ctrl-C", async () => {
  const { exitCode, stderr } = await runChild(`${finishOnAbort} ${wait}`, (child) => child.kill("SIGINT"));
  assert.equal(exitCode, 7);
  assert.match(stderr, /stopping after this step/);
});

test("the second Ctrl-C ends a verb that does not finish", async () => {
  const ignore = `stop.listen().addEventListener("abort", () => console.log("asked"));`;
  const { exitCode, signal } = await runChild(`${ignore} ${wait}`, (child) => {
    child.stdout!.once("data", () => child.kill("SIGINT"));
    child.kill("SIGINT");
  });
  assert.deepEqual([exitCode, signal], [null, "SIGINT"], "by the signal itself, as an exit would wait for threads that compute");
});

test("a verb that does not listen is ended by the first Ctrl-C", async () => {
  const { signal } = await runChild(wait, (child) => child.kill("SIGINT"));
  assert.equal(signal, "SIGINT");
});

test("a closed pipe ends a verb that does not listen, quietly", async () => {
  const endless = "setInterval(() => console.log('x'.repeat(100)), 1);";
  assert.deepEqual(await runChild(endless, (child) => child.stdout!.destroy()), { exitCode: 0, signal: null, stderr: "" });
});

test("a closed pipe asks a verb that listens to stop", async () => {
  const endless = `${finishOnAbort} const timer = setInterval(() => console.log('x'.repeat(100)), 1);`;
  const { exitCode } = await runChild(endless, (child) => child.stdout!.destroy());
  assert.equal(exitCode, 7);
});
