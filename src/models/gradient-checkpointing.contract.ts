import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AttentionCore, type AttentionPlan, block, dense, gathered, masked, topK } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { createReferenceRuntime, type Runtime } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { memoryOnHost } from "../runtime/memory-on-host.fixture.ts";
import { createTrainStep, gradientNorm, resolveOptions, update } from "../training/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { initialise, parameterSpecs } from "./initialise.ts";
import { modelFixtures } from "./model-fixtures-node.fixture.ts";
import { buildModel } from "./model-graph.ts";
import { loadParityFile } from "./parity-file.fixture.ts";

/** A tiny encoder of each family, with dropout, and a batch for it. */
export const subjects = new Map<string, { readonly config: EncoderConfig; readonly context: BatchContext }>();
for (const [name, bytes] of modelFixtures()) {
  const { config, context } = loadParityFile(name, bytes);
  if (config.layers < 2 || subjects.has(config.family)) continue;
  const rates = { hiddenDropout: 0.1, attentionDropout: 0.2, classifierDropout: 0.3 };
  subjects.set(config.family, { config: { ...config, ...rates }, context });
}

interface Attention {
  readonly plan: AttentionPlan;
  readonly core: AttentionCore;
}
const attentions: Readonly<Record<string, Attention>> = {
  dense: { plan: { pattern: dense() }, core: masked },
  "topK, masked": { plan: { pattern: topK({ sparsity: 0.5 }) }, core: masked },
  "block, masked": { plan: { pattern: block({ sparsity: 0.5, size: 2 }) }, core: masked },
  "block, gathered": { plan: { pattern: block({ sparsity: 0.5, size: 2 }) }, core: gathered },
};

/** Losses, weights and moments after two updates. */
async function trained(
  runtime: Runtime,
  { config, context }: { readonly config: EncoderConfig; readonly context: BatchContext },
  attention: Attention,
  gradientCheckpointing: boolean,
): Promise<ReadonlyMap<string, Float32Array>> {
  const step = await createTrainStep<BatchContext>(buildModel(config, { ...attention, training: true }), {
    ...{ runtime, parameters: parameterSpecs(config), values: initialise(config, 5), largest: [context.bindings] },
    gradientCheckpointing,
  });
  const losses: number[] = [];
  for (let at = 0; at < 2; at++) {
    losses.push(await step.run([context], { seed: 7, step: at }));
    await update(step.state, resolveOptions({}), { norm: gradientNorm(step.state, at), step: at, learningRate: 1e-3 });
  }
  const arrays = new Map([["losses", Float32Array.from(losses)]]);
  for (const [name] of step.state.layout) arrays.set(name, (await step.state.read(name)).slice());
  await step.release();
  return arrays;
}

/**
 * Hold two updates with gradient checkpointing to two without, bit for bit, on every runtime.
 *
 * @param takes - Whether a family is tried with a kind of attention.
 */
export async function checkpointingContract(takes: (family: string, attention: string) => boolean): Promise<void> {
  const runtimes: Readonly<Record<string, Runtime>> = {
    "ONNX Runtime": await createRuntime({ threads: 1 }),
    "the float64 interpreter": createReferenceRuntime(),
    "a device with memory of its own": memoryOnHost(createReferenceRuntime()),
  };
  for (const [where, runtime] of Object.entries(runtimes)) {
    describe(`two updates with gradient checkpointing are bit for bit those without, on ${where}`, () => {
      for (const [family, subject] of subjects)
        for (const [name, attention] of Object.entries(attentions))
          if (takes(family, name))
            test(`${family}, ${name}`, async () => {
              const plain = await trained(runtime, subject, attention, false);
              assert.deepEqual(await trained(runtime, subject, attention, true), plain);
            });
    });
  }
}
