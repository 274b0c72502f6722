import { dense, offeredBlocks, visibility } from "../../attention/index.ts";
import {
  type DataInspection,
  type FileInspection,
  type FoldTroubles,
  type Leak,
  type LengthFacts,
  looksLikeNumbers,
  type Repeats,
  type WrittenLabel,
} from "../../data/index.ts";
import { oneLine } from "../../errors/index.ts";
import { taskOf, tasks } from "../../tasks/index.ts";

/** Columns that everything fits. */
export const WIDTH = 80;
/** Columns before what is said: a mark, and the name of the row. */
const INDENT = 13;
const LONGEST_NAME = 30;
const LONGEST_TEXT = 44;
/** More classes than this are not listed one by one. */
const LISTED = 8;
const LISTED_COLUMNS = 12;
/** A class that is seen less often can hardly be learned and tested. */
const LEAST_TIMES = 4;

/** A space that no line is broken at. */
const TIED = "\u00a0";

/** One thing that is said; `asks` marks what should be looked at. */
export interface InspectedRow {
  readonly name: string;
  readonly lines: readonly string[];
  readonly asks: boolean;
}

/**
 * Rows of the page for one file.
 *
 * @param at - Which of the inspected files.
 */
export function rowsOf({ files, leaks, advice }: DataInspection, at: number): InspectedRow[] {
  const file = files[at];
  const rows: InspectedRow[] = [];
  const add = (name: string, lines: readonly string[], asks = false): void => {
    if (lines.length > 0) rows.push({ name, lines, asks });
  };
  const { bad, classes, columnsError, numbers, repeats, spellings } = file;
  add("file", [`${fileText(file)} · ${count(file.rows, "row")}`], file.encodingGuessed);
  add("columns", columnLines(file));
  if (columnsError !== undefined) add("columns", [columnsError], true);
  const gaps = file.columns.filter(({ empty }) => empty > 0);
  const gapTexts = gaps.slice(0, LISTED_COLUMNS).map(({ name, empty }) => `${shown(name)} ${grouped(empty)}`);
  add("gaps", gaps.length > 0 ? [`empty cells: ${gapTexts.join(", ")}${more(gaps.length, LISTED_COLUMNS)}`] : []);
  if (bad.rows > 0) {
    const reasons = Object.entries(bad.reasons).map(([reason, rows]) => `${grouped(rows)} with ${reason}`);
    const first = bad.first.map(({ line, detail }) => `line ${line} (${oneLine(detail, LONGEST_TEXT)})`);
    add("bad rows", [`${reasons.join(", ")}`, `${first.join(", ")}${more(bad.rows, first.length)}`], true);
  }
  if (classes.length > 0) {
    const unbalanced = at === 0 && advice.classWeights !== undefined;
    const alone = at === 0 && classes.filter((one) => one.count > 0).length < 2;
    const rare = at === 0 && !alone ? classes.filter((one) => one.count > 0 && one.count < LEAST_TIMES) : [];
    add("classes", classLines(classes, { alone, unbalanced, rare }), alone || unbalanced || rare.length > 0);
  }
  if (numbers && (classes.length === 0 || looksLikeNumbers(file))) {
    const { least, median, most, different } = numbers;
    const range = `numbers from ${least} to ${most}, median ${median}, ${grouped(different)} different ones`;
    const scale = classes.length > 0 && advice.task !== undefined;
    add("labels", scale ? [range, `these labels look like numbers: --task ${advice.task}?`] : [range], scale);
  }
  if (spellings.length > 0) {
    const groups = spellings.slice(0, LISTED).map(spellingText);
    const several = spellings.some((group) => classesIn(group) > 1);
    add("spellings", [...groups, ...(spellings.length > LISTED ? [`and ${spellings.length - LISTED} more`] : [])], several);
  }
  if (file.lengths) add("lengths", lengthLines(file.lengths, file.rows), at === 0 && advice.maxLength !== undefined);
  if (file.lengths && at === 0) add("long", longLines(file, file.lengths, advice));
  if (repeats) for (const row of repeatRows(repeats)) add(row.name, row.lines, row.asks);
  if (file.folds) add("folds", foldLines(file.folds, file.rows), true);
  for (const leak of leaks) {
    const [first, second] = leak.files;
    if (second === at) add("leaks", leakLines(leak, files[first].name), leak.exact.rows + leak.near.rows > 0);
  }
  return rows;
}

