import { escapeControls } from "./printed.ts";

/**
 * Where data enter Markdown, e.g. a model card: labels, file names and options are texts of others, and must neither end a line, a cell or
 * a code span, nor be markup.
 */

/** In a paragraph or a heading. */
export const plain = (text: string): string => escapeControls(text).replace(/[\\`*<|]|(?<=\])\(/g, "\\$&");

/** In a cell of a table; objects as JSON. */
export const cell = (value: unknown): string => plain(typeof value === "object" ? (JSON.stringify(value) ?? "") : String(value));

/** Between backticks. */
export const code = (text: string): string =>
  `\`${escapeControls(text)
    .replace(/[`\s]+/g, " ")
    .trim()}\``;

/** A string of YAML, JavaScript or Python, quotes included. */
export const quoted = (text: string): string => escapeControls(JSON.stringify(text));
