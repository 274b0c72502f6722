// Where a training step's graph spends its time, operator by operator, from ONNX Runtime's own profile; one JSON line:
//   node bench/step-profile.ts --shape minilm --batch 32 --length 64 [--attention topK] [--rounds 9] [--by_shape]
// Each node counts with its fastest round, on one thread, so that other work on the machine does not count.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { InferenceSession } from "onnxruntime-node";
import { dense, topK } from "../src/attention/index.ts";
import type { BatchContext } from "../src/batch/index.ts";
import { madeUpBatch } from "../src/bench/index.ts";
import { buildModel, initialise, parameterSpecs, parseEncoderConfig } from "../src/models/index.ts";
import { createRuntime } from "../src/runtime/index-node.ts";
import { createTrainStep } from "../src/training/index.ts";

const { values: args } = parseArgs({
  options: {
    shape: { type: "string", default: "minilm" },
    batch: { type: "string", default: "32" },
    length: { type: "string", default: "64" },
    attention: { type: "string", default: "dense" },
    rounds: { type: "string", default: "9" },
    by_shape: { type: "boolean", default: false },
  },
});
const [B, n, rounds] = [args.batch, args.length, args.rounds].map(Number);
const configs: Readonly<Record<string, object>> = {
  distilbert: { model_type: "distilbert" },
  minilm: { model_type: "bert", num_hidden_layers: 6, hidden_size: 384, num_attention_heads: 12, intermediate_size: 1536 },
};
const patterns = { dense: dense(), topK: topK({ sparsity: 0.8 }) };
const config = parseEncoderConfig(configs[args.shape]);
const context = madeUpBatch(B, n, config.vocabSize);

// ONNX Runtime profiles a session from its creation, which Crisp leaves to the runtime.
const folder = mkdtempSync(join(tmpdir(), "step-profile-"));
const sessions: InferenceSession[] = [];
const create = InferenceSession.create.bind(InferenceSession) as (
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
) => Promise<InferenceSession>;
Object.assign(InferenceSession, {
  async create(model: Uint8Array, options: InferenceSession.SessionOptions) {
    const session = await create(model, { ...options, enableProfiling: true, profileFilePrefix: join(folder, "profile") });
    sessions.push(session);
    return session;
  },
});

const graph = buildModel(config, { plan: { pattern: patterns[args.attention as keyof typeof patterns] }, training: true });
const step = await createTrainStep<BatchContext>(graph, {
  runtime: await createRuntime({ threads: 1 }),
  parameters: parameterSpecs(config),
  values: initialise(config, 1),
  largest: [context.bindings],
});
for (let at = 0; at <= rounds; at++) await step.run([context], { seed: 1, step: at });
sessions[0].endProfiling();

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}
const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]), "utf8")) as ProfileEvent[];
rmSync(folder, { recursive: true });

const CONTAINERS = new Set(["Loop", "Scan", "If"]); // their nodes count themselves
const fastest = new Map<string, { op: string; ms: number; times: number }>();
for (const { cat, name, dur, args: of } of events) {
  if (cat !== "Node" || !name.endsWith("_kernel_time") || CONTAINERS.has(of.op_name!)) continue;
  const shape = Object.values(of.output_type_shape?.[0] ?? {})[0] ?? [];
  const op = args.by_shape ? `${of.op_name} [${shape.join(", ")}]` : of.op_name!;
  const known = fastest.get(name) ?? { op, ms: Number.POSITIVE_INFINITY, times: 0 };
  fastest.set(name, { op, ms: Math.min(dur / 1000, known.ms), times: known.times + 1 });
}
const sums: Record<string, { ms: number; nodes: number }> = {};
for (const { op, ms, times } of fastest.values()) {
  sums[op] ??= { ms: 0, nodes: 0 };
  sums[op].ms += (ms * times) / (rounds + 1);
  sums[op].nodes++;
}
const total = Object.values(sums).reduce((sum, { ms }) => sum + ms, 0);
const products = Object.entries(sums).reduce((sum, [op, { ms }]) => (/MatMul|Gemm/.test(op) ? sum + ms : sum), 0);
const round = (value: number): number => Math.round(value * 100) / 100;
const operators = Object.entries(sums)
  .sort(([, a], [, b]) => b.ms - a.ms)
  .map(([op, { ms, nodes }]) => ({ op, nodes, ms: round(ms), percent: round((100 * ms) / total) }));
console.log(
  JSON.stringify({
    ...{ shape: args.shape, B, n, attention: args.attention, rounds, processor: cpus()[0].model, node: process.version },
    ...{ totalMs: round(total), outsideProductsPercent: round(100 * (1 - products / total)), operators },
  }),
);
