import type { Dataset, Encoded } from "../../data/index.ts";
import { escapeControls } from "../../errors/index.ts";
import { type EvaluatedExample, type Mistake, type TaskAnswer, taskOf } from "../../tasks/index.ts";

/** Examples, and what a model said of each, as `evaluate` gives it. */
export interface EvaluatedSet {
  readonly dataset: Dataset;
  readonly probabilities: readonly (readonly number[])[];
  /** The same examples in tokens; token classification needs them. */
  readonly encoded?: readonly Encoded[];
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** A row of CSV for programs: cells come back as they were. */
export const csvRow = (cells: readonly string[]): string => cells.map(quoted).join(",");

/**
 * A row of CSV for people, who open it in a spreadsheet: what it would take for a formula gets an apostrophe before it, and control
 * characters are written as escapes.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const spreadsheetRow = (cells: readonly string[]): string => csvRow(cells.map(inSpreadsheet));

function inSpreadsheet(cell: string): string {
  const shown = escapeControls(cell.replaceAll("\r\n", "\n"), "\n\t");
  return /^[=+@\t-]/.test(shown) && !Number.isFinite(Number(shown)) ? `'${shown}` : shown;
}

/**
 * The mistakes as CSV for a spreadsheet, the surest first: data row of the file from 0, label, prediction, its probability, text.
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
    return spreadsheetRow([String(index), ...cells, text, ...(pairs ? [pair ?? ""] : [])]);
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
