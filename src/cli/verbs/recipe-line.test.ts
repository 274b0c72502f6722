import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChosenRecipe } from "../../api/index.ts";
import { recipeLine } from "./recipe-line.ts";

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
