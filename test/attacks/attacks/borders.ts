import type { Attack } from "../attack.ts";

const BORDERS = ["src/cli/borders.test.ts", "nothing but its border writes to"] as const;
const HOSTILE = [
  "test/cli/hostile-labels.test.ts",
  "labels with escape sequences, line breaks, formulas and markup are harmless",
] as const;
const CARD = ["test/export/model-card.test.ts", "a model card"] as const;

/** Text of others that reaches a terminal, Markdown, a page or a spreadsheet as more than text. */
export const borders: readonly Attack[] = [
  {
    what: "a label, a note or a bar with escape sequences clears the terminal",
    file: "src/cli/output.ts",
    undo: ['      escapeControls(text, "\\n")\n        .replace(marked', "      text\n        .replace(marked"],
    test: ["src/cli/output.test.ts", "control characters of data never reach a terminal, whatever says them"],
  },
  {
    what: "a label with a line break forges a row of a table",
    file: "src/cli/output.ts",
    undo: ["const rows = cells.map((row) => row.map((cell) => escapeControls(cell)));", "const rows = cells;"],
    test: ["src/cli/output.test.ts", "control characters of data never reach a terminal, whatever says them"],
  },
  {
    what: "a label with escape sequences and line breaks stands raw in README.md",
    file: "src/errors/markdown.ts",
    undo: ['  `\\`${escapeControls(text)\n    .replace(/[`\\s]+/g, " ")\n    .trim()}\\``;', "  `\\`${text}\\``;"],
    test: [...HOSTILE, "in the model card"],
  },
  {
    what: "labels, names, options and metrics forge markup in README.md",
    file: "src/errors/markdown.ts",
    undo: ['escapeControls(text).replace(/[\\\\`*<|]|(?<=\\])\\(/g, "\\\\$&");', "escapeControls(text);"],
    test: [...CARD, "nothing of others forges markup: labels, names, options, metrics"],
  },
  {
    what: "a file name with a line break forges a row of a study's table in Markdown",
    file: "src/report/study/tables/paper-table.ts",
    undo: ["    markdown.plain(caption(results)),\n", "    caption(results),\n"],
    test: ["src/report/study/tables/paper-table.test.ts", "what a file is called forges neither a row nor markup"],
  },
  {
    what: "an option with a line break forges a row in TensorBoard",
    file: "src/trackers/tensorboard-node.ts",
    undo: ["`| ${markdown.cell(name)} | ${markdown.cell(value)} |`", "`| ${name} | ${value} |`"],
    test: ["src/trackers/tracking.test.ts", "an option with line breaks and bars is one row of TensorBoard's table"],
  },
  {
    what: "a label with markup runs in the report",
    file: "src/report/html.ts",
    undo: ["  return escapeText(String(value));", "  return String(value);"],
    test: [...HOSTILE, "in the report"],
  },
  {
    what: "control characters of data stand in a page",
    file: "src/report/html.ts",
    undo: ['escapeControls(text.replaceAll("\\r\\n", "\\n"), "\\n\\t").replace(', "text.replace("],
    test: ["src/report/study/report.test.ts", "the template tag shows control characters as escapes, as no page may have them"],
  },
  {
    what: "errors.csv carries a spreadsheet's formulas",
    file: "src/cli/verbs/error-tables.ts",
    undo: ["? `'${shown}` : shown;", "? shown : shown;"],
    test: [...HOSTILE, "in errors.csv"],
  },
  {
    what: "audit.csv carries a spreadsheet's formulas",
    file: "src/cli/verbs/audit/csv.ts",
    undo: ["import { spreadsheetRow } from", "import { csvRow as spreadsheetRow } from"],
    test: ["src/cli/verbs/audit/csv.test.ts", "what was found is no formula for a spreadsheet, whichever column it stands in"],
  },
  {
    what: "a cell of CSV sets the terminal's colours",
    file: "src/cli/verbs/error-tables.ts",
    undo: ['const shown = escapeControls(cell.replaceAll("\\r\\n", "\\n"), "\\n\\t");', "const shown = cell;"],
    test: [
      "src/cli/verbs/error-tables.test.ts",
      "a row for a spreadsheet has no control characters but tabs and line breaks in quotes",
    ],
  },
  {
    what: "other code writes to the terminal",
    file: "src/export/model-card.ts",
    undo: [
      "export function modelCard(parts: ModelCardParts): string {\n",
      "export function modelCard(parts: ModelCardParts): string {\n  console.log(parts.name);\n",
    ],
    test: [...BORDERS, "the streams of the process"],
  },
  {
    what: "other code writes a terminal's codes",
    file: "src/report/study/terminal-table.ts",
    undo: ['paint("bold", text)', "`\\u001b[1m${text}`"],
    test: [...BORDERS, "the codes of a terminal"],
  },
  {
    what: "other code writes markup without escapes",
    file: "src/report/study/page.ts",
    undo: ["html`${mapPatterns}<main>", "html`${raw(mapPatterns)}<main>"],
    test: [...BORDERS, "markup without escapes"],
  },
  {
    what: "other code writes tables of Markdown",
    file: "src/report/format.ts",
    undo: ["`${(100 * share).toFixed(digits)} %`;", "`| ${(100 * share).toFixed(digits)} % |`;"],
    test: [...BORDERS, "tables of Markdown"],
  },
  {
    what: "other code writes cells of CSV",
    file: "src/cli/study/exports.ts",
    undo: ["csvRow(keys), ...figures", 'keys.map(quoted).join(","), ...figures'],
    test: [...BORDERS, "cells of CSV"],
  },
];
