import { escapeControls } from "../errors/index.ts";
import type { Progress } from "./progress.ts";
import { createProgress } from "./progress.ts";
import type { Sink } from "./sink.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

const CODES: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};
const STYLES = Object.keys(CODES) as Style[];
/**
 * What `style` puts around a text until that comes to the terminal: noncharacters of Unicode, drawn anew for each output, so that no
 * data can have them. So every escape sequence and every noncharacter that stands in a line beside them came with the data.
 */
const STRAY = /[\ufdd0-\ufdef]/g;
const FIRST_STYLE = 0xfde0;
const END = "\ufdef";

function styleMarks(): { mark(style: Style, text: string): string; onTerminal(text: string): string } {
  const drawn = crypto.getRandomValues(new Uint8Array(8));
  const nonce = Array.from(drawn, (byte) => String.fromCharCode(0xfdd0 + (byte % 16))).join("");
  const marked = new RegExp(`${nonce}([\ufde0-\ufdee])(.*?)${nonce}${END}`, "g");
  return {
    mark: (style, text) => nonce + String.fromCharCode(FIRST_STYLE + STYLES.indexOf(style)) + text + nonce + END,
    /** Styles as a terminal's codes, everything else without control characters but the line breaks between lines. */
    onTerminal: (text) =>
      escapeControls(text, "\n")
        .replace(marked, (_, mark: string, inner: string) => {
          const [on, off] = CODES[STYLES[mark.charCodeAt(0) - FIRST_STYLE]];
          return `\u001b[${on}m${inner.replace(STRAY, "\ufffd")}\u001b[${off}m`;
        })
        .replace(STRAY, "\ufffd"),
  };
}

/** Columns that every terminal has. */
export const PAGE_WIDTH = 80;

/** Everything a verb says goes through here: control characters of data never reach a terminal. */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether standard output is a terminal. */
  readonly interactive: boolean;
  /** Columns to lay tables out in: the terminal's, or 80. */
  readonly width: number;
  /** Lines for people: standard output, or standard error under `--json`. Line breaks of data are for who lays the lines out, see `columns`. */
  print(text?: string): void;
  /** The same for a sentence or a summary, on several lines where it is long. */
  say(text: string): void;
  /** One JSON line on standard output, under `--json` only. */
  record(value: unknown): void;
  /** A result that is data for other programs whatever the flags, e.g. JSONL predictions: one line on standard output. */
  data(line: string): void;
  /** Warnings and remarks, a line each: standard error. */
  note(text: string): void;
  /** The text in a style where the output shows colours, else the text as it is. */
  style(style: Style, text: string): string;
  /** A bar on a terminal, plain lines in a pipe; on standard error. `from` units were done by an earlier run. */
  progress(label: string, total: number, from?: number): Progress;
}

export interface OutputSettings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function createOutput({ stdout, stderr, env, json = false, verbose = false }: OutputSettings): Output {
  const people = json ? stderr : stdout;
  const coloured = showsColour(people, env);
  const { mark, onTerminal } = styleMarks();
  let bar: Progress | undefined;
  const write = (sink: Sink, text: string) => {
    bar?.clear();
    sink.write(`${text}\n`);
  };
  // programs get data as they are; a terminal reads no JSON, and obeys what stands in it
  const give = (text: string) => write(stdout, stdout.isTTY ? onTerminal(text) : text);
  return {
    json,
    verbose,
    interactive: stdout.isTTY === true,
    width: people.columns ?? PAGE_WIDTH,
    print: (text = "") => write(people, onTerminal(text)),
    say: (text) => write(people, onTerminal(folded(escapeControls(text)))),
    record: (value) => {
      if (json) give(JSON.stringify(value));
    },
    data: give,
    note: (text) => write(stderr, onTerminal(escapeControls(text))),
    style: (style, text) => (coloured ? mark(style, text) : text),
    progress: (label, total, from) => {
      bar = createProgress(stderr, label, total, { from });
      return bar;
    },
  };
}

/** https://no-color.org: any non-empty NO_COLOR turns colours off; FORCE_COLOR turns them on in a pipe. */
export function showsColour(sink: Sink, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return sink.isTTY === true && env.TERM !== "dumb";
}

/** Columns padded to their widest cell, two spaces apart; the last one is not padded. No cell breaks its line. */
export function columns(cells: readonly (readonly string[])[], indent = "  "): string {
  const rows = cells.map((row) => row.map((cell) => escapeControls(cell)));
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.slice(0, -1).entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) => (indent + row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join("  ")).trimEnd())
    .join("\n");
}

/**
 * A text in lines of at most 80 columns, broken at spaces or behind `|`; a longer word, such as a path, stays whole.
 *
 * @param indent - Before every line but the first.
 */
export function folded(text: string, indent = "  "): string {
  const lines = [""];
  for (const piece of text.split(/(?<=[ |])/)) {
    const line = lines[lines.length - 1];
    if (line.trim() === "" || widthOf((line + piece).trimEnd()) <= PAGE_WIDTH) lines[lines.length - 1] += piece;
    else if (piece.trim() !== "") lines.push(indent + piece);
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** Without the marks of styles. */
const widthOf = (text: string): number => text.replace(STRAY, "").length;

/** Names with what they mean beside them, on several lines where it is long; below where a name is wider than `widest`. */
export function entries(pairs: readonly (readonly [name: string, meaning: string])[], widest: number): string {
  const rows = pairs.map((pair) => pair.map((text) => escapeControls(text)));
  const width = Math.min(widest, Math.max(...rows.map(([name]) => name.length)));
  const indent = " ".repeat(width + 4);
  return rows
    .map(([name, meaning]) =>
      name.length <= width
        ? folded(`  ${name.padEnd(width)}  ${meaning}`, indent)
        : `${folded(`  ${name}`, "      ")}\n${folded(indent + meaning, indent)}`,
    )
    .join("\n");
}

/** A label of at most `longest` characters, on one line; of a longer one the end is left out. */
export function cut(label: string, longest: number): string {
  const shown = escapeControls(label);
  return shown.length > longest ? `${shown.slice(0, Math.max(0, longest - 1))}…` : shown;
}
