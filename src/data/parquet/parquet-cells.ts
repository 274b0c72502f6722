import { expectedGot } from "../../errors/index.ts";

/** A column's description in the Hub's metadata; which keys it has depends on the version that wrote it. */
type Feature = { readonly _type?: string; readonly names?: unknown; readonly feature?: Feature } | readonly Feature[];

function namesOf(feature: Feature | undefined): readonly string[] | undefined {
  if (typeof feature !== "object" || feature === null) return undefined;
  if (Array.isArray(feature)) return namesOf(feature[0]);
  const { _type, names, feature: inner } = feature as Exclude<Feature, readonly Feature[]>;
  if (_type === "ClassLabel") {
    const known = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string" && name !== "");
    return known ? (names as string[]) : undefined;
  }
  return namesOf(inner);
}

/**
 * Class names of each ClassLabel column, and of each list of them, in the metadata that the Hub's `datasets` writes.
 *
 * Metadata that cannot be read say nothing: the numbers in the file remain.
 *
 * @param json - Value of the file's key `huggingface`, if it has one.
 */
export function classNamesOf(json: string | undefined): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  let features: unknown;
  try {
    features = (JSON.parse(json ?? "{}") as { info?: { features?: unknown } } | null)?.info?.features;
  } catch {
    return found;
  }
  if (typeof features !== "object" || features === null) return found;
  for (const [column, feature] of Object.entries(features)) {
    const names = namesOf(feature as Feature);
    if (names) found.set(column, names);
  }
  return found;
}

/** A class's name by its number; -1 is a label that is kept secret, such as those of GLUE's test splits. */
function className(cell: number, names: readonly string[], where: () => readonly [string, string]): string | null {
  if (cell === -1) return null;
  if (names[cell] !== undefined) return names[cell];
  const [place, column] = where();
  throw expectedGot(
    "data/broken-row",
    place,
    `a class from 0 to ${names.length - 1} in column "${column}"`,
    cell,
    "Write the file again with all its class names.",
  );
}

/**
 * A cell of a Parquet file as plain JavaScript: see `parquetTable`.
 *
 * @param cell - As hyparquet gives it.
 * @param names - Names of the classes, where whole numbers in the column are classes.
 * @param where - File and row, and column, for messages.
 */
export function plainCell(cell: unknown, names: readonly string[] | undefined, where: () => readonly [string, string]): unknown {
  if (typeof cell === "string" || cell === null) return cell;
  if (typeof cell === "bigint") {
    const number = Number(cell);
    if (!Number.isSafeInteger(number)) return String(cell);
    return names ? className(number, names, where) : number;
  }
  if (typeof cell === "number") return names && Number.isInteger(cell) ? className(cell, names, where) : cell;
  if (typeof cell !== "object") return cell ?? null;
  if (cell instanceof Uint8Array) return cell;
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
  if (ArrayBuffer.isView(cell)) return Array.from(cell as unknown as ArrayLike<unknown>, (one) => plainCell(one, names, where));
  if (Array.isArray(cell)) return cell.map((one) => plainCell(one, names, where));
  return Object.fromEntries(Object.entries(cell).map(([key, one]) => [key, plainCell(one, names, where)]));
}
