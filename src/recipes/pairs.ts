import { epochSeconds, rateFor } from "./cost.ts";
import type { Recipe } from "./recipe.ts";

/** Each row's negatives are the other rows of its batch: more teach more, and cost memory. */
const BATCH = 64;
/** Updates below which an encoder has seen too little of its pairs. */
const LEAST_UPDATES = 300;
const MOST_EPOCHS = 6;

/** Texts that belong together: large batches and few epochs, as pairs are soon known by heart. */
export const pairs: Recipe = {
  name: "pairs",
  summary: "texts that belong together are drawn close, in large batches",
  fits: (facts) => facts.pairs === true,
  choose(facts) {
    const wanted = Math.ceil((LEAST_UPDATES * BATCH) / facts.rows);
    const affordable = Math.floor(facts.timeBudget / epochSeconds(facts));
    const epochs = Math.max(1, Math.min(wanted, MOST_EPOCHS, affordable));
    const options = { learningRate: rateFor(facts), perDeviceTrainBatchSize: BATCH, numTrainEpochs: epochs, warmupSteps: 0.1 };
    return { probe: false, options, folds: 0, holdsOut: true };
  },
};
