import { expectedGot } from "../../errors/index.ts";
import { taskOf } from "../../tasks/index.ts";
import { asciiTextHash, textHash } from "../groups/text-hash.ts";
import { BadRows } from "../table/bad-rows.ts";
import type { ByteSource } from "../table/byte-source.ts";
import { examplesOf } from "../table/dataset.ts";
import { cellReader, decodePiece, pieceTable, scanFile, scannerOf, type TextLayout } from "../tokenize/text-layout.ts";
import type { ScannedRecord } from "./record-scan.ts";
import { BLOCK_ROWS, type ColumnNames, GrowingNumbers, type IndexedFile, namedOptions, type RowTally } from "./row-index.ts";

/** Whether bytes surely hold something to read: a printable ASCII character comes before anything that is not a space. */
function plainlyFull(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] > 32) return bytes[at] < 127;
    if (bytes[at] !== 32) return false;
  }
  return false;
}

/** A record that waits until its block is complete. */
interface Pending {
  readonly text: string;
  /** 1-based line that it starts on, and the one behind it. */
  readonly line: number;
  readonly next: number;
}

/** Records one behind the other; what lay between them comes back as empty lines, so that messages name the right line. */
const joinedPieces = (pieces: readonly Pending[]): string =>
  pieces.map(({ text, line }, at) => `${at > 0 ? "\n".repeat(line - pieces[at - 1].next) : ""}${text}\n`).join("");

/**
 * Look through a TSV, CSV or JSONL file once: check each row, count labels, choose held-out rows, and note where each block
 * of 256 rows begins.
 *
 * @param tally - What the rows are counted into.
 * @param names - The columns to read.
 * @param known - The only labels allowed, if they are fixed.
 * @param bad - Takes the rows that cannot be read; the blocks have none of them.
 * @param onPiece - Called with the bytes done; may throw to stop.
 * @throws As `readDataset`, with the same messages.
 */
