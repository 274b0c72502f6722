// A whole training step (dropout masks, forward, backward, clipping, AdamW) beside PyTorch's, in one run, interleaved:
//   node bench/training-step.ts --shape distilbert --length 32 --python <python with torch and transformers> [--rounds 9]
// --attention 'block(sparsity=0.8, size=128)' measures Crisp's sparse step, too; PyTorch's is dense. --warm_up: of PyTorch's two attention implementations, steps each.
// Without --python only Crisp is measured, as crisp bench step does, and the share of dropout masks; --device wasm measures onnxruntime-web, --device webgpu the GPU (masks are then drawn in the step, and the product is not its ceiling, as its matrices cross). PyTorch runs in a process of its own and waits between its turns (bench/pytorch_step.py).
// The PyTorch process's threads sleep meanwhile; samples during which anything else used more than a tenth of a core are dropped.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { dense, flopsPerExample, parsePattern } from "../src/attention/index.ts";
import { configOfLength, createStepper, madeUpBatch, modelShapes } from "../src/bench/index.ts";
import { bindShape, elements, input, matmul } from "../src/graph/index.ts";
import { Arena } from "../src/kernels/index.ts";
import { buildModel } from "../src/models/index.ts";
import { dropoutRate, foldKey } from "../src/random/index.ts";
import { createRuntime, type NodeDevice } from "../src/runtime/index-node.ts";
import { HostState } from "../src/training/index.ts";

const { values: args } = parseArgs({
  options: {
    shape: { type: "string", default: "distilbert" },
    batch: { type: "string", default: "32" },
    length: { type: "string", default: "32" },
    rounds: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    python: { type: "string" },
    device: { type: "string", default: "cpu" },
    attention: { type: "string" },
    warm_up: { type: "string", default: "5" },
  },
});
const [B, n, rounds, threads] = [args.batch, args.length, args.rounds, args.threads].map(Number);
const config = configOfLength(modelShapes[args.shape], n);
const runtime = await createRuntime({ threads, device: args.device as NodeDevice });
const context = madeUpBatch(B, n, config.vocabSize);
const { state, step } = await createStepper(runtime, config, { pattern: dense() }, context);
const sparse =
  args.attention === undefined
    ? undefined
    : (await createStepper(runtime, config, { pattern: parsePattern(args.attention) }, context)).step;
const masks = buildModel(config, { training: true }).inputs.flatMap(({ node, fill }) =>
  fill.kind === "dropout" ? [{ count: elements(bindShape(node.shape, context.bindings)), probability: fill.probability }] : [],
);
const decisions = masks.reduce((sum, { count }) => sum + count, 0);

function drawMasks({ memory }: HostState): void {
  const mark = memory.mark();
  for (const [site, { count, probability }] of masks.entries()) {
    const { arena, kernels } = memory.place(Arena.bytesFor([Math.ceil(count / 4)]));
    const { pointer } = arena.allocateF32("mask", Math.ceil(count / 4));
    kernels.dropoutKept(pointer, count, foldKey({ seed: 1, step: 0, site }), 0, dropoutRate(probability));
  }
  memory.release(mark);
}

const SIZE = 1024;
const product = await runtime.compile({ y: matmul(input("a", [SIZE, SIZE]), input("b", [SIZE, SIZE])) });
const random = (): Float32Array => Float32Array.from({ length: SIZE * SIZE }, () => Math.random() - 0.5);
const matrices = Object.fromEntries(
  ["a", "b"].map((name) => [name, { dtype: "float", shape: [SIZE, SIZE], data: random() } as const]),
);
const into = { y: { dtype: "float", shape: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE) } as const };

const pytorch = args.python === undefined ? undefined : await startPyTorch(args.python);

const tasks: Record<string, () => Promise<number | null>> = {
  matmul: timed(async () => {
    for (let i = 0; i < 5; i++) await product.run(matrices, into);
  }),
  dense: timed(step),
  ...(sparse && { sparse: timed(sparse) }),
  ...(state instanceof HostState && { dropout: timed(async () => drawMasks(state)) }),
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

const undisturbed = samples.matmul && samples.dense;
if (!undisturbed) throw new Error("expected a turn in which nothing else used the machine, got none; wait until it is idle");

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
  `Crisp step         ${median("dense").toFixed(0)} ms (${spread("dense")}) · ${rate.toFixed(0)} GFLOP/s, ${percent(rate / ceiling)} of MatMul`,
);
if (samples.sparse)
  console.log(
    `${args.attention}  ${median("sparse").toFixed(0)} ms (${spread("sparse")}) · ${(median("dense") / median("sparse")).toFixed(2)}× as fast as dense`,
  );
if (samples.dropout)
  console.log(
    `dropout masks      ${median("dropout").toFixed(1)} ms, ${(decisions / 1e6).toFixed(1)} M decisions · ${percent(median("dropout") / median("dense"))} of the step`,
  );
if (pytorch) {
  console.log(`PyTorch step       ${median("pytorch").toFixed(0)} ms (${spread("pytorch")}) · ${pytorch.about}`);
  console.log(`Crisp is ${(median("pytorch") / median("dense")).toFixed(2)}× as fast as PyTorch`);
  if (samples.sparse)
    console.log(`sparse, ${(median("pytorch") / median("sparse")).toFixed(2)}× as fast as PyTorch's dense step`);
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
  const words = [
    "--shape",
    args.shape,
    "--batch",
    String(B),
    "--length",
    String(n),
    "--threads",
    String(threads),
    "--warm-up",
    args.warm_up,
  ];
  const child: ChildProcessWithoutNullStreams = spawn(python, [script, ...words], {
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
