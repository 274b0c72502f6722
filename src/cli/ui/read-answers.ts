import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { parseTable } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { HttpError } from "../../server/index-node.ts";

/** As both files have them. */
export interface AnswerRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The held-out answers that a training's folder keeps: the wrong ones in `errors.csv`, right ones in `right-answers.json`. */
export interface Answers {
  /** The surest first. */
  readonly mistakes: AnswerRows;
  /** The least sure first, as far as they were kept; absent where the folder has no file of them. */
  readonly right?: AnswerRows & {
    /** How many there were. */
    readonly total: number;
  };
  /** Where each answer has one true class and one that was said. */
  readonly confusion?: {
    readonly labels: readonly string[];
    /** [C][C], row = true class. Without a file of right answers its diagonal is 0. */
    readonly matrix: readonly (readonly number[])[];
  };
}

/** One cell of the confusion matrix. */
export interface Cell {
  readonly label: string;
  readonly predicted: string;
}

/** Larger files are not read for a page. */
const MOST_BYTES = 64 * 2 ** 20;
/** Columns by which both files say what was meant and what was said. */
const [TRUTH, SAID] = ["label", "predicted"];
const MOST_CLASSES = 200;

const counted = z.int().min(0);
const RIGHT_ANSWERS = z
  .object({
    classes: z.array(z.string()),
    right: z.array(counted),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
  })
  .refine(({ classes, right }) => classes.length === right.length);
type RightAnswers = z.infer<typeof RIGHT_ANSWERS>;

/**
 * Read the answers of a training.
 *
 * @param errors - Its `errors.csv`.
 * @param rightAnswers - Its `right-answers.json`, where it has one.
 * @throws HttpError 422 `ui/too-large`, `ui/not-answers`; what `parseTable` throws for a file that is none.
 */
export function readAnswers(errors: string, rightAnswers?: string): Answers {
  const right = rightAnswers === undefined ? undefined : readRight(rightAnswers);
  const mistakes = readMistakes(errors);
  const total = right?.right.reduce((sum, each) => sum + each, 0) ?? 0;
  const answers = { mistakes, ...(right && { right: { columns: right.columns, rows: right.rows, total } }) };
  const [truth, said] = placesIn(mistakes);
  if (mistakes.rows.length > 0 && (truth < 0 || said < 0)) return answers;
  const inMistakes = new Set(mistakes.rows.flatMap((row) => [row[truth], row[said]]));
  const labels = [...new Set([...(right?.classes ?? []), ...[...inMistakes].sort()])];
  if (labels.length === 0 || labels.length > MOST_CLASSES) return answers;
  const places = new Map(labels.map((label, at) => [label, at]));
  const matrix = labels.map(() => labels.map(() => 0));
  right?.classes.forEach((label, at) => {
    matrix[places.get(label)!][places.get(label)!] += right.right[at];
  });
  for (const row of mistakes.rows) matrix[places.get(row[truth])!][places.get(row[said])!]++;
  return { ...answers, confusion: { labels, matrix } };
}

/** Those of one cell of the confusion matrix. */
export function answersOfCell({ mistakes, right }: Answers, { label, predicted }: Cell): AnswerRows {
  const all = label === predicted && right ? right : mistakes;
  const [truth, said] = placesIn(all);
  return { columns: all.columns, rows: all.rows.filter((row) => row[truth] === label && row[said] === predicted) };
}

const placesIn = ({ columns }: AnswerRows): readonly [number, number] => [columns.indexOf(TRUTH), columns.indexOf(SAID)];

/** A header alone is a model without mistakes. */
function readMistakes(file: string): AnswerRows {
  const text = textOf(file);
  if (!/\n./.test(text.trimEnd())) return { columns: [], rows: [] };
  const { columns, rows } = parseTable(text, "errors.csv", { format: "csv", header: true });
  return { columns, rows: rows.map(({ cells }) => columns.map((_, at) => String(cells[at] ?? ""))) };
}

function readRight(file: string): RightAnswers {
  try {
    return RIGHT_ANSWERS.parse(JSON.parse(textOf(file)));
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const hint = "Remove it; its training leaves another one.";
    throw new HttpError(422, expectedGot("ui/not-answers", basename(file), "a file that crisp train wrote", "another one", hint));
  }
}

function textOf(file: string): string {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    if (size > MOST_BYTES) {
      throw new HttpError(
        422,
        expectedGot("ui/too-large", basename(file), `at most ${MOST_BYTES} bytes`, size, "Open it in a spreadsheet."),
      );
    }
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(handle, bytes, 0, size, 0));
  } finally {
    closeSync(handle);
  }
}