/** A row, wrapped behind its name. */
export function rendered({ name, lines, asks }: InspectedRow): string[] {
  const wrapped = lines.flatMap((line) => wrap(line, WIDTH - INDENT));
  return wrapped.map(
    (line, at) => (at === 0 ? `${asks ? "!" : " "} ${name.padEnd(INDENT - 2)}` : " ".repeat(INDENT)) + line.replaceAll(TIED, " "),
  );
}

/** Lines of at most `width` characters, broken at spaces; a longer word is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").map((one) => oneLine(one, width))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const DELIMITERS: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

function fileText({ format, delimiter, encoding, encodingGuessed }: FileInspection): string {
  const cells = delimiter === undefined ? "" : ` with ${DELIMITERS[delimiter]} between cells`;
  const read = encoding === undefined ? "" : ` · ${encoding.replace("utf", "UTF")}${encodingGuessed ? " (guessed)" : ""}`;
  return `${format === "parquet" ? "Parquet" : format.toUpperCase()}${cells}${read}`;
}

function columnLines({ columns, taken, task }: FileInspection): string[] {
  const names = columns.map(({ name }) => name);
  if (!taken) return [`${names.slice(0, LISTED_COLUMNS).map(shown).join(", ")}${more(names.length, LISTED_COLUMNS)}`];
  const { text, pair, label } = taken;
  const others = names.filter((name) => ![text, pair, label].includes(name));
  const read = [`text=${shown(text)}`, ...(pair ? [`pair=${shown(pair)}`] : []), label ? `label=${shown(label)}` : "no label"];
  const kind = task === undefined ? [] : [`each label is ${tasks[task].summary}`];
  const left = others.slice(0, LISTED_COLUMNS).map(shown).join(", ");
  return [read.join(" "), ...kind, ...(left === "" ? [] : [`not read: ${left}${more(others.length, LISTED_COLUMNS)}`])];
}

function classLines(
  classes: readonly WrittenLabel[],
  given: { readonly alone: boolean; readonly unbalanced: boolean; readonly rare: readonly WrittenLabel[] },
): string[] {
  const { alone, unbalanced, rare } = given;
  const total = classes.reduce((sum, one) => sum + one.count, 0);
  const bySize = [...classes].sort((a, b) => b.count - a.count);
  const text = ({ label, count }: WrittenLabel): string => `${shown(label)} ${grouped(count)}${TIED}(${percent(count / total)})`;
  const listed =
    bySize.length <= LISTED ? bySize.map(text) : [...bySize.slice(0, 4).map(text), "…", ...bySize.slice(-3).map(text)];
  const lines = [`${count(classes.length, "class")}: ${listed.join(", ")}`];
  const [largest, smallest] = [bySize[0].count, bySize.at(-1)!.count];
  if (alone) lines.push("one class alone: nothing to tell apart");
  else if (unbalanced)
    lines.push(`the largest is ${Math.round(largest / smallest)} times the smallest: --class_weights balanced`);
  if (rare.length > 0) {
    const named = rare.slice(0, LISTED).map(({ label, count: times }) => `${shown(label)} ${times}`);
    lines.push(
      `seen fewer than ${LEAST_TIMES} times: ${named.join(", ")}${more(rare.length, LISTED)}; label more of them, merge them with another class, or leave them out`,
    );
  }
  return lines;
}

function lengthLines({ unit, texts, median, p90, p95, longest, cut }: LengthFacts, rows: number): string[] {
  const sample = texts < rows ? ` (of ${grouped(texts)} rows drawn at random)` : "";
  const lines = [`${unit}: median ${median}, 90 % within ${p90}, 95 % within ${p95}, longest ${grouped(longest)}${sample}`];
  if (cut.length === 0) return [...lines, "give --model for tokens, and what --max_seq_length would cut"];
  return [...lines, `--max_seq_length cuts: ${cut.map(({ limit, share }) => `${limit} ${percent(share)}`).join(", ")}`];
}

/** What training does with texts that are still cut, and what attention is faster over long ones. */
function longLines(
  { task, taken }: FileInspection,
  { cut }: LengthFacts,
  { maxLength = 0, longTexts }: DataInspection["advice"],
): string[] {
  const longest = cut.at(-1)?.limit ?? 0;
  const faster = maxLength >= longest ? offeredBlocks({ pattern: dense() }, { ...ANY_ENCODER, length: maxLength }) : undefined;
  const inWindows = taskOf({ task }).averagesWindows && taken?.pair === undefined;
  const all = inWindows ? "; --long_texts chunks reads all of them, in windows" : "";
  return [
    ...(longTexts === undefined ? [] : [`of longer ones start and end are read (--long_texts ${longTexts})${all}`]),
    ...(faster === undefined
      ? []
      : [
          `--attention '${faster.pattern}': over ${maxLength} tokens attention is expected to be ${faster.times.toFixed(1)} times as fast on a CPU`,
        ]),
  ];
}

