// A whole training step (dropout masks, forward, backward, clipping, AdamW) beside PyTorch's, in one run, interleaved:
//   node bench/training-step.ts --shape distilbert --length 32 --python <python with torch and transformers> [--rounds 9]
// Without --python only Crisp is measured; --device wasm measures onnxruntime-web, --device webgpu the GPU (masks are then drawn in the step, and the product is not its ceiling, as its matrices cross). PyTorch runs in a process of its own and waits between its turns (bench/pytorch_step.py).
// The PyTorch process's threads sleep meanwhile; samples during which anything else used more than a tenth of a core are dropped.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { dense, flopsPerExample, type Pattern, topK } from "../src/attention/index.ts";
import type { BatchContext } from "../src/batch/index.ts";
import { bindShape, elements, input, matmul } from "../src/graph/index.ts";
import { buildModel, type EncoderConfig, initialise, parameterSpecs, parseEncoderConfig } from "../src/models/index.ts";
import { dropoutRate, foldKey } from "../src/random/index.ts";
import { createRuntime, type NodeDevice } from "../src/runtime/index-node.ts";
import { createTrainStep, gradientNorm, HostState, resolveOptions, update } from "../src/training/index.ts";

const { values: args } = parseArgs({
  options: {
    shape: { type: "string", default: "distilbert" },
    batch: { type: "string", default: "32" },
    length: { type: "string", default: "32" },
    rounds: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    python: { type: "string" },
    device: { type: "string", default: "cpu" },
  },
});
const [B, n, rounds, threads] = [args.batch, args.length, args.rounds, args.threads].map(Number);
const configs: Readonly<Record<string, object>> = {
  distilbert: { model_type: "distilbert" },
  minilm: { model_type: "bert", num_hidden_layers: 6, hidden_size: 384, num_attention_heads: 12, intermediate_size: 1536 },
};
const config: EncoderConfig = parseEncoderConfig(configs[args.shape]);
const options = resolveOptions({ learningRate: 5e-5 });
const runtime = await createRuntime({ threads, device: args.device as NodeDevice });

const context: BatchContext = {
  bindings: { B, n },
  lengths: new Int32Array(B).fill(n),
  examples: Int32Array.from({ length: B }, (_, i) => i),
  inputIds: Int32Array.from({ length: B * n }, (_, i) => 1000 + ((i * 7919) % (config.vocabSize - 1000))),
  tokenTypeIds: new Int32Array(B * n),
  labels: Int32Array.from({ length: B }, (_, i) => i % 2),
  seed: 1,
  step: 0,
  training: true,
  strength: 1,
  labelSmoothing: 0,
  lossDivisor: B,
};

/** A trainer of its own for each pattern. */
async function trainer(pattern: Pattern): Promise<{ step: () => Promise<void>; dropout?: () => void; dropoutElements: number }> {
  const graph = buildModel(config, { plan: { pattern }, training: true });
  const made = await createTrainStep<BatchContext>(graph, {
    runtime,
    parameters: parameterSpecs(config),
    values: initialise(config, 1),
    largest: [context.bindings],
  });
  const { state } = made;
  const masks = graph.inputs.flatMap(({ node, fill }) =>
    fill.kind === "dropout" ? [{ count: elements(bindShape(node.shape, context.bindings)), probability: fill.probability }] : [],
  );
  let at = 0;
  return {
    dropoutElements: masks.reduce((sum, { count }) => sum + count, 0),
    async step() {
      await made.run([context], { seed: 1, step: at });
      await update(state, options, { norm: gradientNorm(state, at), step: at, learningRate: 5e-5 });
      at++;
    },
    ...(state instanceof HostState && { dropout: () => drawMasks(state, masks, at) }),
  };
}

function drawMasks(state: HostState, masks: readonly { count: number; probability: number }[], at: number): void {
  const mark = state.arena.mark();
  for (const [site, { count, probability }] of masks.entries()) {
    const { pointer } = state.arena.allocateF32("mask", count);
    state.kernels.dropoutMask(pointer, count, foldKey({ seed: 1, step: at, site }), 0, dropoutRate(probability));
  }
  state.arena.release(mark);
}

const SIZE = 1024;
const product = await runtime.compile({ y: matmul(input("a", [SIZE, SIZE]), input("b", [SIZE, SIZE])) });
const random = (): Float32Array => Float32Array.from({ length: SIZE * SIZE }, () => Math.random() - 0.5);
const matrices = Object.fromEntries(
  ["a", "b"].map((name) => [name, { dtype: "float", shape: [SIZE, SIZE], data: random() } as const]),
);
const into = { y: { dtype: "float", shape: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE) } as const };

