import { epochsWithin, rateFor } from "./cost.ts";
import type { Recipe } from "./recipe.ts";

const EPOCHS = 3;

/** Many labels: the usual recipe, with a rate that fits the encoder. */
export const many: Recipe = {
  name: "many",
  summary: "everything is fine-tuned",
  fits: () => true,
  choose(facts) {
    const { epochs, short } = epochsWithin(facts, EPOCHS, 1);
    return {
      ...(short && { short }),
      probe: facts.classes > 0,
      options: { learningRate: rateFor(facts), numTrainEpochs: epochs },
      folds: 0,
      holdsOut: true,
    };
  },
};
