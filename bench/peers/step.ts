// One training step of a small encoder in Crisp and in other JavaScript libraries on the CPU, in turns in one run:
//   node bench/peers/step.ts [--peers tfjs-wasm,tfjs-node,jax-js] [--sizes 8x32,32x64] [--rounds 3] [--threads 2] [--peers_dir FOLDER] [--out FILE]
// MiniLM's shape with 1,000 words: forward, backward, clipping by global norm, AdamW; dropout is off. Each peer gets the same weights and the
// same batch, and must give the same loss and gradient norm in two steps, or it is not timed. Peers are installed from npm into --peers_dir,
// and run in processes of their own that wait between their turns. Prints a table to stderr and one line of
// JSON to stdout, which --out adds to the list in a file.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { BatchContext } from "../../src/batch/index.ts";
import { inTurns, madeUpBatch, modelShapes } from "../../src/bench/index.ts";
import { buildModel, initialise, parameterSpecs, parseEncoderConfig } from "../../src/models/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { createTrainStep, gradientNorm, resolveOptions, update } from "../../src/training/index.ts";

interface Peer {
  /** From npm, with their versions; the last one computes. */
  readonly packages: readonly string[];
  readonly program: string;
  /** By the peer's own name for it. */
  readonly backend: string;
  /** How products of matrices are written, see step-tfjs.mjs. */
  readonly products?: "plain" | "transposed";
  /** That it computes with in Node. */
  readonly threads: number;
}

const tfjs = { program: "step-tfjs.mjs", threads: 1 };
const TFJS = "@tensorflow/tfjs@4.22.0";
const wasm = { ...tfjs, packages: [TFJS, "@tensorflow/tfjs-backend-wasm@4.22.0"], backend: "wasm" };
const PEERS: Readonly<Record<string, Peer>> = {
  "tfjs-wasm": { ...wasm, products: "transposed" },
  "tfjs-wasm-plain": { ...wasm, products: "plain" },
  "tfjs-cpu": { ...tfjs, packages: [TFJS], backend: "cpu" },
  "tfjs-node": { ...tfjs, packages: ["@tensorflow/tfjs-node@4.22.0"], backend: "tensorflow", threads: cpus().length },
  "jax-js": { packages: ["@jax-js/jax@0.1.25"], program: "step-jax.mjs", backend: "wasm", threads: 1 },
};

