import assert from "node:assert/strict";
import { test } from "node:test";
import { dense } from "../../attention/index.ts";
import { createTokenizer, type Dataset } from "../../data/index.ts";
import { parseEncoderConfig } from "../../models/index.ts";
import { demoTokenizer } from "../../studies/index.ts";
import { chooseLength, type LengthSettings, readLongTexts } from "./choose-length.ts";
import { fasterAttention } from "./faster-attention.ts";

const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 100, hidden_size: 384, num_hidden_layers: 6, num_attention_heads: 12 },
  ...{ intermediate_size: 1536, max_position_embeddings: 512, type_vocab_size: 2, hidden_act: "gelu", layer_norm_eps: 1e-12 },
});
const tokenizer = createTokenizer(demoTokenizer());
/** A tenth of the texts has so many words, the others have five. */
const texts = (words: number, pair?: string): Dataset => ({
  name: "made up",
  labels: ["a", "b"],
  examples: Array.from({ length: 40 }, (_, index) => {
    const text = Array.from({ length: index % 10 === 0 ? words : 5 }, () => "film").join(" ");
    return { index, text, label: index % 2, ...(pair !== undefined && { pair }) };
  }),
});
const chosen = (dataset: Dataset, settings: LengthSettings = {}, recipe = true) =>
  chooseLength(settings, { config, tokenizer }, dataset, { timeBudget: 300, chosen: recipe });

test("where all fit nothing is said; where many are longer than the longest length, head and tail stay, which is said", () => {
  assert.deepEqual([chosen(texts(200)).tokenizer.maxLength, chosen(texts(200)).long], [256, undefined]);
  const { tokenizer: fitted, long } = chosen(texts(1022));
  assert.deepEqual([fitted.maxLength, fitted.longTexts], [512, "head_tail"]);
  const { tokensInChunks, ...facts } = long!;
  assert.deepEqual(facts, { maxLength: 512, share: 0.1, longTexts: "head_tail", chosen: true });
  // 4 texts of 512 tokens and 36 of 7; 1,022 words in windows of 126, 16 in common, are 9 whole ones and 32 words
  assert.equal(tokensInChunks, (4 * (9 * 128 + 34) + 36 * 7) / (4 * 512 + 36 * 7));
});

test("windows have 128 tokens unless told otherwise, and what they read is told beside their starts", () => {
  const { tokenizer: fitted, long } = chosen(texts(1022), { longTexts: "chunks" });
  assert.deepEqual([fitted.maxLength, fitted.docStride, long!.chosen], [128, 16, false]);
  assert.equal(long!.tokensInChunks, (4 * (9 * 128 + 34) + 36 * 7) / (4 * 128 + 36 * 7));
  assert.equal(chosen(texts(1022), { longTexts: "chunks", maxLength: 256 }).tokenizer.maxLength, 256);
});

test("where a recipe is given the start stays, and that texts are cut is said all the same", () => {
  const { tokenizer: fitted, long } = chosen(texts(300), {}, false);
  assert.deepEqual([fitted.maxLength, fitted.longTexts, long!.share], [128, "head", 0.1]);
});

test("chunks are not offered for pairs of texts", () => {
  assert.equal(chosen(texts(1022, "a day")).long!.tokensInChunks, undefined);
});

test("a text of words is read from its start, where each word has its answer", () => {
  assert.equal(chosen({ ...texts(1022), task: "token_classification" }).long!.longTexts, "head");
});

test("the gain of sparse attention over the whole model is smaller than that over attention", () => {
  assert.equal(fasterAttention({ pattern: dense() }, config, 256), undefined);
  const { times, timesInAll } = fasterAttention({ pattern: dense() }, config, 512)!;
  // of a layer's operations 4n / (8D + 4n + 4F) = 2048 / 11264 are attention's
  const share = 2048 / 11264;
  assert.ok(Math.abs(timesInAll - 1 / (1 - share + share / times)) < 1e-9 && timesInAll > 1 && timesInAll < times);
});

test("blocks are not offered for an encoder that adds a bias to its scores", () => {
  assert.equal(fasterAttention({ pattern: dense() }, { ...config, family: "mpnet" }, 512), undefined);
});

test("a tokenizer reads long texts as asked, and refuses what chunks cannot be and a stride beside none", () => {
  const cutting = tokenizer.fit({ maxLength: 64 });
  const read = (settings: LengthSettings, dataset = texts(200)) => readLongTexts(cutting, settings, dataset);
  const inChunks = read({ longTexts: "chunks", docStride: 4 });
  assert.deepEqual([inChunks.maxLength, inChunks.longTexts, inChunks.docStride], [64, "chunks", 4]);
  assert.deepEqual([read({}).maxLength, read({}).longTexts], [64, "head"]);
  assert.throws(
    () => read({ longTexts: "chunks" }, texts(200, "a day")),
    /longTexts chunks: expected one text an example.*got pairs/,
  );
  assert.throws(() => read({ longTexts: "head", docStride: 4 }), /docStride: expected longTexts chunks beside it, got head/);
});
