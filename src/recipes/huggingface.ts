import type { Recipe } from "./recipe.ts";

/** What transformers' example scripts do: `trainingOptionTable`'s defaults, from a head that starts at random. */
export const huggingface: Recipe = {
  name: "huggingface",
  summary: "the usual recipe for fine-tuning encoders on GLUE",
  fits: () => false,
  choose: () => ({ probe: false, options: {}, folds: 0, holdsOut: true }),
};
