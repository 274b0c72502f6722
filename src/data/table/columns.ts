import { CrispError, expectedGot } from "../../errors/index.ts";
import { cellText } from "../../tasks/index.ts";
import type { Dataset, Table } from "../types.ts";

/** Which columns hold what, by position. */
export interface Columns {
  readonly text: number;
  /** -1 when there is one text an example. */
  readonly pair: number;
  /** -1 when the table has no labels. */
  readonly label: number;
  /** Tasks of pairs: left out when rows have no third text. */
  readonly negative?: number;
}

export interface ColumnOptions {
  /** Name of the column with the text, or with the first text of a pair. */
  readonly textColumn?: string;
  /** Name of the column with the second text; needs `textColumn`. */
  readonly pairColumn?: string;
  readonly labelColumn?: string;
  /** False for tables without labels. Default true. */
  readonly labelled?: boolean;
}

export const PAIR_NAMES: readonly (readonly [string, string])[] = [
  ["sentence1", "sentence2"],
  ["#1 string", "#2 string"],
  ["premise", "hypothesis"],
  ["question1", "question2"],
  ["question", "sentence"],
  ["question", "passage"],
  ["text1", "text2"],
  ["text_a", "text_b"],
  ["text", "text_pair"],
  ["text", "pair"],
  ["question", "context"],
  ["question", "answer"],
  ["query", "passage"],
  ["query", "document"],
];
/** Words that cells may hold too: they are names only beside the other one of their pair. */
const COMMON_WORDS: ReadonlySet<string> = new Set(["pair", "context", "answer", "query"]);
/** May be what a text is to be told as, so that it is a text only where another column is the label. */
const TEXT_OR_LABEL = "answer";
/** Names in order of trust: an earlier tier settles it before a later one is looked at. */
const TEXT_NAMES = [
  ["text", "sentence"],
  ["review", "content", "body", "message", "comment", "tweet", "utterance", "phrase", "document"],
  ["tokens", "words"],
];
const LABEL_NAMES = [
  ["label", "labels", "gold_label", "class", "quality"],
  ["category", "target", "sentiment", "intent", "topic", "team", "is_duplicate"],
  ["ner_tags", "tags", "pos_tags"],
  ["rating", "stars", "score"],
];
const KNOWN_NAMES: ReadonlySet<string> = new Set(
  [PAIR_NAMES, TEXT_NAMES, LABEL_NAMES].flat(2).filter((name) => !COMMON_WORDS.has(name)),
);

/** Content is judged on this many rows, so that a large file costs no more than a small one. */
const SAMPLE_ROWS = 5000;
/** A name of a column is short; a longer cell is data. */
const LONGEST_HEADER_CELL = 40;
/** Above this, few distinct values are no longer few. */
const MOST_CLASSES = 200;

const plain = (name: string): string => name.trim().toLowerCase();
const isNumber = (cell: string): boolean => cell.trim() !== "" && Number.isFinite(Number(cell));

/**
 * Whether the first row of a TSV or CSV file names the columns.
 *
 * Yes when one of its cells is a column name that Crisp knows (`text`, `label`, `sentence1`, …) or that the caller gave.
 * Otherwise yes unless a cell of it looks like data: it is empty, a number, longer than 40 characters, the same as another
 * cell of the row, or occurs again further down its own column. An empty first cell above row numbers is pandas' index.
 *
 * @example
 * looksLikeHeader([{ cells: ["gj04", "1", "", "Our friends won't buy this."] }, …]); // false: CoLA has no header
 */
export function looksLikeHeader(
  rows: readonly { readonly cells: readonly string[] }[],
  expectedColumns: readonly string[] = [],
): boolean {
  const first = rows[0].cells;
  if (first.some((cell) => KNOWN_NAMES.has(plain(cell)) || expectedColumns.some((name) => plain(name) === plain(cell))))
    return true;
  if (new Set(first.map(plain)).size < first.length) return false;
  const below = rows.slice(1, SAMPLE_ROWS);
  return first.every((cell, at) => {
    if (cell.trim() === "") return at === 0 && below.length > 0 && below.every(({ cells }) => /^\d+$/.test(cells[0] ?? ""));
    return !isNumber(cell) && cell.length <= LONGEST_HEADER_CELL && !below.some(({ cells }) => cells[at] === cell);
  });
}

interface ColumnFacts {
  readonly at: number;
  /** Mean characters a cell. */
  readonly length: number;
  readonly distinct: ReadonlySet<string>;
  readonly complete: boolean;
  readonly numeric: boolean;
}

function lookAt(table: Table, at: number): ColumnFacts {
  const cells = table.rows.slice(0, SAMPLE_ROWS).map(({ cells }) => cellText(cells[at]));
  return {
    at,
    length: cells.reduce((sum, cell) => sum + cell.length, 0) / cells.length,
    distinct: new Set(cells),
    complete: cells.every((cell) => cell.trim() !== ""),
    numeric: cells.every(isNumber),
  };
}

const isClassIndex = (values: ReadonlySet<string>): boolean => [...values.keys()].every((_, index) => values.has(String(index)));

/**
 * Decide which columns hold the text, the second text of a pair, and the label.
 *
 * Named columns are taken at their word. Otherwise by name (`sentence1` + `sentence2`, `text` + `pair`, `text`, `sentence`, `label`,
 * `Quality`, …), and where no name is known, by content: the text is the longest column, and must be twice as long as the
 * next; the label is the column with few distinct values (at most 200 and at most half the rows, none missing), and where
 * several have few, the one whose values are exactly 0, 1, …, C - 1. Pairs are never guessed by content.
 *
 * @param table - From `parseTable`.
 * @param options - Names the caller gave.
 * @returns Positions in `table.columns`.
 * @throws `data/columns`, listing the columns, when a named one is missing or the guess is ambiguous.
 * @example
 * chooseColumns(parseTable("id,body,team\n7,Where is my refund?,billing\n", "tickets.csv")); // { text: 1, pair: -1, label: 2 }
 */
