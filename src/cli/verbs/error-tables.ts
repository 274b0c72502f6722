import type { Dataset, Encoded } from "../../data/index.ts";
import { escapeControls } from "../../errors/index.ts";
import { type EvaluatedExample, type ShownAnswer, type TaskAnswer, taskOf } from "../../tasks/index.ts";

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

/** What is left of an evaluation to be read: all that `answerFiles` may give. */
export const ANSWER_FILES = ["errors.csv", "right-answers.json"] as const;

/** Texts of an evaluated set by what was said of them, as files of a folder. */
export function answerFiles(evaluated: EvaluatedSet, labels: readonly string[]): Map<string, Uint8Array[]> {
  const texts = { "errors.csv": errorsCsv(evaluated, labels), "right-answers.json": rightAnswersJson(evaluated, labels) };
  const files = new Map<string, Uint8Array[]>();
  for (const name of ANSWER_FILES) {
    const text = texts[name];
    if (text !== undefined) files.set(name, [new TextEncoder().encode(text)]);
  }
  return files;
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
  const lines = mistakesOf(evaluated, labels).map((found) => spreadsheetRow(cellsOf(evaluated, found)));
  return `${[columnsOf(evaluated).join(","), ...lines].join("\n")}\n`;
}

/** Characters that the rows of right answers may have, with `ROW_CHARACTERS` a row. */
const MOST_CHARACTERS = 4e6;
const ROW_CHARACTERS = 20;

/**
 * The right answers, which `errors.csv` leaves out, as JSON: how many each class has, and rows in the columns of `errors.csv`, the
 * least sure first.
 *
 * Rows of more than `most` characters lack the surest of each class; the counts are always those of all.
 *
 * @param most - Default 4 million, which the texts of about 20,000 tickets or 3,000 film reviews have.
 * @returns undefined where an answer is not one class.
 */
export function rightAnswersJson(
  evaluated: EvaluatedSet,
  labels: readonly string[],
  most: number = MOST_CHARACTERS,
): string | undefined {
  const { right } = answerOf(evaluated.dataset);
  if (!right) return undefined;
  const counts = labels.map(() => 0);
  const found = answersOf(evaluated, labels, right)
    .sort((a, b) => a.weight - b.weight)
    .map((answer) => ({ ...answer, rank: counts[answer.label]++ }));
  // of each class the first, then of each the second …, so that a large class leaves room for a small one
  const fair = found.toSorted((a, b) => a.rank - b.rank);
  const kept: { readonly weight: number; readonly cells: readonly string[] }[] = [];
  let room = most;
  for (const answer of fair) {
    const cells = cellsOf(evaluated, answer).map(inSpreadsheet);
    room -= cells.join("").length + ROW_CHARACTERS;
    if (room < 0) break;
    kept.push({ weight: answer.weight, cells });
  }
  const head = JSON.stringify({ classes: labels.map(inSpreadsheet), right: counts, columns: columnsOf(evaluated) });
  const lines = kept.sort((a, b) => a.weight - b.weight).map(({ cells }) => JSON.stringify(cells));
  return `${head.slice(0, -1)},"rows":[\n${lines.join(",\n")}\n]}\n`;
}

function columnsOf({ dataset }: EvaluatedSet): string[] {
  const [first] = dataset.examples;
  const pairs = first?.pair === undefined ? [] : ["pair"];
  return ["row", ...answerOf(dataset).mistakeColumns, first?.image ? "image" : "text", ...pairs];
}

function cellsOf({ dataset: { examples } }: EvaluatedSet, { at, cells }: FoundAnswer): string[] {
  const { index, text, pair } = examples[at];
  return [String(index), ...cells, text, ...(examples[0].pair === undefined ? [] : [pair ?? ""])];
}

/** An answer, and the place of its example. */
export interface FoundAnswer extends ShownAnswer {
  readonly at: number;
}

/** All mistakes, the surest, or furthest off, first; examples without a label have none. */
export const mistakesOf = (evaluated: EvaluatedSet, labels: readonly string[]): FoundAnswer[] =>
  answersOf(evaluated, labels, answerOf(evaluated.dataset).mistakes).sort((a, b) => b.weight - a.weight);

function answersOf<Answer extends ShownAnswer>(
  evaluated: EvaluatedSet,
  labels: readonly string[],
  of: (example: EvaluatedExample, labels: readonly string[]) => readonly Answer[],
): (Answer & FoundAnswer)[] {
  const { labels: kind } = taskOf(evaluated.dataset);
  return evaluated.dataset.examples.flatMap((example, at) =>
    kind!.has(example) ? of(exampleAt(evaluated, at), labels).map((answer) => ({ ...answer, at })) : [],
  );
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
