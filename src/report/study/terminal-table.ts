import { escapeControls } from "../../errors/index.ts";
import type { ArmResult, FurtherTests, StudyResults, VerdictWord } from "../../studies/index.ts";
import { duration, fixed, halfWidth, percent, points, pValue } from "../format.ts";
import { headline, SIGNS } from "./verdicts.ts";

export type TableStyle = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface TableOptions {
  /** Puts a text in a style, where the terminal shows any; default none. */
  readonly paint?: (style: TableStyle, text: string) => string;
  /** Columns of the terminal; default 80. Columns are left out, the least telling first, until the table fits. */
  readonly width?: number;
}

interface Column {
  readonly title: string;
  /** Columns with the highest rank go first when space is short; 0 always stays. */
  readonly rank: number;
  readonly right?: boolean;
  readonly cell: (c: ArmResult) => string;
  readonly paint?: (c: ArmResult) => TableStyle;
}

const COLOURS: Readonly<Record<VerdictWord, TableStyle>> = {
  supported: "green",
  contradicted: "red",
  "no difference": "cyan",
  undecided: "yellow",
  baseline: "dim",
  "no verdict": "dim",
};

const columns: readonly Column[] = [
  { title: "arm", rank: 0, cell: (c) => escapeControls(c.name) },
  { title: "sparsity", rank: 2, right: true, cell: (c) => percent(c.sparsity.effective, 0) },
  { title: "accuracy", rank: 0, right: true, cell: (c) => plusMinus(percent(c.accuracy.mean), halfWidth(c.accuracy), 100, 2) },
  { title: "off", rank: 5, right: true, cell: (c) => (c.sparsity.nominal === 0 ? "" : percent(c.denseEvaluation.accuracy.mean)) },
  { title: "eval loss", rank: 3, right: true, cell: (c) => plusMinus(fixed(c.evalLoss.mean), halfWidth(c.evalLoss), 1, 3) },
  { title: "gap", rank: 4, right: true, cell: (c) => fixed(c.gap.mean) },
  { title: "time", rank: 6, right: true, cell: (c) => duration(c.seconds.mean) },
  {
    title: "difference",
    rank: 1,
    right: true,
    cell: (c) => (c.difference ? `${points(c.difference.mean)} [${points(c.difference.low)}, ${points(c.difference.high)}]` : ""),
  },
  { title: "verdict", rank: 0, cell: (c) => `${SIGNS[c.verdict.word]} ${c.verdict.word}`, paint: (c) => COLOURS[c.verdict.word] },
];

/** With fewer seeds these tests can say nothing: the least p-value of a permutation test of four is 0.125. */
const FEWEST_TESTED_SEEDS = 5;

const tested = (cell: (tests: FurtherTests) => string): Column["cell"] => {
  return ({ furtherTests }) => (furtherTests ? cell(furtherTests) : "");
};

const testColumns: readonly Column[] = [
  { title: "arm", rank: 0, cell: (c) => escapeControls(c.name) },
  { title: "permutation p", rank: 1, right: true, cell: tested(({ permutation: { p } }) => pValue(p)) },
  { title: "McNemar p", rank: 2, right: true, cell: tested(({ mcNemar: { p } }) => pValue(p)) },
  {
    title: "order ε (≤)",
    rank: 3,
    right: true,
    cell: tested(({ stochasticOrder: { violation, bound } }) => `${fixed(violation, 2)} (${fixed(bound, 2)})`),
  },
  { title: "equivalence p", rank: 0, right: true, cell: tested(({ equivalence: { p } }) => pValue(p)) },
];

/**
 * The study as an aligned table with its verdict sentences, for a terminal; from five seeds on, the further tests below.
 *
 *
 * @param results - One study.
 * @param options - Colours and width in columns.
 * @returns Lines, each at most `width` columns wide where the columns that always stay allow it; ends in a newline.
 * @example renderTable(results, { width: 80 }).split("\n")
 */
export function renderTable(results: StudyResults, { paint = (_, text) => text, width = 80 }: TableOptions = {}): string {
  const sentences = results.arms
    .filter((c) => c.name !== results.baseline)
    .flatMap((c) => wrap(escapeControls(`${SIGNS[c.verdict.word]} ${c.verdict.sentence}`), width, "  "));
  return `${[
    ...wrap(escapeControls(headline(results)), width).map((text) => paint("bold", text)),
    "",
    ...aligned(columns, results.arms, { paint, width }),
    "",
    ...sentences,
    ...furtherTestLines(results, { paint, width }),
  ].join("\n")}\n`;
}

/** What other papers test by, an arm a line. */
function furtherTestLines({ arms, seeds }: StudyResults, options: Required<TableOptions>): string[] {
  const judged = arms.filter(({ furtherTests }) => furtherTests !== undefined);
  if (judged.length === 0 || seeds.length < FEWEST_TESTED_SEEDS) return [];
  const title = "further tests, exploratory, each p uncorrected (all are in report.html)";
  return ["", ...wrap(title, options.width, "  "), ...aligned(testColumns, judged, options)];
}

/** A head and a row an arm. */
function aligned(columns: readonly Column[], arms: readonly ArmResult[], { paint, width }: Required<TableOptions>): string[] {
  let shown = [...columns];
  let widths = shown.map((column) => columnWidth(column, arms));
  while (widths.reduce((sum, w) => sum + w + 2, -2) > width && shown.some((column) => column.rank > 0)) {
    const least = Math.max(...shown.map((column) => column.rank));
    shown = shown.filter((column) => column.rank < least);
    widths = shown.map((column) => columnWidth(column, arms));
  }
  const line = (cell: (column: Column) => string, styleOf: (column: Column) => TableStyle | undefined) =>
    shown
      .map((column, i) => {
        const text = cell(column);
        const style = styleOf(column);
        const padded = column.right ? text.padStart(widths[i]) : text.padEnd(widths[i]);
        return style && text !== "" ? paint(style, padded) : padded;
      })
      .join("  ")
      .trimEnd();
  const head = line(
    (c) => c.title,
    () => "dim",
  );
  const rows = arms.map((c) =>
    line(
      (column) => column.cell(c),
      (column) => column.paint?.(c),
    ),
  );
  return [head, ...rows];
}

const columnWidth = (column: Column, arms: readonly ArmResult[]): number =>
  Math.max(column.title.length, ...arms.map((c) => column.cell(c).length));

const plusMinus = (text: string, half: number | null, scale: number, digits: number): string =>
  half === null ? text : `${text} ± ${(scale * half).toFixed(digits)}`;

/** Break at spaces so that no line exceeds the width, words permitting. */
function wrap(text: string, width: number, indent = ""): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
