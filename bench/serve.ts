// `crisp serve` under load, beside one call after the other, and killed in between:
//   node bench/serve.ts --model <folder> --texts <file, one a line> [--requests 1000] [--concurrency 64] [--rounds 3]
// Each answer is compared with what `crisp predict` prints for the same line.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Classifier } from "../src/api/index-node.ts";
import { atOnce, client, startServe, wrong } from "../test/cli/serve.fixture.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    texts: { type: "string" },
    requests: { type: "string", default: "1000" },
    concurrency: { type: "string", default: "64" },
    rounds: { type: "string", default: "3" },
    output: { type: "string" },
  },
});
const { model: folder, texts: file } = values;
if (folder === undefined || file === undefined)
  throw new Error("usage: node bench/serve.ts --model FOLDER --texts FILE [--requests 1000] [--concurrency 64] [--rounds 3]");
const [requests, concurrency, rounds] = [values.requests, values.concurrency, values.rounds].map(Number);
const main = join(import.meta.dirname, "../src/cli/main.ts");
const printed = execFileSync(process.execPath, [main, "predict", folder, file], { encoding: "utf8" });
const expected: { text: string; label: string; score: number }[] = printed
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const asked = Array.from({ length: requests }, (_, at) => expected[at % expected.length].text);

interface Figures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** Processor time of a text, all threads of the process that computes it: what other programs do changes it less. */
  readonly cpuMs: number;
}

/**
 * Of some requests, `lanes` of them at a time.
 *
 * @param cpuSeconds - Processor time so far of whoever computes.
 */
async function measured(
  texts: readonly string[],
  lanes: number,
  one: (text: string) => Promise<unknown>,
  cpuSeconds: () => Promise<number> | number,
): Promise<Figures> {
  const [cpu, start] = [await cpuSeconds(), performance.now()];
  const times = await atOnce(texts, lanes, async (text) => {
    const before = performance.now();
    await one(text);
    return performance.now() - before;
  });
  const perSecond = texts.length / ((performance.now() - start) / 1000);
  times.sort((a, b) => a - b);
  const cpuMs = (1000 * ((await cpuSeconds()) - cpu)) / texts.length;
  return { cpuMs, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), perSecond };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const median = (numbers: readonly number[]): number =>
  quantile(
    [...numbers].sort((a, b) => a - b),
    0.5,
  );

let server = await startServe(folder, ["--port", "0"]);
const { ask, close } = client(server.url);
const model = await Classifier.load(folder);
let wrongAnswers = 0;
const check = async (text: string, at: number): Promise<void> => {
  wrongAnswers += wrong([await ask(text)], [expected[at % expected.length]]).length;
};
const placed = new Map(expected.map(({ text }, at) => [text, at]));
const checked = (text: string): Promise<void> => check(text, placed.get(text)!);
const ofServer = async (): Promise<number> => {
  const metrics = await (await fetch(new URL("metrics", server.url))).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)![1]);
};
const ofThis = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const few = asked.slice(0, Math.max(1, Math.floor(requests / 5)));
const WAYS: Readonly<Record<string, () => Promise<Figures>>> = {
  "model.predict, one by one": () => measured(few, 1, (text) => model.predict(text), ofThis),
  "HTTP, one by one": () => measured(few, 1, checked, ofServer),
  [`HTTP, ${concurrency} at once`]: () => measured(asked, concurrency, checked, ofServer),
};

// in turns, so that whatever else the machine does meets all of them
const all = new Map<string, Figures[]>(Object.keys(WAYS).map((name) => [name, []]));
await measured(few, 1, checked, ofServer);
await model.predict(few[0]);
for (let round = 0; round < rounds; round++) for (const [name, way] of Object.entries(WAYS)) all.get(name)!.push(await way());
const results = Object.fromEntries(
  Array.from(all, ([name, list]) => {
    const of = (key: keyof Figures): number => Number(median(list.map((each) => each[key])).toFixed(2));
    return [name, { p50Ms: of("p50Ms"), p99Ms: of("p99Ms"), perSecond: of("perSecond"), cpuMs: of("cpuMs") }];
  }),
);

// killed once a third is answered, and started again on the same port
const { port } = new URL(server.url);
let [answered, restartedAfterMs] = [0, 0];
let restarted: Promise<void> | undefined;
async function restart(): Promise<void> {
  const start = performance.now();
  await server.end("SIGKILL");
  server = await startServe(folder!, ["--port", port]);
  restartedAfterMs = performance.now() - start;
}
const answers = await atOnce(asked, concurrency, async (text) => {
  const answer = await ask(text);
  if (++answered === Math.floor(requests / 3)) restarted = restart();
  return answer;
});
await restarted;
const killed = {
  answered: answers.length,
  wrong: wrong(answers, expected).length,
  askedAgain: answers.filter(({ tries }) => tries > 1).length,
  restartedAfterMs: Math.round(restartedAfterMs),
};
close();
const exitCode = await server.end("SIGTERM");

console.table(results);
console.log(`wrong answers: ${wrongAnswers}; killed and started again: ${JSON.stringify(killed)}; exit code ${exitCode}`);
const machine = { cpu: cpus()[0].model, cores: cpus().length, node: process.version };
const record = {
  machine,
  requests,
  concurrency,
  rounds,
  load: loadavg().map((each) => Number(each.toFixed(1))),
  results,
  wrongAnswers,
  killed,
};
if (values.output !== undefined) writeFileSync(values.output, `${JSON.stringify(record, undefined, 2)}\n`);
process.exitCode = wrongAnswers + killed.wrong > 0 ? 1 : 0;
