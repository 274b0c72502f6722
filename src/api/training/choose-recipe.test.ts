import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEncoderConfig } from "../../models/index.ts";
import type { TrainingOptions } from "../../training/index.ts";
import { chooseRecipe, type RecipeSettings } from "./choose-recipe.ts";

/** BERT base, and four labels of 250 rows each. */
const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 100, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 },
  ...{ intermediate_size: 3072, max_position_embeddings: 512, type_vocab_size: 2, hidden_act: "gelu", layer_norm_eps: 1e-12 },
});
const chosen = (rows: number, evaluated: boolean, settings: RecipeSettings & Partial<TrainingOptions> = {}) =>
  chooseRecipe(
    settings,
    { config, source: { kind: "folder", path: "bert" } },
    { rows, counts: [rows / 4, rows / 4, rows / 4, rows / 4] },
    { evaluated },
  );

test("epochs that the budget cut are known as cut, those that were given are not", () => {
  const { options, short } = chosen(1000, false);
  assert.equal(options.numTrainEpochs, 1);
  assert.equal(short?.epochs, 5);
  assert.equal(chosen(1000, false, { preset: "some", numTrainEpochs: 1 }).short, undefined);
  assert.equal(chosen(1000, false, { timeBudget: short?.timeBudget }).short, undefined);
});

test("with rows to evaluate on one model has the whole budget, without them it is shared with folds", () => {
  const settings = { timeBudget: 3000 };
  const [alone, folded] = [true, false].map((evaluated) => chosen(200, evaluated, settings));
  assert.deepEqual([alone.folds, folded.folds], [0, 3]);
  assert.ok(alone.options.numTrainEpochs! >= 2 * folded.options.numTrainEpochs!);
});

test("adapters get ten times the rate that a recipe chooses, and the rate that is given where one is", () => {
  for (const preset of ["some", "many", "few"]) {
    const [whole, adapters] = [undefined, 8].map((loraRank) => chosen(80, false, { preset, loraRank, contrastiveEpochs: 1 }));
    assert.equal(adapters.options.learningRate, whole.options.learningRate && 10 * whole.options.learningRate, preset);
    assert.equal(adapters.contrastive!.learningRate, 10 * whole.contrastive!.learningRate, preset);
  }
  assert.equal(chosen(80, false, { preset: "some", loraRank: 8, learningRate: 1e-4 }).options.learningRate, 1e-4);
  assert.equal(chosen(80, false, { preset: "huggingface", loraRank: 8 }).options.learningRate, undefined);
});

test("rounding to 8 bits is learned by a recipe that fine-tunes, and another is refused", () => {
  const rounded = { quantizationAware: "int8" } as const;
  assert.deepEqual([chosen(80, false).name, chosen(80, false, rounded).name], ["few", "some"]);
  assert.throws(() => chosen(80, false, { ...rounded, preset: "few" }), {
    code: "training/bad-option",
    message:
      "preset: expected a recipe that fine-tunes, so that rounding is learned, got few. " +
      "Leave quantizationAware out, or take another preset, such as some.",
  });
  assert.equal(chosen(80, false, { ...rounded, preset: "few", numTrainEpochs: 1 }).options.numTrainEpochs, 1);
});
