// Train on the very batches of a PyTorch loop and compare the losses: node scripts/replay-losses.ts <folder>
// The folder is made by scripts/reference/make_replay.py and train_loop.py: model/, plan.json, batches.json, losses.json; dropout 0.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BatchContext } from "../src/batch/index.ts";
import { buildModel, parameterSpecs, weightsFrom } from "../src/models/index.ts";
import { loadModelFolder } from "../src/models/index-node.ts";
import { createRuntime } from "../src/runtime/index-node.ts";
import { gradientNorm, HostTrainStep, learningRateAt, resolveOptions, update } from "../src/training/index.ts";

interface Plan {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly maxGradNorm: number;
}
interface PlainBatch {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly tokenTypeIds: number[][];
  readonly labels: number[];
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node scripts/replay-losses.ts <folder>");
const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
const plan = read<Plan>("plan.json");
const batches = read<PlainBatch[]>("batches.json");
const reference = read<{ losses: number[]; gradNorms: number[] }>("losses.json");

const { config, tensors } = loadModelFolder(join(folder, "model"));
const { weights, fresh } = weightsFrom(config, { tensors }, { seed: 0, where: "model" });
if (fresh.length > 0) throw new Error(`the model lacks ${fresh.join(", ")}`);
const contexts = batches.map(({ inputIds, attentionMask, tokenTypeIds, labels }): BatchContext => {
  const [B, n] = [inputIds.length, inputIds[0].length];
  return {
    bindings: { B, n },
    lengths: Int32Array.from(attentionMask, (row) => row.reduce((a, b) => a + b, 0)),
    examples: Int32Array.from({ length: B }, (_, row) => row),
    inputIds: Int32Array.from(inputIds.flat()),
    tokenTypeIds: Int32Array.from(tokenTypeIds.flat()),
    labels: Int32Array.from(labels),
    seed: 0,
    step: 0,
    training: true,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
  };
});
const step = await HostTrainStep.create<BatchContext>(buildModel(config, { training: true }), {
  runtime: await createRuntime(),
  parameters: parameterSpecs(config),
  values: weights,
  largest: contexts.map(({ bindings }) => bindings),
});
const options = resolveOptions({
  learningRate: plan.learningRate,
  weightDecay: plan.weightDecay,
  warmupSteps: plan.warmupSteps,
  maxGradNorm: plan.maxGradNorm,
});
let [worstLoss, worstNorm] = [0, 0];
const started = performance.now();
for (let at = 0; at < plan.totalSteps; at++) {
  const loss = await step.run([contexts[at]], { seed: 0, step: at });
  const norm = gradientNorm(step.state, at);
  await update(step.state, options, { norm, step: at, learningRate: learningRateAt(options, at, plan.totalSteps) });
  worstLoss = Math.max(worstLoss, Math.abs(loss - reference.losses[at]));
  worstNorm = Math.max(worstNorm, Math.abs(norm / reference.gradNorms[at] - 1));
  if (at % 20 === 0 || at === plan.totalSteps - 1) {
    console.log(`update ${at + 1}: loss ${loss.toFixed(6)}, PyTorch ${reference.losses[at].toFixed(6)}`);
  }
}
console.log(
  `${plan.totalSteps} losses, largest difference ${worstLoss.toExponential(2)}; gradient norms, relative ${worstNorm.toExponential(2)}`,
);
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
if (!(worstLoss <= 1e-3)) {
  console.error("replay: expected all losses within 1e-3");
  process.exitCode = 1;
}
