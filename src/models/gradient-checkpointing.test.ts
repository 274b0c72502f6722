import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type AttentionCore, type AttentionPlan, block, dense, gathered, masked, topK } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { gradients, type Node, topological } from "../graph/index.ts";
import { createReferenceRuntime, type Runtime } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { memoryOnHost } from "../runtime/memory-on-host.fixture.ts";
import { createTrainStep, gradientNorm, resolveOptions, update } from "../training/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";
import { initialise, parameterSpecs } from "./initialise.ts";
import { modelFixtures } from "./model-fixtures-node.fixture.ts";
import { buildModel } from "./model-graph.ts";
import { loadParityFile } from "./parity-file.fixture.ts";

/** A tiny encoder of each family, with dropout, and a batch for it. */
const subjects = new Map<string, { readonly config: EncoderConfig; readonly context: BatchContext }>();
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

test("every family is looked at, with dropout in each layer", () => {
  assert.deepEqual([...subjects.keys()].sort(), Object.keys(families).sort());
  for (const { config } of subjects.values()) {
    const { inputs } = buildModel(config, { training: true });
    const sites = inputs.filter(({ fill }) => fill.kind === "dropout").map(({ node }) => node.attrs.name as string);
    for (let layer = 0; layer < config.layers; layer++)
      assert.ok(
        sites.some((site) => site.startsWith(`dropout.layer.${layer}.`)),
        `${config.family}: ${sites}`,
      );
  }
});

const runtimes: Readonly<Record<string, Runtime>> = {
  "ONNX Runtime": await createRuntime({ threads: 2 }),
  "the float64 interpreter": createReferenceRuntime(),
  "a device with memory of its own": memoryOnHost(createReferenceRuntime()),
};
for (const [where, runtime] of Object.entries(runtimes)) {
  describe(`two updates with gradient checkpointing are bit for bit those without, on ${where}`, () => {
    for (const [family, subject] of subjects)
      for (const [name, attention] of Object.entries(attentions))
        test(`${family}, ${name}`, async () => {
          const plain = await trained(runtime, subject, attention, false);
          assert.deepEqual(await trained(runtime, subject, attention, true), plain);
        });
  });
}

describe("the graph of a step with gradient checkpointing", () => {
  for (const [family, { config }] of subjects) {
    test(`${family}: of what the layers before the last compute, the backward pass reads their results alone`, () => {
      const { loss, parameters, checkpoints } = buildModel(config, { training: true });
      assert.equal(checkpoints.length, config.layers);
      const forward = topological([loss]);
      const layers = new Set([checkpoints[0]]);
      for (const node of topological([checkpoints.at(-1)!])) if (node.inputs.some((input) => layers.has(input))) layers.add(node);
      const read = (kept: readonly Node[]): Node[] => {
        const backward = topological(gradients(loss, parameters, { checkpoints: kept })).filter(
          (node) => !forward.includes(node),
        );
        const values = new Set(backward.flatMap(({ inputs }) => inputs));
        return [...layers].filter((node) => values.has(node));
      };
      assert.ok(read([]).length > 10 * (config.layers - 1));
      // ids, as a graph is far too large to be shown
      const ids = [...layers];
      const at = (nodes: readonly Node[]): number[] => nodes.map((node) => ids.indexOf(node));
      assert.deepEqual(at(read(checkpoints)), at(checkpoints));
    });
  }
});

test("ONNX Runtime needs less memory with gradient checkpointing: it neither merges what is computed again nor computes it early", () => {
  const child = fileURLToPath(new URL("./gradient-checkpointing-child.fixture.ts", import.meta.url));
  const grown = (mode: string): number => {
    const { stdout, stderr } = spawnSync(process.execPath, [child, mode], { encoding: "utf8" });
    assert.match(stdout, /^\d+/, stderr);
    return Number(stdout);
  };
  const [all, some] = [grown("all"), grown("checkpoints")];
  assert.ok(some < 0.7 * all, `${some} and ${all} bytes`);
});
