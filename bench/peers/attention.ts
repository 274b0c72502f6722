// Crisp's attention beside PyTorch's, forward and backward, in turns in one run:
//   node bench/peers/attention.ts --python PYTHON [--length 4096] [--pattern 'block(sparsity=0.8, size=128)'] [--rounds 5] [--threads 2]
// Prints one line of JSON. Dense context and gradients are held to PyTorch's by their largest values. PyTorch runs in a process of its
// own (bench/peers/attention_peer.py), whose threads sleep between its turns.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { chooseCore, dense, parsePattern, visibility } from "../../src/attention/index.ts";
import { type AttentionShape, inTurns, prepareAttention } from "../../src/bench/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string" },
    length: { type: "string", default: "4096" },
    heads: { type: "string", default: "12" },
    head_width: { type: "string", default: "64" },
    pattern: { type: "string", default: "block(sparsity=0.8, size=128)" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    peers: { type: "string", default: "sdpa,eager,flex" },
  },
});
const { python } = values;
if (python === undefined) throw new Error("usage: --python PYTHON, one with torch");
const shape: AttentionShape = {
  ...{ length: Number(values.length), batch: 1, heads: Number(values.heads), headWidth: Number(values.head_width) },
};
const runtime = await createRuntime({ device: "cpu", threads: Number(values.threads) });
const sizes = { layers: 1, heads: shape.heads, length: shape.length, onCpu: true, visibility: () => visibility() };
const prepared = async (pattern: string) => {
  const plan = { pattern: pattern === "dense" ? dense() : parsePattern(pattern) };
  const { core } = chooseCore(plan, sizes);
  return { core: core.name, ...(await prepareAttention(runtime, shape, plan, core)) };
};
const [ours, sparse] = [await prepared("dense"), await prepared(values.pattern)];

const data = mkdtempSync(join(tmpdir(), "crisp-peers-"));
for (const [name, { data: numbers }] of Object.entries(ours.given))
  writeFileSync(join(data, `${name}.f32`), numbers as Float32Array);
const words: string[] = ["--heads", values.heads, "--head_width", values.head_width, "--length", values.length, "--data", data];
const peer = spawn(python, [join(import.meta.dirname, "attention_peer.py"), ...words, "--threads", values.threads], {
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, OMP_WAIT_POLICY: "passive" },
});
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
const answer = async () =>
  JSON.parse((await lines.next()).value ?? "{}") as { ms?: number; error?: string; torch: string; largest: number[] };
const ready = await answer();

await ours.run();
const largest = ["context", "dq", "dk", "dv"].map((name) =>
  (ours.outputs[name].data as Float32Array).reduce((most, x) => Math.max(most, Math.abs(x)), 0),
);
const difference = Math.max(...largest.map((value, at) => Math.abs(value - ready.largest[at]) / ready.largest[at]));
if (difference > 1e-4) throw new Error(`Crisp's largest values ${largest} are not PyTorch's ${ready.largest}`);

const failed: Record<string, string> = {};
const ways: Record<string, () => Promise<void>> = { crispDense: ours.run, crispSparse: sparse.run };
for (const name of values.peers.split(",")) {
  const turn = async () => {
    peer.stdin.write(`${name}\n`);
    return answer();
  };
  const { error } = await turn(); // warm-up, and for flex the compiler
  if (error) failed[name] = error;
  else ways[name] = async () => void (await turn());
}
const timings = await inTurns(ways, Number(values.rounds));
peer.stdin.end("quit\n");
rmSync(data, { recursive: true });
const ms = Object.fromEntries(Object.entries(timings).map(([name, { medianMs }]) => [name, Number(medianMs.toFixed(1))]));
const settings = { pattern: values.pattern, ...shape, rounds: Number(values.rounds), threads: Number(values.threads) };
const versions = {
  torch: ready.torch,
  runtime: `${runtime.name} ${runtime.version}`,
  cpu: cpus()[0].model,
  loadAverage: loadavg()[0],
};
const speedup = { overDense: ms.crispDense / ms.crispSparse, ...(ms.sdpa && { overSdpa: ms.sdpa / ms.crispSparse }) };
const coresUsed = { denseCore: ours.core, sparseCore: sparse.core };
console.log(
  JSON.stringify({ ...settings, ms, speedup, ...coresUsed, failed, difference, ...versions, date: new Date().toISOString() }),
);
process.exit(0);
