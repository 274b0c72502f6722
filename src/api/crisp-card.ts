import type { Dataset, LongTexts } from "../data/index.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import type { EvaluatedSplit, ModelFacts } from "../export/index.ts";
import type { GlueTask } from "../metrics/index.ts";
import type { RecipeChoice } from "../recipes/index.ts";
import type { PlanSpec, RunResult } from "../runs/index.ts";
import type { TaskName } from "../tasks/index.ts";

/** What `crisp.json` of a saved folder holds, beside what Hugging Face's own files say. */
export interface CrispCard {
  readonly crisp: string;
  /** What it predicts; left out by older versions, which knew but one. */
  readonly task?: TaskName;
  /** The GLUE task by whose figures it is evaluated. */
  readonly glue?: GlueTask;
  /** Attention as it was trained; evaluation uses it too unless told otherwise. */
  readonly attention: PlanSpec;
  /** Most tokens a text; tokens of each image. */
  readonly maxLength: number;
  /** What is read of longer texts; left out, their head. */
  readonly longTexts?: LongTexts;
  /** Of texts that are read in several windows, whose logits are averaged: tokens that two of them share, and most windows of a text. */
  readonly docStride?: number;
  readonly maxWindows?: number;
  readonly seed: number;
  readonly padTokenId: number;
  /** Columns the training file had, so that an evaluation file is read alike. */
  readonly columns?: Dataset["columns"];
  /** Of the softmax, fitted on held-out rows so that scores are shares of right answers; absent where there is none to fit. */
  readonly temperature?: number;
  /** Which examples `metrics` are about; left out by older versions. */
  readonly split?: EvaluatedSplit;
  /** Sparsity on and off; accuracy in [0, 1]. */
  readonly metrics: Readonly<Record<string, number>>;
  /** All training options, defaults filled in; older versions have those that were given. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How training went as a whole; left out by older versions. */
  readonly recipe?: RecipeChoice & { readonly name: string };
  /** Factor of each class in the loss. */
  readonly classWeights?: readonly number[];
  /** What computed. */
  readonly runtime?: RunResult["runtime"];
  /** What only the model card says: start model, data, licence. */
  readonly about?: ModelFacts;
}

/** Read `crisp.json`; throws `model/bad-card`. */
export function parseCard(bytes: Uint8Array, file: string): CrispCard {
  let card: Partial<CrispCard> | null;
  try {
    card = JSON.parse(new TextDecoder().decode(bytes)) as Partial<CrispCard> | null;
  } catch (error) {
    throw new CrispError("model/bad-card", `${file}: expected JSON, got ${(error as Error).message}. Save the model again.`);
  }
  const whole =
    typeof card?.attention?.pattern === "string" && [card.maxLength, card.seed, card.padTokenId].every(Number.isInteger);
  if (whole) return card as CrispCard;
  throw expectedGot(
    "model/bad-card",
    file,
    "attention, maxLength, seed and padTokenId",
    "a file without",
    "Save the model again.",
  );
}
