import { resolveOptions } from "../training/index.ts";
import type { ContrastiveSettings, RecipeChoice, RecipeFacts } from "./recipe.ts";

/**
 * FLOP/s that a recipe reckons with: what a laptop's two cores reach on matrix products, padding taken off.
 *
 * A figure, not a measurement: the same command must give the same model on every machine.
 */
const FLOPS = 80e9;

/**
 * What a contrastive phase is like where nobody says otherwise. A batch is as long as its longest text: with 16 IMDB reviews read up to 256
 * tokens instead of 512 it took 88 s instead of 183, and 65.4 % of the test rows were right instead of 64.7 (means of three draws).
 */
export const CONTRASTIVE = { batchSize: 32, maxLength: 256 } as const satisfies Partial<ContrastiveSettings>;

type Timed = Pick<RecipeChoice, "contrastive" | "options">;

/** Seconds of one pass of updates over the examples: forward and backward, 3 forward passes. */
export const secondsOfEpoch = (rows: number, flopsPerExample: number): number => (3 * rows * flopsPerExample) / FLOPS;

export const epochSeconds = ({ rows, flopsPerExample }: RecipeFacts): number => secondsOfEpoch(rows, flopsPerExample);

/** Seconds that a choice takes, one model, evaluation left out. */
export const secondsOf = (facts: RecipeFacts, { contrastive, options }: Timed): number =>
  ((contrastive?.epochs ?? 0) + epochsOf(facts, options)) * epochSeconds(facts);

/** Passes of fine-tuning over the examples; what the options leave out is as transformers has it. */
function epochsOf({ rows }: RecipeFacts, options: Timed["options"]): number {
  const { maxSteps, numTrainEpochs, perDeviceTrainBatchSize, gradientAccumulationSteps } = resolveOptions(options);
  return maxSteps > 0 ? (maxSteps * perDeviceTrainBatchSize * gradientAccumulationSteps) / rows : numTrainEpochs;
}

/** Whether a tenth of the rows is too few to say anything. */
export const isSmall = ({ rows }: Pick<RecipeFacts, "rows">): boolean => rows < CROSS_VALIDATED_ROWS;

/** Whether the rows themselves say how good the model is, so that several models are trained. */
export const isCrossValidated = (facts: RecipeFacts): boolean =>
  facts.classes > 0 && isSmall(facts) && !facts.evaluated && !facts.watched && !facts.taught;

/** Below so many rows, a tenth held out says nothing: 50 rows leave an interval of ± 13 points. */
const CROSS_VALIDATED_ROWS = 500;

/** The most folds that the budget has room for beside the model itself; 0 for rows that are held out. */
export function foldsFor(facts: RecipeFacts, choice: Timed): number {
  if (!isCrossValidated(facts)) return 0;
  const affordable = [5, 3].find((folds) => (folds + 1) * secondsOf(facts, choice) <= facts.timeBudget) ?? 0;
  return Math.min(affordable, facts.leastOfAClass) >= 2 ? Math.min(affordable, facts.leastOfAClass) : 0;
}

/** Peak rate of an encoder of width D: 5e-5 at 768, larger for narrow ones, as their weights are. */
export const rateFor = ({ hiddenSize }: Pick<RecipeFacts, "hiddenSize">): number =>
  Math.min(2e-4, Number((5e-5 * (768 / hiddenSize)).toPrecision(2)));

/**
 * Epochs that a share of the budget has room for, at least one.
 *
 * @param wanted - Without a budget there would be so many.
 * @returns `short` where there are fewer.
 */
export function epochsWithin(
  facts: RecipeFacts,
  wanted: number,
  share: number,
): { readonly epochs: number } & Pick<RecipeChoice, "short"> {
  const affordable = Math.floor((share * facts.timeBudget) / epochSeconds(facts));
  if (affordable >= wanted) return { epochs: wanted };
  // tens of seconds, so that rounding does not cost an epoch
  const timeBudget = 10 * Math.ceil((wanted * epochSeconds(facts)) / share / 10 + 1e-6);
  return { epochs: Math.max(1, affordable), ...(wanted > 1 && { short: { epochs: wanted, timeBudget } }) };
}
