import type { ChosenRecipe } from "../../api/index.ts";
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