export async function indexText(
  source: ByteSource,
  layout: TextLayout,
  names: ColumnNames,
  tally: RowTally,
  known: readonly string[] | undefined,
  bad: BadRows,
  onPiece: (done: number) => void,
): Promise<IndexedFile> {
  const { name } = source;
  const { format, encoding } = layout;
  const position = (column: string | undefined): number => (column === undefined ? -1 : layout.columns.indexOf(column));
  const [text, pair, label] = [names.text, names.pair, names.label].map(position);
  const cells = Math.max(text, pair, label) + 1;
  const offsets = new GrowingNumbers();
  const lines = new GrowingNumbers();
  let rows = 0;

  /** Let the reader of whole files say what is wrong with a row. @returns true, as the scan goes on. */
  const refuse = ({ bytes, start, end, line }: ScannedRecord): boolean => {
    const before = bad.count;
    const piece = pieceTable(decodePiece(bytes.subarray(start, end), encoding, name, line), layout, name, line, bad);
    if (piece.rows.length > 0) examplesOf(piece, namedOptions(names, task, known), bad);
    if (bad.count > before) return true;
    throw expectedGot("data/broken-row", `${name}:${line}`, `a row of ${format.toUpperCase()}`, "one that cannot be read");
  };
  const scanner = scannerOf(layout, cells);
  const readCells = cellReader(layout, { text, pair, label });
  const { heldOut, labels, task } = tally;
  /** Count the row, whose cells are known to be sound. */
  const count = (record: ScannedRecord, offset: number, hash: number): void => {
    if (rows % BLOCK_ROWS === 0) {
      offsets.push(offset + record.start);
      lines.push(record.line);
    }
    if (heldOut) {
      const known = hash >= 0 ? hash : textHash(readCells(record).text);
      if (heldOut.wants(known)) heldOut.add(known, { row: tally.rows, ...readCells(record) });
    }
    rows++;
    tally.rows++;
  };

  const cellsVisitor = (record: ScannedRecord, offset: number): boolean => {
    const { bytes, cellStart, cellEnd, escaped } = record;
    if (record.cells !== layout.columns.length || record.odd) return refuse(record);
    if (!plainlyFull(bytes, cellStart[text], cellEnd[text]) && readCells(record).text.trim() === "") return refuse(record);
    if (pair >= 0 && !plainlyFull(bytes, cellStart[pair], cellEnd[pair]) && readCells(record).pair!.trim() === "")
      return refuse(record);
    if (label >= 0 && !labels.addBytes(bytes, cellStart[label], cellEnd[label])) {
      const cell = readCells(record).label!;
      const place = `${name}:${record.line}`;
      const form = escaped[label] === 1 ? undefined : bytes.slice(cellStart[label], cellEnd[label]);
      if (cell.trim() === "" || !labels.add(cell, place, form)) return refuse(record);
    }
    count(record, offset, heldOut ? asciiTextHash(bytes, cellStart[text], cellEnd[text]) : 0);
    return true;
  };
  const jsonVisitor = (record: ScannedRecord, offset: number): boolean => {
    let cells: ReturnType<typeof readCells>;
    try {
      cells = readCells(record);
    } catch {
      return refuse(record);
    }
    if (cells.text.trim() === "" || cells.pair?.trim() === "" || cells.label?.trim() === "") return refuse(record);
    if (cells.label !== undefined && !labels.add(cells.label, `${name}:${record.line}`)) return refuse(record);
    count(record, offset, heldOut ? textHash(cells.text) : 0);
    return true;
  };
  // Other tasks than one class a text are read the long way, block by block.
  let pending: Pending[] = [];
  const flush = (): void => {
    if (pending.length === 0) return;
    const before = bad.count;
    const piece = pieceTable(joinedPieces(pending), layout, name, pending[0].line, bad);
    const read = piece.rows.length > 0 ? examplesOf(piece, namedOptions(names, task, known), bad) : undefined;
    if (bad.count > before) {
      // Room for as many more rows; those that stay are read again with them.
      const sound = new Set(read?.lines);
      pending = pending.filter(({ line }) => sound.has(line));
      return;
    }
    tally.countExamples(read!.dataset);
    rows += pending.length;
    pending = [];
  };
  const blockVisitor = (record: ScannedRecord, offset: number): boolean => {
    if (offsets.length * BLOCK_ROWS === rows) {
      offsets.push(offset + record.start);
      lines.push(record.line);
    }
    const text = decodePiece(record.bytes.subarray(record.start, record.end), encoding, name, record.line);
    pending.push({ text, line: record.line, next: scanner.nextLine() });
    if (pending.length === BLOCK_ROWS) flush();
    return true;
  };

  let headers = layout.header ? 1 : 0;
  const oneClass = format === "jsonl" ? jsonVisitor : cellsVisitor;
  const visit = taskOf(tally).hasOneClass ? oneClass : blockVisitor;
  const skipHeader = (record: ScannedRecord, offset: number): boolean => headers-- > 0 || visit(record, offset);
  await scanFile(source, scanner, layout, headers ? skipHeader : visit, onPiece);
  while (pending.length > 0) flush();

  return {
    name,
    rows,
    async read(block, classes) {
      const [start, end] = [offsets.at(block), block + 1 < offsets.length ? offsets.at(block + 1) : source.size];
      const line = lines.at(block);
      const piece = decodePiece(await source.read(start, end), encoding, name, line);
      // The same rows as before are left out, if there are any.
      const leftOut = new BadRows(name);
      const table = pieceTable(piece, layout, name, line, leftOut);
      const named = namedOptions(names, task, classes);
      const examples = table.rows.length > 0 ? examplesOf(table, named, leftOut).dataset.examples : [];
      if (examples.length !== Math.min(BLOCK_ROWS, rows - block * BLOCK_ROWS))
        throw expectedGot(
          "data/changed",
          `${name}:${line}`,
          "the rows that were there before",
          "others",
          "Leave the file alone.",
        );
      return examples.map((example) => ({ ...example, index: block * BLOCK_ROWS + example.index }));
    },
  };
}
