import { escapeControls, markdown } from "../../../errors/index.ts";
import type { ArmResult, OverSeeds, StudyResults } from "../../../studies/index.ts";
import { fixed, halfWidth, percent, points } from "../../format.ts";

const HEADINGS = [
  "arm",
  "effective sparsity",
  "accuracy",
  "difference, points",
  "95 % interval",
  "evaluation loss",
  "gap",
  "calibration error",
  "verdict",
] as const;

/** A cell of each heading, as plain text. */
function cells({ name, sparsity, accuracy, difference, evalLoss, gap, calibration, verdict }: ArmResult): string[] {
  const share = (value: OverSeeds): string => withHalf(percent(value.mean), halfWidth(value), (half) => (100 * half).toFixed(2));
  const loss = (value: OverSeeds): string => withHalf(fixed(value.mean), halfWidth(value), (half) => half.toFixed(3));
  return [
    name,
    percent(sparsity.effective, 1),
    share(accuracy),
    difference ? points(difference.mean) : "",
    difference ? `${points(difference.low)} to ${points(difference.high)}` : "",
    loss(evalLoss),
    loss(gap),
    percent(calibration.expectedCalibrationError),
    verdict.word,
  ];
}

const withHalf = (mean: string, half: number | null, format: (half: number) => string): string =>
  half === null ? mean : `${mean} ± ${format(half)}`;

const caption = ({ study, corpus, seeds, examples }: StudyResults): string =>
  `${study}: ${corpus}, ${seeds.length} paired seeds, ${examples.train} training and ${examples.reported} reported examples. ` +
  "± is half of the 95 % interval over seeds; the interval of the difference is for examples like these, corrected by Holm.";

/** A study's main figures as a table in Markdown. */
export function markdownTable(results: StudyResults): string {
  const row = (each: readonly string[]): string => `| ${each.map(markdown.cell).join(" | ")} |`;
  return [
    row(HEADINGS),
    `|${"---|".repeat(HEADINGS.length)}`,
    ...results.arms.map((arm) => row(cells(arm))),
    "",
    markdown.plain(caption(results)),
    "",
  ].join("\n");
}

/** The same in LaTeX; it needs the package booktabs. */
export function latexTable(results: StudyResults): string {
  const row = (each: readonly string[]): string => `${each.map(inLatex).join(" & ")} \\\\`;
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${inLatex(caption(results))}}`,
    `\\begin{tabular}{l${"r".repeat(HEADINGS.length - 2)}l}`,
    "\\toprule",
    row(HEADINGS),
    "\\midrule",
    ...results.arms.map((arm) => row(cells(arm))),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");
}

const LATEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "−": "$-$",
};

const inLatex = (text: string): string =>
  escapeControls(text).replace(/[\\{}$&#%_~^±−]/g, (character) => LATEX[character] ?? `\\${character}`);
