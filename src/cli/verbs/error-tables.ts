import type { Dataset, Encoded } from "../../data/index.ts";
import { type EvaluatedExample, type Mistake, type TaskAnswer, taskOf } from "../../tasks/index.ts";

/** Examples, and what a model said of each, as `evaluate` gives it. */
export interface EvaluatedSet {
  readonly dataset: Dataset;
  readonly probabilities: readonly (readonly number[])[];
  /** The same examples in tokens; token classification needs them. */
  readonly encoded?: readonly Encoded[];
}

/** A cell of CSV. */
export const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/**
 * The mistakes as CSV, the surest first: data row of the file from 0, label, prediction, its probability, text.
 *
 * Multi-label: sets of classes joined with `|`, and how many are wrong. Regression: all rows, the furthest off first. Token
 * classification: a row a wrong word.
 *
 * @param labels - Class names.
 */
export function errorsCsv(evaluated: EvaluatedSet, labels: readonly string[]): string {
  const { dataset } = evaluated;
  const { examples } = dataset;
  const { mistakeColumns } = answerOf(dataset);
  const found = mistakesOf(evaluated, labels);
  const pairs = examples[0]?.pair !== undefined;
  const lines = found.map(({ at, cells }) => {
    const { index, text, pair } = examples[at];
    return [String(index), ...cells, text, ...(pairs ? [pair ?? ""] : [])].map(quoted).join(",");
  });
  const header = ["row", ...mistakeColumns, examples[0]?.image ? "image" : "text", ...(pairs ? ["pair"] : [])];
  return `${[header.join(","), ...lines].join("\n")}\n`;
}

/** A mistake, and the place of its example. */
export interface FoundMistake extends Mistake {
  readonly at: number;
}

/** All mistakes, the surest, or furthest off, first; examples without a label have none. */
export function mistakesOf(evaluated: EvaluatedSet, labels: readonly string[]): FoundMistake[] {
  const { outputs, labels: kind } = taskOf(evaluated.dataset);
  const found = evaluated.dataset.examples.flatMap((example, at) =>
    kind!.has(example) ? outputs!.answer.mistakes(exampleAt(evaluated, at), labels).map((mistake) => ({ at, ...mistake })) : [],
  );
  return found.sort((a, b) => b.weight - a.weight);
}

/** A row of `predictions.jsonl`: what was meant, and what was said. */
export function predictionLine(evaluated: EvaluatedSet, labels: readonly string[], at: number): string {
  const { index, image, text } = evaluated.dataset.examples[at];
  const said = answerOf(evaluated.dataset).line(exampleAt(evaluated, at), labels);
  return JSON.stringify({ index, ...(image && { image: text }), ...said });
}

/** What is evaluated has outputs. */
const answerOf = (dataset: Dataset): TaskAnswer => taskOf(dataset).outputs!.answer;

/** An example as its task judges it. */
export function exampleAt({ dataset, probabilities, encoded }: EvaluatedSet, at: number): EvaluatedExample {
  const { label, labels, words } = dataset.examples[at];
  return { label, labels, words, row: probabilities[at], wordOf: encoded?.[at].wordOf, tokenLabels: encoded?.[at].labels };
}
