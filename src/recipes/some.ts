import { epochsWithin, foldsFor, isCrossValidated, isSmall, rateFor } from "./cost.ts";
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
    const wanted = Math.max(LEAST_EPOCHS, Math.min(Math.ceil((LEAST_UPDATES * BATCH) / facts.rows), MOST_EPOCHS));
    const alone = epochsWithin(facts, wanted, facts.evaluated ? 1 : 1 / 2);
    // small data: three folds and the model; where even few epochs of these are too many, rows are held out
    const beside = isCrossValidated(facts) ? epochsWithin(facts, wanted, 1 / 4) : alone;
    const { epochs, short } = beside.epochs >= LEAST_EPOCHS ? beside : { ...alone, short: beside.short };
    const oneClass = facts.classes > 0;
    const choice = {
      ...(short && { short }),
      ...(oneClass && { pooling: "best" as const }),
      probe: oneClass,
      options: { learningRate: rateFor(facts), perDeviceTrainBatchSize: BATCH, numTrainEpochs: epochs },
    };
    return { ...choice, folds: foldsFor(facts, choice), holdsOut: !isSmall(facts) };
  },
};
