import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "../../files/index.ts";
import { parseEncoderConfig } from "../config/config.ts";
import { toHuggingFaceConfig } from "../index.ts";
import { initialise } from "../initialise.ts";
import { spreadLayers, storedWithFewerLayers } from "./fewer-layers.ts";
import { modelFiles, storedModel } from "./stored-model.ts";
import { weightsFrom } from "./weights.ts";

const small = { vocab_size: 20, hidden_size: 8, num_attention_heads: 2, intermediate_size: 12, max_position_embeddings: 12 };
const storedOf = (json: object) => {
  const config = parseEncoderConfig(json);
  return storedModel(new Map(Array.from(modelFiles(config, initialise(config, 3)), ([name, parts]) => [name, joined(parts)])));
};

test("six of twelve layers are those of DistilBERT, and the first and last are always among them", () => {
  assert.deepEqual(spreadLayers(12, 6), [0, 2, 4, 7, 9, 11]);
  for (const [layers, kept] of [
    [12, 1],
    [12, 2],
    [6, 3],
    [22, 11],
    [5, 4],
    [7, 7],
  ] as const) {
    const chosen = spreadLayers(layers, kept);
    assert.equal(new Set(chosen).size, kept);
    assert.deepEqual([chosen[0], kept === 1 ? layers - 1 : chosen.at(-1)], [0, layers - 1]);
  }
  assert.throws(() => spreadLayers(6, 7), {
    code: "training/bad-option",
    message: "numHiddenLayers: expected at most the model's 6 layers, got 7.",
  });
});

test("each kept layer has the weights of the layer that it was, and what lies in no layer stays", () => {
  const stored = storedOf({ model_type: "bert", num_hidden_layers: 5, ...small });
  const shorter = storedWithFewerLayers(stored, 3);
  const { weights, fresh } = weightsFrom(shorter.config, shorter, { seed: 1, where: "here" });
  assert.deepEqual(fresh, []);
  assert.equal(shorter.config.layers, 3);
  for (const [name, values] of weights) {
    const from = name.replace(/\.layer\.(\d)\./, (_, layer: string) => `.layer.${2 * Number(layer)}.`);
    assert.deepEqual(values, stored.tensors.get(from)!.data(), name);
  }
  const { "config.json": json } = Object.fromEntries(modelFiles(shorter.config, weights));
  assert.equal(JSON.parse(new TextDecoder().decode(joined(json))).num_hidden_layers, 3);
});

test("ModernBERT's layers stay local or global as they were, and ALBERT shares the weights of fewer", () => {
  const sized = { num_hidden_layers: 7, global_attn_every_n_layers: 3, pad_token_id: 0, ...small };
  const modern = storedOf({ model_type: "modernbert", ...sized });
  const shorter = storedWithFewerLayers(modern, 4);
  assert.deepEqual(
    shorter.config.modern!.globalLayers,
    [0, 2, 4, 6].map((layer) => layer % 3 === 0),
  );
  assert.deepEqual(parseEncoderConfig(toHuggingFaceConfig(shorter.config)).modern, shorter.config.modern);
  weightsFrom(shorter.config, shorter, { seed: 1, where: "here" });
  const albert = storedOf({ model_type: "albert", num_hidden_layers: 4, embedding_size: 8, ...small });
  const shared = storedWithFewerLayers(albert, 2);
  assert.deepEqual([...shared.tensors.keys()], [...albert.tensors.keys()]);
  weightsFrom(shared.config, shared, { seed: 1, where: "here" });
});

test("a checkpoint of a bare ModernBERT, whose names begin with layers, is shortened as well", () => {
  const stored = storedOf({ model_type: "modernbert", num_hidden_layers: 5, pad_token_id: 0, ...small });
  const bare = {
    ...stored,
    tensors: new Map([...stored.tensors].map(([name, tensor]) => [name.replace(/^model\./, ""), tensor])),
  };
  assert.ok(bare.tensors.has("layers.4.mlp.Wi.weight"));
  const shorter = storedWithFewerLayers(bare, 3);
  const { weights } = weightsFrom(shorter.config, shorter, { seed: 1, where: "here" });
  assert.deepEqual(weights.get("model.layers.2.mlp.Wi.weight"), bare.tensors.get("layers.4.mlp.Wi.weight")!.data());
});
