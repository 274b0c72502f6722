import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEncoderConfig } from "../config/config.ts";
import { parameterSpecs } from "../initialise.ts";
import { layerRates } from "./layer-rates.ts";

const specs = parameterSpecs(
  parseEncoderConfig({ model_type: "bert", num_hidden_layers: 3, hidden_size: 24, num_attention_heads: 2 }),
);

test("rates fall by one factor a layer, from the head down to the embeddings", () => {
  const rates = new Map(layerRates(specs, 0.5).map(({ name, rate }) => [name, rate]));
  const expected: Readonly<Record<string, number>> = {
    "classifier.weight": 1,
    "bert.pooler.dense.bias": 1,
    "bert.encoder.layer.2.output.dense.weight": 1 / 2,
    "bert.encoder.layer.1.attention.self.query.bias": 1 / 4,
    "bert.encoder.layer.0.output.LayerNorm.weight": 1 / 8,
    "bert.embeddings.word_embeddings.weight": 1 / 16,
    "bert.embeddings.LayerNorm.bias": 1 / 16,
  };
  for (const [name, rate] of Object.entries(expected)) assert.equal(rates.get(name), rate, name);
  assert.equal(rates.size, specs.length);
});

test("the norm of DeBERTa's relative positions goes with their table", () => {
  const positions = { relative_attention: true, pos_att_type: ["c2p"], norm_rel_ebd: "layer_norm" };
  const config = parseEncoderConfig({ model_type: "deberta-v2", num_hidden_layers: 1, hidden_size: 24, ...positions });
  const rates = new Map(layerRates(parameterSpecs(config), 0.5).map(({ name, rate }) => [name, rate]));
  for (const part of ["rel_embeddings", "LayerNorm"]) assert.equal(rates.get(`deberta.encoder.${part}.weight`), 1 / 4);
});

test("a factor of 1, or none, changes nothing", () => {
  for (const same of [layerRates(specs), layerRates(specs, 1)]) assert.deepEqual(same, specs);
});
