import type { ChosenRecipe, FasterAttention, LongTextFacts } from "../../api/index.ts";
import { counted } from "../../errors/index.ts";
import { duration } from "../progress.ts";

/**
 * What a training does, and why, in one line.
 *
 * @example
 * recipeLine(recipe); // "recipe  few (48 rows, 6 labels): 16 contrastive epochs, then a logistic regression; 5 folds; about 2 min"
 */
export function recipeLine({ name, facts, contrastive, pooling, probe, options, folds, seconds, short }: ChosenRecipe): string {
  const { numTrainEpochs: epochs, maxSteps = -1, learningRate } = options;
  const tuned =
    maxSteps > 0 ? counted(maxSteps, "update") : epochs === undefined || epochs > 0 ? counted(epochs ?? 3, "epoch") : undefined;
  const parts = [
    contrastive && counted(contrastive.epochs, "contrastive epoch"),
    probe && "a logistic regression as the head",
    tuned && `fine-tuning for ${tuned}${learningRate === undefined ? "" : ` at ${learningRate}`}`,
    pooling === "mean" && "the mean of all tokens is read",
  ].filter(Boolean);
  const size = `${counted(facts.rows, "row")}${facts.classes > 0 ? `, ${counted(facts.classes, "label")}` : ""}`;
  const checked = folds > 0 ? `; cross-validated in ${folds} folds` : "";
  const time = `about ${duration(1000 * seconds)} of ${duration(1000 * facts.timeBudget)}`;
  const hint = short ? `, which is too short for ${counted(short.epochs, "epoch")}: --time_budget ${short.timeBudget}` : "";
  return `recipe  ${name} (${size}): ${parts.join(", then ")}${checked}; ${time}${hint}`;
}

const READ: Readonly<Record<LongTextFacts["longTexts"], string>> = {
  head: "their start is read",
  head_tail: "their start and their end are read",
  chunks: "all of each is read, in windows",
};

/**
 * What is read of texts that are longer than is read at once, why, and what else there is.
 *
 * @example
 * longTextsLine({ maxLength: 512, share: 0.12, longTexts: "head_tail", chosen: true, tokensInChunks: 1.3 });
 */
export function longTextsLine({ maxLength, share, longTexts, chosen, tokensInChunks }: LongTextFacts): string {
  const longer = `${Math.round(100 * share)} % of texts are longer than ${maxLength} tokens`;
  const times = tokensInChunks?.toFixed(1);
  if (longTexts === "chunks") return `long   ${longer}: ${READ.chunks}, ${times} times the tokens of their starts`;
  const why =
    chosen && longTexts === "head_tail" ? " (head_tail, as it costs nothing and the end often says what a text is for)" : "";
  const other = times === undefined ? "" : `; --long_texts chunks reads all, ${times} times the tokens`;
  return `long   ${longer}: ${READ[longTexts]}${why}${other}`;
}

/**
 * The sparse attention that would be faster on a CPU, by what the figures of the cost model say.
 *
 * @example
 * fasterLine({ pattern: "block(sparsity=0.8, size=128)", times: 1.5, length: 512, timesInAll: 1.1 });
 */
export const fasterLine = ({ pattern, times, length, timesInAll }: FasterAttention): string =>
  `sparse --attention '${pattern}' over ${length} tokens: attention is expected to be ${times.toFixed(1)} times as fast on a CPU, all of it ${timesInAll.toFixed(2)} times; it is another model, so compare`;
