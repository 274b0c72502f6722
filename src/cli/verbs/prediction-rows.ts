import { exactNumber, type Field } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { csvRow } from "./error-tables.ts";

export type PredictionFormat = "jsonl" | "csv";

/** What a model said of a row, by field. */
export type Answer = Readonly<Record<string, unknown>>;

/** Lines of an output: what the input had, in its order, then the answer. */
export interface PredictionLines {
  /** Line above all rows; undefined for JSONL. */
  readonly header: string | undefined;
  /**
   * @param where - The row, for messages, e.g. `texts.jsonl:12`.
   * @throws `data/columns` for a field that the first rows lack, where the output has no room for it.
   */
  line(fields: readonly Field[], answer: Answer, where: string): string;
}

/**
 * Lay predictions out as JSON lines or CSV.
 *
 * A field of the answer that the input has too becomes `predicted_<name>`: what the input says stays as it is.
 *
 * @param input - Names of the input's fields.
 * @param answer - Names of the answer's.
 */
export function predictionLines(format: PredictionFormat, input: readonly string[], answer: readonly string[]): PredictionLines {
  const names = new Map<string, string>();
  for (const name of answer) names.set(name, freeName(name, [...input, ...names.values()]));
  const own = new Set(names.values());
  const known = new Set(input);
  const check = (fields: readonly Field[], where: string): void => {
    const late = fields.find(([name]) => !known.has(name) && (format === "csv" || own.has(name)));
    if (late === undefined) return;
    const rule = `no field that the first rows lack${format === "csv" ? ", as CSV has the same columns in all rows" : ""}`;
    const hint = format === "csv" ? "Write JSON lines: --format jsonl." : "Give the first row this field too, e.g. null.";
    throw expectedGot("data/columns", where, rule, `"${late[0]}"`, hint);
  };
  const answered = (said: Answer): Field[] => Array.from(names, ([name, shown]) => [shown, said[name]]);
  if (format === "jsonl") {
    return {
      header: undefined,
      line(fields, said, where) {
        check(fields, where);
        return JSON.stringify(Object.fromEntries([...fields, ...answered(said)]));
      },
    };
  }
  return {
    header: csvRow([...input, ...own]),
    line(fields, said, where) {
      check(fields, where);
      const cells = new Map(fields);
      return csvRow([...input.map((name) => cells.get(name)), ...answered(said).map(([, cell]) => cell)].map(cellText));
    },
  };
}

/** `label`, else `predicted_label`, else `predicted_label_2` … */
function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  let free = `predicted_${name}`;
  for (let count = 2; taken.includes(free); count++) free = `predicted_${name}_${count}`;
  return free;
}

/** Nothing is an empty cell; lists and objects are written as JSON. */
function cellText(cell: unknown): string {
  if (cell === undefined || cell === null) return "";
  return typeof cell === "object" ? (exactNumber(cell) ?? JSON.stringify(cell)) : String(cell);
}

/**
 * The format of an output: as asked for, else by the ending of its file, else JSON lines.
 *
 * @throws `cli/bad-option` for an ending that says nothing.
 */
export function predictionFormat(asked: string | undefined, file: string | undefined): PredictionFormat {
  if (asked !== undefined) return asked as PredictionFormat;
  if (file === undefined || /\.(jsonl|ndjson|json)$/i.test(file)) return "jsonl";
  if (/\.csv$/i.test(file)) return "csv";
  throw expectedGot("cli/bad-option", "--output_file", "a name that ends in .jsonl or .csv", file, "Or say it: --format csv.");
}
