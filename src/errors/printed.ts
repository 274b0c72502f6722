/** Most characters of a value, of any part, and of a whole message. */
const LONGEST = { value: 400, rule: 600, message: 1800 } as const;

/** Control characters, other line ends, and what turns the direction of the text behind it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text of a file as a terminal, a table or a page may show it: control characters and line breaks are written as escapes.
 *
 * @param kept - Characters that stay, of those; default none.
 * @example
 * escapeControls("neg\n\u001b[2J"); // "neg\\n\\u001b[2J"
 */
export const escapeControls = (text: string, kept = ""): string =>
  text.replace(CONTROL, (char) =>
    kept.includes(char) ? char : (NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );

/**
 * Text on one line: line breaks and control characters are written as escapes, so that what a file holds cannot forge lines or colours
 * on a terminal. The middle of a long text is left out.
 *
 * @param text - Any text.
 * @param most - Characters that it may have.
 */
export function oneLine(text: string, most: number = LONGEST.message): string {
  const start = Math.ceil(most * 0.7);
  const short = text.length <= most ? text : `${text.slice(0, start)} … ${text.slice(start + 3 - most)}`;
  const escaped = escapeControls(short);
  return escaped.length <= most ? escaped : `${escaped.slice(0, most - 1)}…`;
}

/** A rule or a place of a message, shortened where a file has very long names. */
export const printedRule = (text: string): string => oneLine(text, LONGEST.rule);

/** A value for people: `[2, 12, 128, 64]`, `null`, `a value that cannot be printed`; cut where it is long. */
export function printed(value: unknown): string {
  let text: string;
  try {
    text = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
  } catch {
    // objects of a file may have a toString of their own, and lists may nest deeper than the stack
    text = "a value that cannot be printed";
  }
  return oneLine(text, LONGEST.value);
}

/**
 * A value of a file as JSON, for messages.
 *
 * @returns `undefined` for what JSON has no text for; words for what is nested too deeply to be written.
 */
export function printedJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return "a value that cannot be printed";
  }
}
