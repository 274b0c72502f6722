import { epochSeconds, rateFor } from "./cost.ts";
import type { Recipe } from "./recipe.ts";

const EPOCHS = 3;

/** Many labels: the usual recipe, with a rate that fits the encoder. */
export const many: Recipe = {
  name: "many",
  summary: "everything is fine-tuned",
  fits: () => true,
  choose(facts) {
    const affordable = Math.floor(facts.timeBudget / epochSeconds(facts));
    const epochs = Math.max(1, Math.min(EPOCHS, affordable));
    return {
      probe: facts.classes > 0,
      options: { learningRate: rateFor(facts), numTrainEpochs: epochs },
      folds: 0,
      holdsOut: true,
    };
  },
};