/** What is gained does not depend on their number. */
const ANY_ENCODER = { layers: 1, heads: 1, onCpu: true, visibility: () => visibility() };

function repeatRows({ exact, near, conflicts }: Repeats): InspectedRow[] {
  const same = exact.examples.map(({ line, of }) => `line ${line} = line ${of}`);
  const like = near.examples.map(({ line, of }) => `line ${line} ~ line ${of}`);
  const texts = conflicts.examples.map(({ text, labels }) => {
    const said = labels.map(({ label, lines }) => `${shown(label)}${TIED}(line${TIED}${lines.join(", ")})`);
    return `"${oneLine(text.trim(), LONGEST_TEXT)}": ${said.join("; ")}`;
  });
  const conflicting = `${count(conflicts.texts, "text")} with different labels, in ${count(conflicts.rows, "row")}`;
  return [
    { name: "repeats", lines: [found(exact.rows, "repeat", "an earlier one", same)], asks: false },
    { name: "near", lines: [found(near.rows, "nearly repeat", "an earlier one", like)], asks: false },
    { name: "conflicts", lines: conflicts.texts > 0 ? [conflicting, ...texts] : ["none"], asks: conflicts.texts > 0 },
  ];
}

function foldLines({ classes, largest }: FoldTroubles, rows: number): string[] {
  const named = classes.slice(0, LISTED).map(({ label, rows }) => `${shown(label)} (${count(rows, "row")})`);
  const alike = `all rows of ${named.join(", ")}${more(classes.length, LISTED)} share text: a model that is tested on them in cross-validation is taught none`;
  return [
    ...(classes.length > 0 ? [alike] : []),
    ...(largest === undefined
      ? []
      : [`${grouped(largest)} of ${count(rows, "row")} share text and stay in one fold, larger than the others`]),
  ];
}

function leakLines({ exact, near }: Leak, first: string): string[] {
  const there = shown(first);
  const same = exact.examples.map(({ line, of }) => `line ${line} = line ${of}`);
  const like = near.examples.map(({ line, of }) => `line ${line} ~ line ${of}`);
  return [found(exact.rows, "stand", `in ${there} too`, same), found(near.rows, "nearly stand", `in ${there} too`, like)];
}

function found(rows: number, verb: string, rest: string, examples: readonly string[]): string {
  if (rows === 0) return `none ${verb}s ${rest}`;
  const listed = examples.map((one) => one.replaceAll(" ", TIED)).join(", ");
  return `${count(rows, "row")} ${verb}${rows === 1 ? "s" : ""} ${rest} (${listed}${rows > examples.length ? ", …" : ""})`;
}

/** Classes that spellings train as: spaces around a label do not count, case does. */
const classesIn = (group: readonly WrittenLabel[]): number => new Set(group.map(({ label }) => label.trim())).size;

function spellingText(group: readonly WrittenLabel[]): string {
  const classes = classesIn(group);
  const forms = group.map(({ label, count }) => `"${shown(label)}"${TIED}${grouped(count)}`).join(", ");
  return `${forms}: ${classes === 1 ? "one class all the same" : `they train as ${classes} classes`}`;
}

const shown = (name: string): string => oneLine(name, LONGEST_NAME);
const more = (all: number, listed: number): string => (all > listed ? `, and ${grouped(all - listed)} more` : "");
const grouped = (n: number): string => n.toLocaleString("en-US");
const count = (n: number, what: string): string => `${grouped(n)}${TIED}${what}${n === 1 ? "" : what.endsWith("s") ? "es" : "s"}`;

function percent(share: number): string {
  if (share > 0 && share < 0.001) return `<0.1${TIED}%`;
  return `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)}${TIED}%`;
}
