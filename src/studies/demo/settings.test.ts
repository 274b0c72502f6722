import assert from "node:assert/strict";
import { test } from "node:test";
import { demoCorpora, demoEncoderConfig, demoTokenizer, demoTraining } from "./index.ts";

test("the encoder is as large as settings.ts says and holds every review", () => {
  const {
    vocab_size: vocabulary,
    hidden_size: d,
    intermediate_size: f,
    num_hidden_layers: layers,
    ...config
  } = demoEncoderConfig();
  const embeddings = (vocabulary + config.max_position_embeddings + config.type_vocab_size) * d + 2 * d;
  const layer = 4 * (d * d + d) + (d * f + f) + (f * d + d) + 4 * d;
  const head = d * d + d + 2 * d + 2;
  assert.equal(Math.round((embeddings + layers * layer + head) / 1000), 98);
  assert.equal(d % config.num_attention_heads, 0);
  const { tokenizerConfig } = demoTokenizer();
  assert.equal((tokenizerConfig as { model_max_length: number }).model_max_length, config.max_position_embeddings);
});

test("training passes over every sentence several times", () => {
  assert.deepEqual(
    Object.keys(demoTraining.passes),
    demoCorpora().map(({ name }) => name),
  );
  for (const passes of Object.values(demoTraining.passes)) assert.ok(passes >= 3);
});
