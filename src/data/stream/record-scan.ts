import { endOfBroken } from "../table/csv.ts";

/**
 * The records of a text file found in its bytes, many times faster than by decoding it.
 *
 * The scanners know where records and cells begin and end and nothing else; `parseTable` remains the judge of what a record
 * means, and of every record that looks odd from here.
 */

/** One record. The object is filled anew for each; copy what must last. */
export interface ScannedRecord {
  bytes: Uint8Array;
  /** Offsets in `bytes`; the line end is left out. */
  start: number;
  end: number;
  /** 1-based line of the file it starts on. */
  line: number;
  /** How many cells it has; 1 in JSONL. */
  cells: number;
  /** First and past-the-last byte of the first cells, without quotes around them. */
  readonly cellStart: Int32Array;
  readonly cellEnd: Int32Array;
  /** 1 where a cell holds doubled quotes. */
  readonly escaped: Uint8Array;
  /** True where its quotes are broken: it then ends as `csvRecords` ends it. */
  odd: boolean;
}

/** Finds the records of one format. */
export interface RecordScanner {
  /** 1-based line of the file behind what was consumed. */
  nextLine(): number;
  /**
   * Visit the complete records in `bytes`, empty ones left out.
   *
   * @param bytes - A piece of the file, from the beginning of a record.
   * @param final - Whether the file ends with it.
   * @param visit - Called for each record; returns false to stop behind it.
   * @returns Bytes consumed.
   */
  scan(bytes: Uint8Array, final: boolean, visit: (record: ScannedRecord) => boolean): number;
}

const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;

function emptyRecord(mostCells: number, line: number): ScannedRecord {
  const cellStart = new Int32Array(mostCells);
  const cellEnd = new Int32Array(mostCells);
  return {
    bytes: new Uint8Array(),
    start: 0,
    end: 0,
    line,
    cells: 0,
    cellStart,
    cellEnd,
    escaped: new Uint8Array(mostCells),
    odd: false,
  };
}

/**
 * Lines of cells between tabs; quotes are characters like any other.
 *
 * @param mostCells - Cells whose place is wanted; those behind are counted only.
 */
export function tsvScanner(mostCells: number, firstLine = 1): RecordScanner {
  const record = emptyRecord(mostCells, firstLine);
  const { cellStart, cellEnd } = record;
  let line = firstLine;
  return {
    nextLine: () => line,
    scan(bytes, final, visit) {
      record.bytes = bytes;
      const length = bytes.length;
      let consumed = 0;
      let cells = 0;
      let cell = 0;
      let at = 0;
      for (;;) {
        while (at < length && bytes[at] > RETURN) at++;
        const byte = at < length ? bytes[at] : NEWLINE;
        if (byte === TAB) {
          if (cells < mostCells) {
            cellStart[cells] = cell;
            cellEnd[cells] = at;
          }
          cells++;
          cell = ++at;
        } else if (byte === NEWLINE) {
          if (at >= length && (!final || consumed === length)) return consumed;
          const end = at > consumed && bytes[at - 1] === RETURN ? at - 1 : at;
          const start = consumed;
          if (cells < mostCells) {
            cellStart[cells] = cell;
            cellEnd[cells] = end;
          }
          record.line = line++;
          record.cells = cells + 1;
          record.start = start;
          record.end = end;
          if (at < length) at++;
          consumed = at;
          cell = at;
          cells = 0;
          if (end > start && !visit(record)) return consumed;
        } else {
          at++;
        }
      }
    },
  };
}

