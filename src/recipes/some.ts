import { epochSeconds, foldsFor, isSmall, rateFor } from "./cost.ts";
import type { Recipe } from "./recipe.ts";

const MOST_ROWS = 5000;
const BATCH = 16;
/** Updates below which an encoder has seen too little of its labels. */
const LEAST_UPDATES = 300;
const MOST_EPOCHS = 12;
const LEAST_EPOCHS = 3;

/**
 * Some labels: the head starts as a logistic regression of the encoder's features, then everything is fine-tuned in small batches.
 *
 * @see Kumar et al., arXiv 2202.10054 (LP-FT); Mosbach et al., arXiv 2006.04884: small data need more epochs, not fewer.
 */
export const some: Recipe = {
  name: "some",
  summary: "the head starts as a logistic regression, then everything is fine-tuned",
  fits: ({ rows }) => rows < MOST_ROWS,
  choose(facts) {
    const wanted = Math.ceil((LEAST_UPDATES * BATCH) / facts.rows);
    const within = (share: number): number => Math.floor((share * facts.timeBudget) / epochSeconds(facts));
    // small data: three folds and the model; where even few epochs of these are too many, rows are held out
    const most = isSmall(facts) && within(1 / 4) >= LEAST_EPOCHS ? within(1 / 4) : within(1 / 2);
    const epochs = Math.max(1, Math.min(Math.max(LEAST_EPOCHS, Math.min(wanted, MOST_EPOCHS)), most));
    const oneClass = facts.classes > 0;
    const choice = {
      ...(oneClass && { pooling: "best" as const }),
      probe: oneClass,
      options: { learningRate: rateFor(facts), perDeviceTrainBatchSize: BATCH, numTrainEpochs: epochs },
    };
    return { ...choice, folds: foldsFor(facts, choice), holdsOut: !isSmall(facts) };
  },
};
