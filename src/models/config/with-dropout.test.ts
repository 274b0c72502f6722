import assert from "node:assert/strict";
import { test } from "node:test";
import { buildModel } from "../model-graph.ts";
import { parseEncoderConfig, toHuggingFaceConfig } from "./config.ts";
import { withDropout } from "./with-dropout.ts";

const sizes = {
  vocab_size: 20,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  num_labels: 2,
};
const families = ["bert", "distilbert", "roberta", "electra", "albert", "modernbert", "deberta-v2"].map((model_type) =>
  parseEncoderConfig({
    ...sizes,
    model_type,
    dim: 8,
    n_layers: 1,
    n_heads: 2,
    hidden_dim: 12,
    embedding_size: 8,
    pad_token_id: 0,
    pooler_dropout: 0.3,
  }),
);

test("what is given takes the place of every probability of its kind, in all families; what is left out stays", () => {
  for (const config of families) {
    const probabilities = (settings: Parameters<typeof withDropout>[1]): Record<string, number> =>
      Object.fromEntries(
        buildModel(withDropout(config, settings), { training: true }).inputs.flatMap(({ node, fill }) =>
          fill.kind === "dropout" ? [[node.attrs.name as string, fill.probability] as const] : [],
        ),
      );
    const given = probabilities({ hidden: 0.25, attention: 0.5 });
    assert.deepEqual([...new Set(Object.values(given))].sort(), [0.25, 0.5], config.family);
    assert.deepEqual(probabilities({ hidden: 0, attention: 0 }), {}, config.family);
    assert.deepEqual(withDropout(config, {}), config);
    const attention = Object.values(probabilities({ hidden: 0, attention: 0.5 }));
    assert.ok(attention.length > 0 && attention.every((p) => p === 0.5));
  }
});

test("config.json says what was trained with", () => {
  const json = toHuggingFaceConfig(withDropout(families[0], { hidden: 0.2, attention: 0 }));
  assert.deepEqual([json.hidden_dropout_prob, json.attention_probs_dropout_prob, json.classifier_dropout], [0.2, 0, 0.2]);
});
