// From `crisp train` to its first update, with a warm cache: node bench/start-up.ts --model <folder> --data <file> [--rounds 5]
// The model is served by a hub on this machine and fetched once; then every round asks that hub for the revision alone.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startHubServer } from "../test/hub/hub-server.fixture.ts";

const { values } = parseArgs({
  options: { model: { type: "string" }, data: { type: "string" }, rounds: { type: "string", default: "5" } },
});
const { model, data, rounds } = values;
if (model === undefined || data === undefined)
  throw new Error("usage: node bench/start-up.ts --model FOLDER --data FILE [--rounds 5]");
const work = mkdtempSync(join(tmpdir(), "crisp-start-up-"));
const server = await startHubServer({ repos: [{ type: "model", id: "ada/encoder", folder: model }] });
const env = { ...process.env, HF_ENDPOINT: server.url, HF_HOME: join(work, "home") };

/** Seconds from the start of the process to each first event. */
function start(round: number): Promise<Record<string, number>> {
  const words = [
    "train",
    data!,
    "--model",
    "ada/encoder",
    "--max_steps",
    "1",
    "--eval_strategy",
    "no",
    "--device",
    "cpu",
    "--json",
  ];
  const main = resolve(import.meta.dirname, "../src/cli/main.ts");
  const started = performance.now();
  const child = spawn(process.execPath, [main, ...words, "--output_dir", join(work, `run-${round}`)], { env });
  const first: Record<string, number> = {};
  let [rest, errors] = ["", ""];
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  child.stdout.on("data", (text: Buffer) => {
    const lines = (rest + text.toString()).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const { type } = JSON.parse(line) as { type?: string };
      if (type !== undefined) first[type] ??= (performance.now() - started) / 1000;
    }
  });
  return new Promise((done, fail) => {
    child.on("exit", (code) => (code === 0 ? done(first) : fail(new Error(errors))));
  });
}

try {
  await start(0); // fills the cache
  const requests = server.requests.length;
  const all: Record<string, number>[] = [];
  for (let round = 1; round <= Number(rounds); round++) all.push(await start(round));
  for (const name of Object.keys(all[0])) {
    const seconds = all.map((first) => first[name]).sort((a, b) => a - b);
    const [least, median, most] = [seconds[0], seconds[seconds.length >> 1], seconds[seconds.length - 1]];
    console.log(`${name.padEnd(10)} ${median.toFixed(2)} s (${least.toFixed(2)} to ${most.toFixed(2)})`);
  }
  console.log(`${((server.requests.length - requests) / Number(rounds)).toFixed(1)} requests a round`);
} finally {
  await server.close();
  rmSync(work, { recursive: true, force: true });
}