const { values: args } = parseArgs({
  options: {
    peers: { type: "string", default: "tfjs-wasm,tfjs-node,jax-js" },
    sizes: { type: "string", default: "8x32,32x64" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
    peers_dir: { type: "string", default: join(tmpdir(), "crisp-step-peers") },
    out: { type: "string" },
  },
});
const [rounds, threads] = [Number(args.rounds), Number(args.threads)];
/** Loss and gradient norm, relative. */
const TOLERANCE = 1e-4;
/** A peer whose step takes longer is timed once. */
const LONG_STEP_MS = 20_000;

const config = parseEncoderConfig({
  ...modelShapes.minilm,
  ...{ vocab_size: 1000, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
});
const options = resolveOptions({});

/** What a step gives. */
interface Step {
  readonly loss: number;
  /** Of all gradients, before clipping. */
  readonly norm: number;
  /** CPU time of all threads of the process. */
  readonly cpuMs: number;
}

/** Crisp's step. */
async function crisp(context: BatchContext, threads: number): Promise<() => Promise<Step>> {
  const made = await createTrainStep<BatchContext>(buildModel(config, { training: true }), {
    runtime: await createRuntime({ device: "cpu", threads }),
    parameters: parameterSpecs(config),
    values: initialise(config, 1),
    largest: [context.bindings],
    accumulates: false,
  });
  let step = 0;
  return async () => {
    const before = process.cpuUsage();
    const loss = await made.run([context], { seed: 1, step });
    const norm = gradientNorm(made.state, step);
    await update(made.state, options, { norm, step, learningRate: options.learningRate });
    step++;
    const { user, system } = process.cpuUsage(before);
    return { loss, norm, cpuMs: (user + system) / 1000 };
  };
}

/** The same weights, batch and settings, as files. */
function writeGiven(folder: string, { bindings, inputIds, labels }: BatchContext): void {
  const weights = initialise(config, 1);
  const parameters = parameterSpecs(config).map(({ name, shape, decay }) => ({ name, shape, decay }));
  const { learningRate, adamBeta1, adamBeta2, adamEpsilon, weightDecay, maxGradNorm } = options;
  const adamw = { learningRate, beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay, maxGradNorm };
  const { layers, heads, hiddenSize, layerNormEps, vocabSize, numLabels } = config;
  const shape = { ...{ layers, heads, hiddenSize, layerNormEps, vocabSize, numLabels }, batch: bindings.B, length: bindings.n };
  const batch = { inputIds: Array.from(inputIds), labels: Array.from(labels) };
  writeFileSync(join(folder, "given.json"), JSON.stringify({ ...shape, ...batch, parameters, adamw }));
  writeFileSync(join(folder, "weights.f32"), Buffer.concat(parameters.map(({ name }) => Buffer.from(weights.get(name)!.buffer))));
}

/** A folder with the peer's packages. */
function install(name: string, { packages }: Peer): string {
  const folder = join(args.peers_dir, name);
  mkdirSync(folder, { recursive: true });
  const words = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline", "--save-exact", ...packages];
  const { status, stdout, stderr } = spawnSync("npm", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`npm install ${packages.join(" ")}: ${shortened(`${stdout}\n${stderr}`)}`);
  return folder;
}

/** The lines that name an error. */
const shortened = (text: string): string =>
  text
    .split("\n")
    .filter((line) => /\w*Error: |https?:/.test(line))
    .join("; ");

interface Answer extends Step {
  readonly error?: string;
}

/** A peer in its own process. */
async function start(folder: string, { program, backend, products = "plain" }: Peer, given: string) {
  const words = [join(import.meta.dirname, program), given, backend, products];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Answer> => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error(`${program} ended without an answer`);
    const read = JSON.parse(value) as Answer;
    if (read.error !== undefined) throw new Error(read.error);
    return read;
  };
  const step = (): Promise<Answer> => {
    child.stdin.write("step\n");
    return answer();
  };
  return { answer, step, end: () => child.kill() };
}

/** The largest difference of two runs' losses and norms, relative. */
const differenceOf = (ours: readonly Step[], theirs: readonly Step[]): number =>
  Math.max(...ours.flatMap(({ loss, norm }, at) => [Math.abs(theirs[at].loss / loss - 1), Math.abs(theirs[at].norm / norm - 1)]));

async function measure(name: string, peer: Peer, context: BatchContext) {
  const folder = install(name, peer);
  const given = mkdtempSync(join(tmpdir(), "crisp-step-"));
  writeGiven(given, context);
  const theirs = await start(folder, peer, given);
  try {
    const [ours, alone] = [await crisp(context, threads), await crisp(context, 1)];
    await theirs.answer(); // ready
    const [expected, got]: [Step[], Step[]] = [[], []];
    let longestMs = 0;
    for (let step = 0; step < 2; step++) {
      expected.push(await ours());
      const started = performance.now();
      got.push(await theirs.step());
      longestMs = performance.now() - started;
    }
    const difference = differenceOf(expected, got);
    if (!(difference <= TOLERANCE)) {
      throw new Error(`expected ${JSON.stringify(expected)} as Crisp has it, got ${JSON.stringify(got)}: not timed`);
    }
    const cpuMs: Record<string, number[]> = {};
    const turn = (way: string, step: () => Promise<Step>) => async () => {
      cpuMs[way] = [...(cpuMs[way] ?? []), (await step()).cpuMs];
    };
    const turns = { crisp: turn("crisp", ours), crispOneThread: turn("crispOneThread", alone), peer: turn("peer", theirs.step) };
    const done = longestMs > LONG_STEP_MS ? 1 : rounds;
    const timings = await inTurns(turns, done);
    const cpu = Object.fromEntries(Object.entries(cpuMs).map(([way, [, ...timed]]) => [way, median(timed)])); // without the warm-up
    const { crisp: together, crispOneThread: single, peer: other } = timings;
    return {
      ...{ peer: name, package: peer.packages.at(-1), threads: peer.threads },
      ...{ batch: context.bindings.B, length: context.bindings.n, rounds: done },
      ...{ loss: expected[0].loss, norm: expected[0].norm, difference, timings, cpuMs: cpu },
      ...{ speedup: other.medianMs / together.medianMs, speedupOneThread: other.medianMs / single.medianMs },
      speedupCpuOneThread: cpu.peer / cpu.crispOneThread,
    };
  } finally {
    theirs.end();
    rmSync(given, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

const [loadBefore] = loadavg();
const results: Awaited<ReturnType<typeof measure>>[] = [];
const failed: Record<string, string> = {};
for (const name of args.peers.split(",")) {
  if (!PEERS[name]) throw new Error(`--peers: expected names of ${Object.keys(PEERS).join(", ")}, got ${name}`);
  for (const size of args.sizes.split(",")) {
    const [B, n] = size.split("x").map(Number);
    try {
      results.push(await measure(name, PEERS[name], madeUpBatch(B, n, config.vocabSize)));
    } catch (error) {
      failed[`${name} ${size}`] = (error as Error).message;
    }
  }
}

const cell = (ms: number): string => ms.toFixed(ms < 100 ? 1 : 0);
console.error(
  `| batch × tokens | peer | its threads | its ms | Crisp, ${threads} threads | Crisp, 1 thread | Crisp is | by CPU time, 1 thread each |`,
);
console.error("|---|---|---|---|---|---|---|---|");
for (const { batch, length, timings, speedup, speedupOneThread, speedupCpuOneThread, ...rest } of results) {
  const { crisp, crispOneThread } = timings;
  const times = `${speedup.toFixed(1)}×; ${speedupOneThread.toFixed(1)}× on 1 thread`;
  const ms = [timings.peer, crisp, crispOneThread].map(({ medianMs }) => cell(medianMs));
  console.error(
    `| ${[`${batch} × ${length}`, rest.peer, rest.threads, ...ms, times, `${speedupCpuOneThread.toFixed(1)}×`].join(" | ")} |`,
  );
}
for (const [name, error] of Object.entries(failed)) console.error(`${name}: ${error}`);

const { name: runtime, version } = await createRuntime({ device: "cpu", threads });
const record = {
  ...{ model: "minilm, 1,000 words", threads, results, failed, runtime: `${runtime} ${version}`, node: process.versions.node },
  ...{ cpu: cpus()[0].model, cores: cpus().length, loadAverage: [loadBefore, loadavg()[0]], date: new Date().toISOString() },
};
console.log(JSON.stringify(record));
if (args.out) {
  const runs = existsSync(args.out) ? JSON.parse(readFileSync(args.out, "utf8")) : [];
  writeFileSync(args.out, `${JSON.stringify([...runs, record], null, 2)}\n`);
}
process.exit(0);