const plain = await trainer(dense());
const sparse = await trainer(topK({ sparsity: 0.8 }));
const pytorch = args.python === undefined ? undefined : await startPyTorch(args.python);

const tasks: Record<string, () => Promise<number | null>> = {
  matmul: timed(async () => {
    for (let i = 0; i < 5; i++) await product.run(matrices, into);
  }),
  dense: timed(plain.step),
  topK: timed(sparse.step),
  ...(plain.dropout && { dropout: timed(async () => plain.dropout!()) }),
  ...(pytorch && { pytorch: () => pytorch.step() }),
};
const samples: Record<string, number[]> = {};
for (const task of Object.values(tasks)) await task(); // warm-up
for (let round = 0; round < rounds; round++) {
  for (const [name, task] of Object.entries(tasks)) {
    const ms = await task();
    if (ms !== null) samples[name] = [...(samples[name] ?? []), ms];
  }
}
pytorch?.quit();

const median = (name: string): number => [...samples[name]].sort((a, b) => a - b)[samples[name].length >> 1];
const spread = (name: string): string => {
  const sorted = [...samples[name]].sort((a, b) => a - b);
  return `${sorted[0].toFixed(0)} to ${sorted[sorted.length - 1].toFixed(0)}, ${sorted.length} samples`;
};
const { hiddenSize, intermediateSize, layers } = config;
const flops = 3 * B * flopsPerExample({ hiddenSize, intermediateSize, layers, length: n }).layer;
const rate = flops / median("dense") / 1e6;
const ceiling = (5 * 2 * SIZE ** 3) / median("matmul") / 1e6;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(
  `${args.shape} ${B} × ${n}, ${threads} threads · ${cpus()[0].model} · Node ${process.version} · ${runtime.name} ${runtime.version}`,
);
console.log(`MatMul 1024³       ${ceiling.toFixed(0)} GFLOP/s`);
console.log(
  `Crisp step, dense  ${median("dense").toFixed(0)} ms (${spread("dense")}) · ${rate.toFixed(0)} GFLOP/s, ${percent(rate / ceiling)} of MatMul`,
);
console.log(
  `Crisp step, topK   ${median("topK").toFixed(0)} ms (${spread("topK")}) · ${percent(median("topK") / median("dense") - 1)} more`,
);
if (samples.dropout)
  console.log(
    `dropout masks      ${median("dropout").toFixed(1)} ms, ${(plain.dropoutElements / 1e6).toFixed(1)} M decisions · ${percent(median("dropout") / median("dense"))} of the step`,
  );
if (pytorch) {
  console.log(`PyTorch step       ${median("pytorch").toFixed(0)} ms (${spread("pytorch")}) · ${pytorch.about}`);
  console.log(`Crisp is ${(median("pytorch") / median("dense")).toFixed(2)}× as fast as PyTorch`);
}

/** Milliseconds; null when something else used the machine meanwhile (Linux). */
function timed(work: () => Promise<void>): () => Promise<number | null> {
  return async () => {
    const [busy, own, start] = [busySeconds(), process.cpuUsage(), performance.now()];
    await work();
    const ms = performance.now() - start;
    const used = process.cpuUsage(own);
    const others = busySeconds() - busy - (used.user + used.system) / 1e6;
    // /proc/stat counts in hundredths of a second
    return others > 0.02 + ms / 1e4 ? null : ms;
  };
}

function busySeconds(): number {
  try {
    const fields = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1).map(Number);
    return fields.reduce((sum, ticks, at) => (at === 3 || at === 4 || at > 7 ? sum : sum + ticks), 0) / 100;
  } catch {
    return 0;
  }
}

interface Answer {
  readonly event: string;
  readonly ms: number;
  readonly otherCores: number | null;
  readonly attention: string;
  readonly versions: Readonly<Record<string, string>>;
}

async function startPyTorch(python: string) {
  const script = join(import.meta.dirname, "pytorch_step.py");
  const shape = ["--shape", args.shape, "--batch", String(B), "--length", String(n), "--threads", String(threads)];
  const child: ChildProcessWithoutNullStreams = spawn(python, [script, ...shape], {
    // OpenMP's workers otherwise spin between the turns and take the cores from the other side
    env: { ...process.env, OMP_WAIT_POLICY: "passive", KMP_BLOCKTIME: "0" },
  });
  child.stderr.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => JSON.parse((await lines.next()).value as string) as Answer;
  const { attention, versions } = await next();
  return {
    about: `torch ${versions.torch}, transformers ${versions.transformers}, attention ${attention}`,
    async step(): Promise<number | null> {
      child.stdin.write("step\n");
      const { ms, otherCores } = await next();
      return (otherCores ?? 0) > 0.1 ? null : ms;
    },
    quit: () => child.stdin.write("quit\n"),
  };
}