export function chooseColumns(table: Table, options: ColumnOptions = {}): Columns {
  const { labelled = true } = options;
  const names = table.columns.map(plain);
  const refuse = (expected: string, got: string, hint: string): CrispError =>
    expectedGot("data/columns", table.name, expected, `${got}; columns: ${table.columns.join(", ")}`, hint);
  const named = (name: string): number => {
    const exact = table.columns.indexOf(name);
    const at = exact >= 0 ? exact : names.indexOf(plain(name));
    if (at < 0) throw refuse(`a column "${name}"`, "none of that name", "Check its spelling.");
    return at;
  };
  if (options.pairColumn !== undefined && options.textColumn === undefined) {
    throw refuse("textColumn beside pairColumn", "pairColumn alone", "Name both columns of the pair.");
  }

  let text = options.textColumn === undefined ? -1 : named(options.textColumn);
  let pair = options.pairColumn === undefined ? -1 : named(options.pairColumn);
  let label = labelled && options.labelColumn !== undefined ? named(options.labelColumn) : -1;

  const onlyOne = (what: string, option: string, candidates: readonly number[]): number => {
    if (candidates.length === 1) return candidates[0];
    const got = candidates.length === 0 ? "none to guess" : candidates.map((at) => `"${table.columns[at]}"`).join(" or ");
    throw refuse(`one column that must be the ${what}`, got, `Name it with ${option}.`);
  };
  const byName = (tiers: readonly (readonly string[])[], taken: readonly number[]): readonly number[] => {
    for (const tier of tiers) {
      const found = names.flatMap((name, at) => (tier.includes(name) && !taken.includes(at) ? [at] : []));
      if (found.length > 0) return found;
    }
    return [];
  };

  if (text < 0) {
    const hasLabel = !labelled || label >= 0 || byName(LABEL_NAMES, []).length > 0;
    const isText = (name: string): boolean =>
      names.includes(name) && names.indexOf(name) !== label && (hasLabel || name !== TEXT_OR_LABEL);
    const known = PAIR_NAMES.find((pairNames) => pairNames.every(isText));
    if (known) [text, pair] = known.map((name) => names.indexOf(name));
  }
  if (text < 0) {
    const found = byName(TEXT_NAMES, [label]);
    if (found.length > 0) text = onlyOne("text", "textColumn", found);
  }
  if (labelled && label < 0) {
    const found = byName(LABEL_NAMES, [text, pair]);
    if (found.length > 0) label = onlyOne("label", "labelColumn", found);
  }
  if (text >= 0 && (label >= 0 || !labelled)) return { text, pair, label };

  const facts = table.columns.map((_, at) => lookAt(table, at)).filter(({ at }) => ![text, pair, label].includes(at));
  const mostDistinct = Math.min(MOST_CLASSES, Math.max(2, Math.min(table.rows.length, SAMPLE_ROWS) / 2));
  const couldBeLabel = ({ complete, distinct }: ColumnFacts): boolean =>
    complete && distinct.size >= 2 && distinct.size <= mostDistinct;
  if (text < 0) {
    const byLength = facts.filter(({ numeric }) => !numeric).sort((a, b) => b.length - a.length);
    const rivals = byLength.filter((fact, rank) => rank === 0 || (fact.length * 2 > byLength[0].length && !couldBeLabel(fact)));
    text = onlyOne(
      "text",
      "textColumn",
      rivals.map(({ at }) => at).sort((a, b) => a - b),
    );
  }
  if (labelled && label < 0) {
    const few = facts.filter((fact) => fact.at !== text && couldBeLabel(fact));
    const indices = few.filter(({ distinct }) => isClassIndex(distinct));
    label = onlyOne(
      "label",
      "labelColumn",
      (few.length > 1 && indices.length === 1 ? indices : few).map(({ at }) => at),
    );
  }
  return { text, pair, label };
}

type NamedColumns = Pick<ColumnOptions, "textColumn" | "pairColumn" | "labelColumn">;

/**
 * Read a file by the columns that were named, else by those of the training file, else, where it lacks them, by guessing, which is
 * said. Guessed by itself, a file of the same columns may be read by others of them.
 *
 * @param named - By the caller; what is not named is as in the training file.
 * @param trained - Of the training file, where it has some.
 * @param onNote - Told that columns were guessed, and why.
 * @param read - Reads the file; `data/columns` says that a column is missing.
 */
export async function readAsTrained<Read>(
  named: NamedColumns,
  trained: Dataset["columns"],
  onNote: ((text: string) => void) | undefined,
  read: (columns: NamedColumns) => Promise<Read>,
): Promise<Read> {
  if (!trained) return read(named);
  const { textColumn, pairColumn, labelColumn = trained.label } = named;
  const texts = textColumn === undefined ? { textColumn: trained.text, pairColumn: trained.pair } : { textColumn, pairColumn };
  try {
    return await read({ ...texts, labelColumn });
  } catch (error) {
    if (!(error instanceof CrispError && error.code === "data/columns")) throw error;
    const say = (): void => onNote?.(`columns were guessed: ${error.message}`);
    const guessed = await read(named).catch((other: Error) => {
      // labels that nobody knows may come of the guess
      if (other.message !== error.message) say();
      throw other;
    });
    say();
    return guessed;
  }
}
