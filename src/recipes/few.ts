import { CONTRASTIVE, epochsWithin, foldsFor, isCrossValidated, isSmall, rateFor } from "./cost.ts";
import type { Recipe } from "./recipe.ts";

/** Rows a class up to which texts say more by their likeness than by their labels; and of two texts, where likeness says little. */
const MOST_A_CLASS = 64;
const MOST_OF_PAIRS = 30;
const EPOCHS = 16;

/**
 * Few labels: draw the texts of a class together, then fit the head by logistic regression.
 *
 * Rows of two texts are not drawn together: what they have in common is their subjects, and the label is about neither text but about
 * both. From 500 rows on, of many classes, fine-tuning is as accurate and takes a fraction of the time.
 *
 * @see Tunstall et al., arXiv 2209.11055 (SetFit).
 */
export const few: Recipe = {
  name: "few",
  summary: "texts of a label are drawn together, then a logistic regression",
  fits({ rows, classes, watched, taught, eightBits, twoTexts }) {
    if (classes === 0 || watched || taught || eightBits) return false;
    return isSmall({ rows }) && rows / classes <= (twoTexts ? MOST_OF_PAIRS : MOST_A_CLASS);
  },
  choose(facts) {
    // folds train several models, given rows one
    const share = isCrossValidated(facts) ? 1 / 4 : facts.evaluated ? 1 : 2 / 3;
    const { epochs, short } = epochsWithin(facts, EPOCHS, share);
    const choice = {
      ...(short && !facts.twoTexts && { short }),
      ...(!facts.twoTexts && { contrastive: { ...CONTRASTIVE, epochs, learningRate: rateFor(facts) } }),
      pooling: "best",
      probe: true,
      options: { numTrainEpochs: 0, evalStrategy: "no" },
    } as const;
    return { ...choice, folds: foldsFor(facts, choice), holdsOut: false };
  },
};
