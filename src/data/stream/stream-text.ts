import { expectedGot } from "../../errors/index.ts";
import { taskOf } from "../../tasks/index.ts";
import type { ByteSource } from "../table/byte-source.ts";
import { toDataset } from "../table/dataset.ts";
import { asciiTextHash, textHash } from "../table/text-hash.ts";
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

/**
 * Look through a TSV, CSV or JSONL file once: check each row, count labels, choose held-out rows, and note where each block
 * of 256 rows begins.
 *
 * @param tally - What the rows are counted into.
 * @param names - The columns to read.
 * @param known - The only labels allowed, if they are fixed.
 * @param onPiece - Called with the bytes done; may throw to stop.
 * @throws As `readDataset`, with the same messages.
 */
export async function indexText(
  source: ByteSource,
  layout: TextLayout,
  names: ColumnNames,
  tally: RowTally,
  known: readonly string[] | undefined,
  onPiece: (done: number) => void,
): Promise<IndexedFile> {
  const { name } = source;
  const { format } = layout;
  const position = (column: string | undefined): number => (column === undefined ? -1 : layout.columns.indexOf(column));
  const [text, pair, label] = [names.text, names.pair, names.label].map(position);
  const cells = Math.max(text, pair, label) + 1;
  const offsets = new GrowingNumbers();
  const lines = new GrowingNumbers();
  let rows = 0;

  /** Let the reader of whole files say what is wrong with a row. */
  const explain = ({ bytes, start, end, line }: ScannedRecord): Error => {
    const piece = pieceTable(decodePiece(bytes.subarray(start, end), name, line), layout, name, line);
    toDataset(piece, namedOptions(names, task, known));
    return expectedGot("data/broken-row", `${name}:${line}`, `a row of ${format.toUpperCase()}`, "one that cannot be read");
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
    if (record.cells !== layout.columns.length || record.odd) throw explain(record);
    if (!plainlyFull(bytes, cellStart[text], cellEnd[text]) && readCells(record).text.trim() === "") throw explain(record);
    if (pair >= 0 && !plainlyFull(bytes, cellStart[pair], cellEnd[pair]) && readCells(record).pair!.trim() === "")
      throw explain(record);
    if (label >= 0 && !labels.addBytes(bytes, cellStart[label], cellEnd[label])) {
      const cell = readCells(record).label!;
      const place = `${name}:${record.line}`;
      const form = escaped[label] === 1 ? undefined : bytes.slice(cellStart[label], cellEnd[label]);
      if (cell.trim() === "" || !labels.add(cell, place, form)) throw explain(record);
    }
    count(record, offset, heldOut ? asciiTextHash(bytes, cellStart[text], cellEnd[text]) : 0);
    return true;
  };
  const jsonVisitor = (record: ScannedRecord, offset: number): boolean => {
    let cells: ReturnType<typeof readCells>;
    try {
      cells = readCells(record);
    } catch {
      throw explain(record);
    }
    if (cells.text.trim() === "" || cells.pair?.trim() === "" || cells.label?.trim() === "") throw explain(record);
    if (cells.label !== undefined && !labels.add(cells.label, `${name}:${record.line}`)) throw explain(record);
    count(record, offset, heldOut ? textHash(cells.text) : 0);
    return true;
  };
  // Other tasks than one class a text are read the long way, block by block.
  let pending: string[] = [];
  let line = 0;
  const flush = (): void => {
    if (pending.length === 0) return;
    const piece = pieceTable(pending.join(""), layout, name, lines.at(lines.length - 1));
    tally.countExamples(toDataset(piece, namedOptions(names, task, known)));
    pending = [];
  };
  const blockVisitor = (record: ScannedRecord, offset: number): boolean => {
    if (pending.length === 0) {
      offsets.push(offset + record.start);
      lines.push(record.line);
      line = record.line;
    }
    const text = decodePiece(record.bytes.subarray(record.start, record.end), name, record.line);
    // Empty lines come back, so that messages name the right line.
    pending.push(`${"\n".repeat(record.line - line)}${text}\n`);
    line = scanner.nextLine();
    rows++;
    if (pending.length === BLOCK_ROWS) flush();
    return true;
  };

  let headers = layout.header ? 1 : 0;
  const oneClass = format === "jsonl" ? jsonVisitor : cellsVisitor;
  const visit = taskOf(tally).hasOneClass ? oneClass : blockVisitor;
  const skipHeader = (record: ScannedRecord, offset: number): boolean => headers-- > 0 || visit(record, offset);
  await scanFile(source, scanner, layout.start, headers ? skipHeader : visit, onPiece);
  flush();

  return {
    name,
    rows,
    async read(block, classes) {
      const [start, end] = [offsets.at(block), block + 1 < offsets.length ? offsets.at(block + 1) : source.size];
      const line = lines.at(block);
      const table = pieceTable(decodePiece(await source.read(start, end), name, line), layout, name, line);
      if (table.rows.length !== Math.min(BLOCK_ROWS, rows - block * BLOCK_ROWS))
        throw expectedGot(
          "data/changed",
          `${name}:${line}`,
          "the rows that were there before",
          "others",
          "Leave the file alone.",
        );
      const { examples } = toDataset(table, namedOptions(names, task, classes));
      return examples.map((example) => ({ ...example, index: block * BLOCK_ROWS + example.index }));
    },
  };
}
