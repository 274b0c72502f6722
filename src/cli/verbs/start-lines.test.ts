import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChosenRecipe } from "../../api/index.ts";
import { fasterLine, longTextsLine, recipeLine } from "./start-lines.ts";

const BERT: ChosenRecipe = {
  name: "some",
  facts: {
    ...{ rows: 1000, classes: 4, leastOfAClass: 250, watched: false, evaluated: false },
    ...{ hiddenSize: 768, flopsPerExample: 4.3e9, timeBudget: 300 },
  },
  probe: true,
  options: { learningRate: 5e-5, numTrainEpochs: 1 },
  folds: 0,
  holdsOut: true,
  seconds: 161,
};

test("a budget that cut the epochs is said, with the option that raises it", () => {
  const line = recipeLine({ ...BERT, short: { epochs: 5, timeBudget: 1620 } });
  assert.match(line, /fine-tuning for 1 epoch at 0\.00005; about .* of .*, which is too short for 5 epochs: --time_budget 1620$/);
  assert.doesNotMatch(recipeLine(BERT), /too short|--time_budget/);
});

test("long texts: what is read of them, why, and what chunks would cost", () => {
  const facts = { maxLength: 512, share: 0.124, longTexts: "head_tail", chosen: true, tokensInChunks: 1.31 } as const;
  assert.match(
    longTextsLine(facts),
    /^long {3}12 % of texts are longer than 512 tokens: their start and their end are read \(head_tail, /,
  );
  assert.match(longTextsLine(facts), /; --long_texts chunks reads all, 1\.3 times the tokens$/);
  assert.doesNotMatch(longTextsLine({ ...facts, chosen: false, tokensInChunks: undefined }), /\(head_tail|--long_texts/);
  assert.match(longTextsLine({ ...facts, longTexts: "chunks", chosen: false }), /all of each is read, in windows, 1\.3 times/);
});

test("sparse attention that is faster is named as an option, with what is gained in all", () => {
  const line = fasterLine({ pattern: "block(sparsity=0.8, size=128)", times: 1.53, length: 512, timesInAll: 1.066 });
  assert.match(
    line,
    /--attention 'block\(sparsity=0\.8, size=128\)' over 512 tokens: attention is expected .* 1\.5 times .* 1\.07 times/,
  );
});
