// Trainings whose core changes under way, with dropout on: what a resumed run may meet.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AttentionCore, type AttentionPlan, cores, dense, gathered, masked, parsePattern } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { createReferenceRuntime, type Runtime } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { memoryOnHost } from "../runtime/memory-on-host.fixture.ts";
import { createTrainStep, gradientNorm, resolveOptions, update } from "../training/index.ts";
import { subjects } from "./gradient-checkpointing.contract.ts";
import { initialise, parameterSpecs } from "./initialise.ts";
import { buildModel } from "./model-graph.ts";

/** Loss and gradient norm of an update that another follows, and of that one. */
async function twoUpdates(runtime: Runtime, family: string, plan: AttentionPlan, core: AttentionCore): Promise<number[]> {
  const { config: own, context } = subjects.get(family)!;
  // with the usual small weights attention hardly matters to the loss
  const config = { ...own, initializerRange: 0.3 };
  const step = await createTrainStep<BatchContext>(buildModel(config, { plan, core, training: true }), {
    ...{ runtime, parameters: parameterSpecs(config), values: initialise(config, 5), largest: [context.bindings] },
  });
  const figures: number[] = [];
  for (let at = 0; at < 2; at++) {
    figures.push(await step.run([context], { seed: 7, step: at }));
    const norm = gradientNorm(step.state, at);
    figures.push(norm);
    await update(step.state, resolveOptions({}), { norm, step: at, learningRate: 1e-3 });
  }
  await step.release();
  return figures;
}

const runtimes: Readonly<Record<string, Runtime>> = {
  "ONNX Runtime": await createRuntime({ threads: 1 }),
  "a device with memory of its own": memoryOnHost(createReferenceRuntime()),
};
const plans: Readonly<Record<string, AttentionPlan>> = {
  "a window and global tokens": { pattern: parsePattern("anyOf(slidingWindow(radius=1), global(tokens=1))") },
  "chosen blocks in one head": { pattern: parsePattern("block(sparsity=0.5, size=2)"), heads: [0] },
  "a union with chosen blocks, ramped": {
    pattern: parsePattern("anyOf(block(sparsity=0.9, size=2), global(sparsity=0.9))"),
    rampSteps: 3,
  },
};

for (const [where, runtime] of Object.entries(runtimes)) {
  describe(`two updates with dropout are the same to rounding on every core, on ${where}`, () => {
    const compare = async (family: string, plan: AttentionPlan, core: AttentionCore): Promise<void> => {
      const [want, got] = [await twoUpdates(runtime, family, plan, masked), await twoUpdates(runtime, family, plan, core)];
      for (const [at, value] of want.entries()) assert.ok(Math.abs(value - got[at]) < 1e-4 * value, `${want} and ${got}`);
    };
    for (const [name, plan] of Object.entries(plans)) test(name, () => compare("bert", plan, gathered));
    test("all pairs, in chunks", () => compare("bert", { pattern: dense() }, cores.chunked));
    test("the windows of a model's own", () => compare("modernbert", { pattern: dense() }, gathered));
  });
}
