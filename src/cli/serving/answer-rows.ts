import type { Classifier } from "../../api/index-node.ts";
import { counted, expectedGot } from "../../errors/index.ts";
import { atTemperature } from "../../metrics/index.ts";
import type { Output } from "../output.ts";

/** A text or an image as a model takes it. */
export type EncodedRow = Parameters<Classifier["evaluate"]>[0][number] & Parameters<Classifier["answer"]>[1];

/** How answers are given. */
export interface Asking {
  /** Labels of an answer, best first; left out, one, or all that hold. */
  readonly topK?: number;
  /** Below this calibrated probability a row gets no label. Left out, each row gets one. */
  readonly threshold?: number;
}

export interface AnsweredRow {
  /** By field, see `TaskAnswer.printed`. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** Whether the label was left out. */
  readonly abstained: boolean;
}

export const THRESHOLD_OPTION = {
  type: "number",
  min: 0,
  max: 1,
  help: "Below it a row gets no label, and its score stays; scores are then calibrated, where the model was.",
} as const;

export const TOP_K_OPTION = {
  type: "integer",
  unit: "labels",
  min: 1,
  help: "Labels to print for each text, best first; left out, one, or all that hold.",
} as const;

/** @throws `cli/bad-option` for an option that means nothing to what the model says. */
export function checkAsking({ answers, config }: Pick<Classifier, "answers" | "config">, { topK, threshold }: Asking): void {
  if (threshold === 0) throw expectedGot("cli/bad-option", "--threshold", "a probability in (0, 1]", 0);
  if (topK !== undefined && !answers.ranks) {
    const rule = "a model that gives a text one of several labels";
    throw expectedGot("cli/bad-option", "--top_k", rule, config.task, "Leave --top_k out.");
  }
  if (threshold !== undefined && !answers.abstained) {
    throw expectedGot("cli/bad-option", "--threshold", "a model of one class a row", config.task, "Leave --threshold out.");
  }
}

/** What the model says of each row, by the names that `crisp predict` prints. */
export async function answerRows(
  model: Classifier,
  rows: readonly EncodedRow[],
  { topK, threshold }: Asking,
  batchSize: number,
): Promise<AnsweredRow[]> {
  const { answers, card } = model;
  const { probabilities } = await model.evaluate(rows, { batchSize });
  const scores = threshold === undefined ? probabilities : atTemperature(probabilities, card.temperature ?? 1);
  return rows.map((row, at) => {
    const said = model.answer(scores[at], row, topK);
    const abstained = threshold !== undefined && said[0].score < threshold;
    return { answer: abstained ? answers.abstained!(said, topK) : answers.printed(said, topK), abstained };
  });
}

/** Say how many texts were longer than the model reads, and what that costs. */
export function sayCut(
  output: Pick<Output, "note">,
  { answers, card }: Pick<Classifier, "answers" | "card">,
  cut: number,
  rows: number,
): void {
  if (cut === 0) return;
  const { maxLength, longTexts, maxWindows } = card;
  const where =
    longTexts === "chunks" ? `after ${maxWindows} windows of ${maxLength} tokens` : `at the model's ${maxLength} tokens`;
  output.note(`${cut} of ${counted(rows, "text")} ${cut === 1 ? "was" : "were"} cut ${where}: ${answers.lost}`);
}
