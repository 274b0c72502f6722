/** What breaks the quotes of a record. */
export type BrokenQuotes = "a quote that never closes" | "text beside a quoted cell";

/** One record of a CSV file. */
export interface CsvRecord {
  /** 1-based line it starts on. */
  readonly line: number;
  /** Those before the broken one, where one is broken. */
  readonly cells: readonly string[];
  readonly broken?: BrokenQuotes;
}

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;

/**
 * The records of RFC 4180: cells between delimiters, in quotes where they hold delimiters, line breaks or (doubled) quotes. A line ends
 * with "\n", "\r\n" or "\r"; empty lines are left out.
 *
 * A record whose quotes are broken ends with the line of the quote that breaks it, see `endOfBroken`; the next line is read as a new
 * record.
 *
 * @param delimiter - One character.
 * @param firstLine - Line of the file that the text starts on.
 * @param onRecord - Gets each record, and where it begins and ends in the text, before the next one is read.
 * @example
 * csvRecords('"a ""b""",c\n', ","); // [{ line: 1, cells: ['a "b"', "c"] }]
 * csvRecords('"a,b\nc,d\n', ","); // [{ line: 1, cells: [], broken: "a quote that never closes" }, { line: 2, cells: ["c", "d"] }]
 */
export function csvRecords(
  text: string,
  delimiter: string,
  firstLine = 1,
  onRecord: (record: CsvRecord, start: number, end: number) => void = () => {},
): CsvRecord[] {
  const separator = delimiter.charCodeAt(0);
  const { length } = text;
  const records: CsvRecord[] = [];
  let line = firstLine;
  for (let at = 0; at < length; ) {
    const start = at;
    const cells: string[] = [];
    let broken: BrokenQuotes | undefined;
    let quoted = false;
    for (;;) {
      const from = at;
      if (text.charCodeAt(at) === QUOTE) {
        quoted = true;
        const close = closingQuote(text, at);
        if (close < 0 || !isEnd(text.charCodeAt(close + 1), separator)) {
          const end = endOfBroken((i) => text.charCodeAt(i), { open: at, close, delimiter: separator });
          broken = end === at ? "a quote that never closes" : "text beside a quoted cell";
          at = lineEnd(text, end);
          break;
        }
        cells.push(text.slice(at + 1, close).replaceAll('""', '"'));
        at = close + 1;
      } else {
        while (at < length && text.charCodeAt(at) !== QUOTE && !isEnd(text.charCodeAt(at), separator)) at++;
        if (text.charCodeAt(at) === QUOTE) {
          broken = "text beside a quoted cell";
          at = lineEnd(text, at);
          break;
        }
        cells.push(text.slice(from, at));
      }
      if (text.charCodeAt(at) !== separator) break;
      at++;
    }
    if (at > start) {
      const record = { line, cells, ...(broken && { broken }) };
      onRecord(record, start, at);
      records.push(record);
    }
    if (quoted) line += text.slice(start, at).match(/\r\n|\n|\r/g)?.length ?? 0;
    at += text.charCodeAt(at) === RETURN && text.charCodeAt(at + 1) === NEWLINE ? 2 : 1;
    line++;
  }
  return records;
}

/**
 * The character whose line a record with a broken quoted cell ends with.
 *
 * That is the quote behind which the text goes on. Where this one opens a cell, as it stands behind a delimiter or a line break, or where
 * there is none, the cell's own quote was never closed: then it is that one, so that an unclosed quote swallows nothing of the next lines.
 *
 * @param codeAt - Characters, or bytes of a text whose delimiters are ASCII.
 * @param cell.open - Where the cell's quote opens.
 * @param cell.close - The quote that should have closed it; -1 where the text ends before.
 * @returns `open` or `close`.
 */
export function endOfBroken(
  codeAt: (at: number) => number,
  { open, close, delimiter }: { readonly open: number; readonly close: number; readonly delimiter: number },
): number {
  let before = close - 1;
  while (before > open && codeAt(before) === QUOTE) before--;
  return close < 0 || (before > open && isEnd(codeAt(before), delimiter)) ? open : close;
}

/** The quote that closes a cell; -1 where there is none. */
function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) close = text.indexOf('"', close + 2);
  return close;
}

/** Whether a cell ends before this character, or with the text. */
const isEnd = (code: number, delimiter: number): boolean =>
  code === delimiter || code === NEWLINE || code === RETURN || Number.isNaN(code);

function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) !== NEWLINE && text.charCodeAt(at) !== RETURN) at++;
  return at;
}
