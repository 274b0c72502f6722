import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEncoderConfig } from "../../models/index.ts";
import { chooseRecipe, type RecipeSettings } from "./choose-recipe.ts";

/** BERT base, and four labels of 250 rows each. */
const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 100, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 },
  ...{ intermediate_size: 3072, max_position_embeddings: 512, type_vocab_size: 2, hidden_act: "gelu", layer_norm_eps: 1e-12 },
});
const chosen = (rows: number, evaluated: boolean, settings: RecipeSettings & { readonly numTrainEpochs?: number } = {}) =>
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
