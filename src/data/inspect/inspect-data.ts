import { cellText, labelledTasks, type TaskName, taskOf } from "../../tasks/index.ts";
import { type ClassInOne, classesInOne, largestPart } from "../groups/classes-in-one.ts";
import { groupsForFolds } from "../groups/text-groups.ts";
import type { BadRowReason } from "../table/bad-rows.ts";
import { labelsOf } from "../table/labels-of.ts";
import { countLabels } from "../table/summary.ts";
import type { LongTexts } from "../tokenize/long-texts.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { Dataset } from "../types.ts";
import { labelSpellings, type WrittenLabel } from "./label-spellings.ts";
import { type LengthFacts, measureLengths } from "./lengths.ts";
import type { ReadTable } from "./read-table.ts";
import { findLeak, findRepeats, type IndexedFile, type Leak, MOST_SKETCHES, type Repeats } from "./repeats.ts";

/** Labels that are numbers with more different values than this are hardly classes. */
const MOST_NUMBERED_CLASSES = 20;
/** Fewer, where some are no whole numbers. */
const MOST_FRACTION_CLASSES = 5;
/** The largest class is so many times the smallest where weights are worth a try. */
const UNBALANCED = 10;
/** A limit that cuts more of the texts than this asks for a longer one. */
const MOST_CUT = 0.05;

/** What one file holds. */
export interface FileInspection
  extends Pick<ReadTable, "name" | "format" | "delimiter" | "encoding" | "encodingGuessed" | "columnsError"> {
  /** Rows that can be read. */
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly empty: number }[];
  /** Columns that are taken; absent where they cannot be told. */
  readonly taken?: Dataset["columns"];
  readonly task?: TaskName;
  readonly bad: {
    readonly rows: number;
    readonly reasons: Readonly<Partial<Record<BadRowReason, number>>>;
    readonly first: readonly { readonly line: number; readonly detail: string }[];
  };
  /** In class order; none in a regression. */
  readonly classes: readonly WrittenLabel[];
  /** Labels as numbers, where all of them are. */
  readonly numbers?: { readonly different: number; readonly least: number; readonly median: number; readonly most: number };
  /** Labels in several spellings, by case or spaces; those that train as one class among them. */
  readonly spellings: readonly (readonly WrittenLabel[])[];
  readonly repeats?: Repeats;
  /** What cross-validation is troubled by; in the file that trains, where rows have one class each. */
  readonly folds?: FoldTroubles;
  readonly lengths?: LengthFacts;
}

/** What keeps folds from being alike whose rows stay together where they share text. */
export interface FoldTroubles {
  /** Classes of which all rows share text. */
  readonly classes: readonly ClassInOne[];
  /** Rows of the largest group that shares text, where its fold is half as large again as an even one. */
  readonly largest?: number;
}

/** Options of a training that the findings ask for. */
export interface TrainingAdvice {
  readonly encoding?: ReadTable["encoding"];
  readonly skipBadRows?: true;
  readonly task?: TaskName;
  readonly classWeights?: "balanced";
  /** Tokens. */
  readonly maxLength?: number;
  /** Where that, or the usual length, still cuts many. */
  readonly longTexts?: LongTexts;
}

export interface DataInspection {
  /** Training first, then what it is evaluated on. */
  readonly files: readonly FileInspection[];
  readonly leaks: readonly Leak[];
  readonly advice: TrainingAdvice;
}

/**
 * What one should know of data before training, and what to do about it.
 *
 * @param files - Training first, then what is evaluated, if it is there.
 * @param options.tokenizer - Of the model, with a `maxLength` that cuts nothing; left out, lengths are in words.
 * @param options.maxLength - Tokens a text that training takes unless told otherwise; default 128.
 * @example
 * inspectData([await readForInspection(bytes, "tickets.csv")]).files[0].repeats?.conflicts.texts;
 */
export function inspectData(
  files: readonly ReadTable[],
  { tokenizer, maxLength = 128 }: { readonly tokenizer?: Tokenizer; readonly maxLength?: number } = {},
): DataInspection {
  const indexed: IndexedFile[] = [];
  const inspected = files.map((file, at): FileInspection => {
    const { name, format, delimiter, encoding, encodingGuessed, columnsError, table, bad, read } = file;
    const facts = {
      ...{ name, format, delimiter, encoding, encodingGuessed, columnsError },
      rows: read?.dataset.examples.length ?? table.rows.length,
      columns: table.columns.map((column, at) => ({ name: column, empty: emptyCells(file, at) })),
      bad: {
        rows: bad.count,
        reasons: Object.fromEntries(bad.counts),
        first: bad.first.map(({ line, detail }) => ({ line, detail })),
      },
    };
    if (!read || read.dataset.examples.length === 0) return { ...facts, classes: [], spellings: [] };
    const { dataset } = read;
    const { repeats, index } = findRepeats(read);
    indexed.push({ ...read, file: at, index });
    const counts = countLabels(dataset);
    const classes = counts.map((count, at) => ({ label: dataset.labels[at], count }));
    return {
      ...facts,
      taken: dataset.columns,
      task: dataset.task,
      classes,
      numbers: numbersOf(dataset),
      spellings: labelSpellings(writtenLabels(file) ?? classes),
      repeats,
      ...(at === 0 && { folds: foldTroubles(dataset) }),
      lengths: measureLengths(dataset, tokenizer),
    };
  });
  const leaks = indexed.flatMap((first, at) => indexed.slice(at + 1).map((second) => findLeak(first, second)));
  return { files: inspected, leaks, advice: adviceFor(inspected, maxLength) };
}

