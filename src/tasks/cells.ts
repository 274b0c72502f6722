import { expectedGot, printedJson } from "../errors/index.ts";

/** Where a cell stands, for messages. */
export interface CellPlace {
  /** `file:line`. */
  readonly where: string;
  readonly column: string;
}

/** A cell as text: strings as they are, numbers and booleans printed, anything else empty. */
export function cellText(cell: unknown): string {
  if (typeof cell === "string") return cell;
  return typeof cell === "number" || typeof cell === "boolean" ? String(cell) : "";
}

/**
 * The text in a cell that must not be empty.
 *
 * @param what - What is expected there, e.g. `a label`.
 * @throws `data/broken-row` for an empty cell, and for one that holds no text.
 */
export function filledText(cell: unknown, { where, column }: CellPlace, what: string): string {
  const text = cellText(cell);
  if (text.trim() !== "") return text;
  const empty = cell === undefined || cell === null || cell === "";
  const got = empty ? "nothing" : cell instanceof Uint8Array ? "bytes" : (printedJson(cell) ?? "nothing").slice(0, 80);
  throw expectedGot("data/broken-row", where, `${what} in column "${column}"`, got, "Fill the cell, or remove the row.");
}

/**
 * Words of a cell: a list of strings, as JSONL and Parquet hold them.
 *
 * @throws `data/broken-row` for anything else, and for an empty list.
 */
export function wordsOf(cell: unknown, { where, column }: CellPlace): string[] {
  if (Array.isArray(cell) && cell.length > 0 && cell.every((word) => typeof word === "string" && word !== "")) return cell;
  const got = printedJson(cell)?.slice(0, 80) ?? "nothing";
  throw expectedGot(
    "data/broken-row",
    where,
    `a list of words in column "${column}"`,
    got,
    "Token classification reads JSONL and Parquet.",
  );
}

/**
 * Names in a cell that may hold several: a list; a JSON list written as text; or names with `|`, `;` or `,` between them.
 *
 * @example
 * namesOf("red|blue", place); // ["red", "blue"]
 * namesOf([], place); // []
 */
export function namesOf(cell: unknown, { where, column }: CellPlace): string[] {
  const list = Array.isArray(cell) ? cell : listInText(cellText(cell));
  const names = list.map((name) => (name === null ? "" : cellText(name).trim()));
  if (names.every((name) => name !== "")) return names;
  const got = printedJson(cell)?.slice(0, 80) ?? "nothing";
  throw expectedGot("data/broken-row", where, `labels in column "${column}"`, got, "Give each label a name.");
}

function listInText(text: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (trimmed.startsWith("[")) {
    try {
      const list: unknown = JSON.parse(trimmed);
      if (Array.isArray(list)) return list;
    } catch {
      // a label may begin with a bracket
    }
  }
  return trimmed.split(["|", ";", ","].find((separator) => trimmed.includes(separator)) ?? "|");
}

/**
 * The number in a cell.
 *
 * @throws `data/broken-row` for anything else, also for what is not finite.
 */
export function numberOf(cell: unknown, { where, column }: CellPlace): number {
  const text = cellText(cell).trim();
  const number = Number(text);
  if (text !== "" && Number.isFinite(number)) return number;
  const got = text === "" ? "nothing" : JSON.stringify(text.slice(0, 80));
  throw expectedGot("data/broken-row", where, `a number in column "${column}"`, got, "Mend the cell, or remove the row.");
}
