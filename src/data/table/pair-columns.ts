import { expectedGot } from "../../errors/index.ts";
import type { Table } from "../types.ts";
import { type ColumnOptions, type Columns, chooseColumns, PAIR_NAMES } from "./columns.ts";

/** What the two texts are called where they belong together; sentence-transformers' names among them. */
const FIRST_NAMES = ["anchor", "query", "question", "sentence1", "sentence", "text"];
const SECOND_NAMES = ["positive", "sentence2"];
const NEGATIVE_NAME = "negative";

/**
 * Decide which columns hold texts that belong together: two, and perhaps a third, `negative`, that does not belong to them.
 *
 * Named columns are taken at their word; otherwise the two are known by their names, such as `anchor` and `positive`.
 *
 * @throws `data/columns` where there are not two of them.
 */
export function choosePairColumns(table: Table, options: Pick<ColumnOptions, "textColumn" | "pairColumn">): Columns {
  const names = table.columns.map((name) => name.trim().toLowerCase());
  const known = [...SECOND_NAMES.flatMap((second) => FIRST_NAMES.map((first) => [first, second] as const)), ...PAIR_NAMES];
  const guessed = known.find((pair) => pair.every((name) => names.includes(name)));
  const [textColumn, pairColumn] = options.textColumn === undefined ? (guessed ?? []) : [options.textColumn, options.pairColumn];
  if (textColumn === undefined || pairColumn === undefined) {
    const rule = "two columns of texts that belong together, such as anchor and positive";
    const hint = "Name both of them, the first with textColumn.";
    throw expectedGot("data/columns", table.name, rule, `columns: ${table.columns.join(", ")}`, hint);
  }
  const columns = chooseColumns(table, { textColumn, pairColumn, labelled: false });
  const negative = names.indexOf(NEGATIVE_NAME);
  return { ...columns, ...(negative >= 0 && { negative }) };
}
