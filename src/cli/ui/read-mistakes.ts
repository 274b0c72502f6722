import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parseTable } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { HttpError } from "../../server/index-node.ts";

/** The wrong answers that a run's folder keeps, as `errors.csv` has them. */
export interface Mistakes {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Where each mistake has one true class and one that was said. */
  readonly confusion?: {
    readonly labels: readonly string[];
    /** [C][C], row = true class; right answers are not in the file, so that its diagonal is 0. */
    readonly matrix: readonly (readonly number[])[];
  };
}

/** Larger files are not read for a page. */
const MOST_BYTES = 64 * 2 ** 20;
/** Columns by which `errors.csv` says what was meant and what was said. */
const [TRUTH, SAID] = ["label", "predicted"];
const MOST_CLASSES = 200;

/**
 * Read `errors.csv`.
 *
 * @returns undefined where it holds no mistake.
 * @throws HttpError 422 `ui/too-large`; what `parseTable` throws for a file that is none.
 */
export function readMistakes(file: string): Mistakes | undefined {
  const text = textOf(file);
  // a header alone is a model without mistakes
  if (!/\n./.test(text.trimEnd())) return undefined;
  const table = parseTable(text, "errors.csv", { format: "csv", header: true });
  const { columns } = table;
  const rows = table.rows.map(({ cells }) => columns.map((_, at) => String(cells[at] ?? "")));
  const [truth, said] = [columns.indexOf(TRUTH), columns.indexOf(SAID)];
  if (truth < 0 || said < 0) return { columns, rows };
  const labels = [...new Set(rows.flatMap((row) => [row[truth], row[said]]))].sort();
  if (labels.length > MOST_CLASSES) return { columns, rows };
  const places = new Map(labels.map((label, at) => [label, at]));
  const matrix = labels.map(() => labels.map(() => 0));
  for (const row of rows) matrix[places.get(row[truth])!][places.get(row[said])!]++;
  return { columns, rows, confusion: { labels, matrix } };
}

/** Those of one cell of the confusion matrix. */
export function mistakesOfCell({ columns, rows }: Mistakes, label: string, predicted: string): Mistakes["rows"] {
  const [truth, said] = [columns.indexOf(TRUTH), columns.indexOf(SAID)];
  return rows.filter((row) => row[truth] === label && row[said] === predicted);
}

function textOf(file: string): string {
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    if (size > MOST_BYTES) {
      throw new HttpError(
        422,
        expectedGot("ui/too-large", "errors.csv", `at most ${MOST_BYTES} bytes`, size, "Open it in a spreadsheet."),
      );
    }
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(handle, bytes, 0, size, 0));
  } finally {
    closeSync(handle);
  }
}
