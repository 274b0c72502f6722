import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseEncoderConfig } from "../config/config.ts";
import { families } from "../families/families.ts";
import { initialise, initialValues, parameterSpecs } from "../initialise.ts";
import { adapterNames, adapterPart } from "../layers/adapter.ts";
import { buildModel } from "../model-graph.ts";
import { compute, contextOf, feedsOf } from "../run-graph.fixture.ts";
import { freeze } from "./freeze.ts";
import { freezeBeside, mergeAdapters, withLora } from "./lora.ts";

const configOf = (family: string) =>
  parseEncoderConfig({
    ...{ model_type: family, num_hidden_layers: 2, n_layers: 2, hidden_size: 24, dim: 24, num_attention_heads: 2, n_heads: 2 },
    ...{ intermediate_size: 48, hidden_dim: 48, embedding_size: 12, image_size: 8, patch_size: 4 },
  });
const lora = { rank: 3, alpha: 12, targets: [] };

describe("adapters", () => {
  for (const family of Object.keys(families)) {
    test(`${family}: every linear layer of its layers gets two matrices, and nothing else does`, () => {
      const own = parameterSpecs(configOf(family));
      const specs = parameterSpecs(withLora(configOf(family), lora));
      const matrices = own.filter(({ name, shape }) => /\.[a-z_]*layers?\.\d+\./.test(name) && shape.length === 2);
      const added = specs.filter(({ name }) => adapterPart(name));
      assert.deepEqual(
        added.map(({ name, shape }) => [name, shape]),
        matrices.flatMap(({ name, shape: [out, width] }) => {
          const { a, b } = adapterNames(name.replace(/\.weight$/, ""));
          return [
            [a, [3, width]],
            [b, [out, 3]],
          ];
        }),
      );
      const trained = freezeBeside(specs, freeze(own, ["encoder"]), lora).filter(({ trainable }) => trainable);
      assert.ok(added.every(({ name }) => trained.some((spec) => spec.name === name)));
      assert.ok(trained.every(({ name }) => adapterPart(name) || /^(?:classifier|pre_classifier|head|pooler)\./.test(name)));
    });
  }
  test("named targets are the last parts of names; unknown ones are refused with those that there are", () => {
    const named = { ...lora, targets: ["query", "value"] };
    const specs = parameterSpecs(withLora(configOf("bert"), named));
    assert.equal(specs.filter(({ name }) => adapterPart(name)).length, 2 * 2 * 2);
    const unknown = parameterSpecs(withLora(configOf("bert"), { ...lora, targets: ["q_proj"] }));
    assert.throws(() => freezeBeside(unknown, unknown, { ...lora, targets: ["q_proj"] }), {
      code: "training/bad-option",
      message: "loraTargetModules: expected names among query, key, value, dense, got q_proj.",
    });
  });
  test("they begin with A between ±1/√in and B zero, so that the encoder is what it was", () => {
    const config = withLora(configOf("bert"), lora);
    for (const spec of parameterSpecs(config)) {
      const part = adapterPart(spec.name);
      if (!part) continue;
      const values = initialValues(spec, config, 1);
      const most = Math.max(...values.map(Math.abs));
      if (part === "B") assert.equal(most, 0);
      else assert.ok(most <= 1 / Math.sqrt(spec.shape[1]) && most > 0.8 / Math.sqrt(spec.shape[1]), `${spec.name} ${most}`);
    }
  });
  test("merged into the weights they give the logits that they give beside them", async () => {
    const config = configOf("bert");
    const beside = withLora(config, lora);
    const values = initialise(beside, 3);
    for (const [name, matrix] of values)
      if (adapterPart(name) === "B") matrix.forEach((_, at) => void (matrix[at] = 0.1 * Math.sin(at)));
    const merged = mergeAdapters(values, lora);
    assert.deepEqual(
      [...merged.keys()].sort(),
      parameterSpecs(config)
        .map(({ name }) => name)
        .sort(),
    );
    const logits = async (of: typeof config, weights: ReadonlyMap<string, Float32Array>): Promise<number[]> => {
      const graph = buildModel(of, { training: false });
      const context = contextOf([
        [5, 6, 7, 8],
        [9, 10],
      ]);
      const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
      return Array.from((await compute("float64", { logits: graph.logits }, feeds, context.bindings)).logits);
    };
    const [adapted, whole, plain] = [await logits(beside, values), await logits(config, merged), await logits(config, values)];
    // merged weights are float32
    assert.ok(adapted.every((value, at) => Math.abs(value - whole[at]) < 1e-6));
    assert.ok(adapted.some((value, at) => Math.abs(value - plain[at]) > 1e-3));
  });
});