/**
 * The classes that other files may have: those of the training file, unless they look like numbers on a scale.
 *
 * @example
 * await readForInspection(bytes, "dev.tsv", { labels: classesOf(train) }); // other labels are bad rows
 */
export function classesOf({ read }: ReadTable): readonly string[] | undefined {
  if (!read) return undefined;
  const { dataset } = read;
  const classes = dataset.labels.map((label) => ({ label, count: 0 }));
  return looksLikeNumbers({ numbers: numbersOf(dataset), classes }) ? undefined : dataset.labels;
}

/** As many as a recipe takes, where the time budget has room. */
const FOLDS = 5;

function foldTroubles(dataset: Dataset): FoldTroubles | undefined {
  const { examples } = dataset;
  if (!taskOf(dataset).hasOneClass || examples.length > MOST_SKETCHES) return undefined;
  const counts = countLabels(dataset).filter((count) => count > 0);
  const folds = Math.min(FOLDS, ...counts);
  if (counts.length < 2 || folds < 2) return undefined;
  const groups = groupsForFolds(examples, folds);
  const largest = largestPart(groups);
  // the other rows are dealt out evenly: (n − g) / k + g ≥ 1.5 · n / k
  const uneven = largest > 1 && 2 * largest * (folds - 1) >= examples.length;
  const classes = classesInOne(dataset, groups);
  return classes.length === 0 && !uneven ? undefined : { classes, ...(uneven && { largest }) };
}

const emptyCells = ({ table }: ReadTable, at: number): number =>
  table.rows.filter(({ cells }) => {
    const cell = cells[at];
    return cell === undefined || cell === null || (typeof cell === "string" && cell.trim() === "");
  }).length;

/** Labels as the cells have them, where each cell is one label. */
function writtenLabels({ read, table }: ReadTable): WrittenLabel[] | undefined {
  const { dataset } = read!;
  const at = table.columns.indexOf(dataset.columns?.label ?? "");
  if (at < 0 || !taskOf(dataset).hasOneClass) return undefined;
  const counts = new Map<string, number>();
  for (const { cells } of table.rows) {
    const label = cellText(cells[at]);
    if (label.trim() !== "") counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return Array.from(counts, ([label, count]) => ({ label, count }));
}

function numbersOf(dataset: Dataset): FileInspection["numbers"] {
  const { areClasses, has } = labelsOf(dataset.task);
  if (areClasses && !(taskOf(dataset).hasOneClass && dataset.labels.every((label) => Number.isFinite(Number(label)))))
    return undefined;
  const numbers = dataset.examples.filter(has).map(({ label }) => (areClasses ? Number(dataset.labels[label]) : label));
  if (numbers.length === 0) return undefined;
  const sorted = Float64Array.from(numbers).sort();
  const [least, median, most] = [0, sorted.length >> 1, sorted.length - 1].map((at) => sorted[at]);
  return { different: new Set(numbers).size, least, median, most };
}

/** The task whose labels are numbers. */
const ofNumbers = labelledTasks.find((name) => !labelsOf(name).areClasses && !labelsOf(name).ofPairs);

/** Classes that look like numbers on a scale. */
export function looksLikeNumbers({ numbers, classes }: Pick<FileInspection, "numbers" | "classes">): boolean {
  if (!numbers || classes.length === 0) return false;
  const whole = classes.every(({ label }) => Number.isInteger(Number(label)));
  return numbers.different > (whole ? MOST_NUMBERED_CLASSES : MOST_FRACTION_CLASSES);
}

function adviceFor(files: readonly FileInspection[], maxLength: number): TrainingAdvice {
  const [train] = files;
  const encodings = new Set(files.flatMap(({ encoding }) => encoding ?? []));
  const [encoding] = encodings;
  const counts = train.classes.map(({ count }) => count);
  const numbers = looksLikeNumbers(train);
  const { balancedWeights, ofWords } = labelsOf(train.task);
  const unbalanced =
    balancedWeights !== undefined && Math.min(...counts) > 0 && Math.max(...counts) >= UNBALANCED * Math.min(...counts);
  const cuts = train.lengths?.cut ?? [];
  const cutAt = (limit: number): number => cuts.find((one) => one.limit === limit)?.share ?? 0;
  const longer =
    cutAt(maxLength) > MOST_CUT
      ? (cuts.find(({ limit, share }) => limit > maxLength && share <= MOST_CUT) ?? cuts.at(-1))
      : undefined;
  return {
    // One option is for all files.
    ...(encodings.size === 1 && encoding === "windows-1252" && { encoding }),
    ...(files.some(({ bad }) => bad.rows > 0) && { skipBadRows: true as const }),
    ...(numbers ? { task: ofNumbers } : unbalanced && counts.length > 1 && { classWeights: "balanced" as const }),
    ...(longer && longer.limit > maxLength && { maxLength: longer.limit }),
    ...(cutAt(Math.max(maxLength, longer?.limit ?? 0)) > MOST_CUT && !ofWords && { longTexts: "head_tail" as const }),
  };
}