/** Lines that hold one JSON object each; lines of white space are left out. */
export function jsonlScanner(firstLine = 1): RecordScanner {
  const record = emptyRecord(1, firstLine);
  record.cells = 1;
  let line = firstLine;
  return {
    nextLine: () => line,
    scan(bytes, final, visit) {
      record.bytes = bytes;
      let consumed = 0;
      while (consumed < bytes.length) {
        const newline = bytes.indexOf(NEWLINE, consumed);
        if (newline < 0 && !final) return consumed;
        record.start = consumed;
        record.end = newline < 0 ? bytes.length : newline;
        record.line = line++;
        consumed = newline < 0 ? bytes.length : newline + 1;
        let first = record.start;
        while (first < record.end && (bytes[first] === 32 || (bytes[first] >= TAB && bytes[first] <= RETURN))) first++;
        if (first < record.end && !visit(record)) return consumed;
      }
      return consumed;
    },
  };
}

function lineBreaks(bytes: Uint8Array, start: number, end: number): number {
  let breaks = 0;
  for (let at = start; at < end; at++) if (bytes[at] === NEWLINE || (bytes[at] === RETURN && bytes[at + 1] !== NEWLINE)) breaks++;
  return breaks;
}

/**
 * Records of RFC 4180, as `csvRecords` reads them: cells between delimiters, in quotes where they hold delimiters, line breaks or (doubled) quotes.
 *
 * @param delimiter - One ASCII character.
 * @param mostCells - Cells whose place is wanted.
 */
export function csvScanner(delimiter: string, mostCells: number, firstLine = 1): RecordScanner {
  const record = emptyRecord(mostCells, firstLine);
  const { cellStart, cellEnd, escaped } = record;
  const separator = delimiter.charCodeAt(0);
  const special = new Uint8Array(256);
  for (const byte of [separator, NEWLINE, RETURN, QUOTE]) special[byte] = 1;
  let line = firstLine;

  return {
    nextLine: () => line,
    scan(bytes, final, visit) {
      record.bytes = bytes;
      const length = bytes.length;
      let consumed = 0;
      while (consumed < length) {
        let at = consumed;
        let cells = 0;
        let breaks = 0;
        let odd = false;
        for (;;) {
          // One cell.
          let start = at;
          let end = -1;
          let doubled = 0;
          if (at < length && bytes[at] === QUOTE) {
            start = ++at;
            for (;;) {
              while (at < length && bytes[at] !== QUOTE) {
                const byte = bytes[at++];
                if (byte === NEWLINE || (byte === RETURN && (at >= length || bytes[at] !== NEWLINE))) breaks++;
              }
              if (at >= length) {
                if (!final) return consumed;
                odd = true;
                break;
              }
              if (at + 1 >= length && !final) return consumed;
              if (at + 1 >= length || bytes[at + 1] !== QUOTE) break;
              doubled = 1;
              at += 2;
            }
            end = at;
            if (odd || (at + 1 < length && special[bytes[at + 1]] === 0)) {
              odd = true;
              at = endOfBroken((i) => bytes[i], { open: start - 1, close: at < length ? at : -1, delimiter: separator });
            } else at++;
          } else {
            while (at < length && special[bytes[at]] === 0) at++;
            odd = at < length && bytes[at] === QUOTE;
          }
          if (odd) while (at < length && bytes[at] !== NEWLINE && bytes[at] !== RETURN) at++;
          if (at >= length && !final) return consumed;
          if (end < 0) end = at;
          if (cells < mostCells) {
            cellStart[cells] = start;
            cellEnd[cells] = end;
            escaped[cells] = doubled;
          }
          cells++;
          if (odd || at >= length || bytes[at] !== separator) break;
          at++;
        }
        // those behind an unclosed quote were counted too
        if (odd) breaks = lineBreaks(bytes, consumed, at);
        // A "\r" that ends the piece may be half of "\r\n".
        if (!final && at + 1 >= length && bytes[at] === RETURN) return consumed;
        record.start = consumed;
        record.end = at;
        record.line = line;
        record.cells = cells;
        record.odd = odd;
        consumed = at + 1 < length && bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : at < length ? at + 1 : length;
        line += 1 + breaks;
        if (record.end > record.start && !visit(record)) return consumed;
      }
      return consumed;
    },
  };
}
