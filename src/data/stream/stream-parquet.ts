import { expectedGot } from "../../errors/index.ts";
import { cellText, taskOf } from "../../tasks/index.ts";
import { textHash } from "../groups/text-hash.ts";
import type { ParquetFile } from "../parquet/parquet.ts";
import { BadRows } from "../table/bad-rows.ts";
import { examplesOf } from "../table/dataset.ts";
import type { Example, Table } from "../types.ts";
import { BLOCK_ROWS, type ColumnNames, type IndexedFile, namedOptions, type RowTally } from "./row-index.ts";

/** Unpacked text that is read together; several such pieces are kept in memory. */
const SLAB_BYTES = 16 << 20;
const SLAB_BLOCKS = 256;
/** Slabs kept: as many as an epoch's order mixes, see `blockOrder`. */
const SLABS_KEPT = 4;

/**
 * Cut a file into slabs of blocks: where a row group ends, or within a large group, at most 65,536 rows and about 16 MB.
 *
 * @returns The first block of each slab.
 */
function slabsOf(file: ParquetFile, columns: readonly string[]): number[] {
  const starts: number[] = [];
  let start = 0;
  let bytes = 0;
  file.groups.forEach((group, at) => {
    const end = Math.ceil((group.start + group.rows) / BLOCK_ROWS);
    bytes += file.groupBytes(at, columns);
    const last = at === file.groups.length - 1;
    if (end <= start || (!last && end - start < SLAB_BLOCKS && bytes < SLAB_BYTES)) return;
    const parts = Math.min(end - start, Math.ceil(Math.max((end - start) / SLAB_BLOCKS, bytes / SLAB_BYTES, 1)));
    for (let part = 0; part < parts; part++) starts.push(start + Math.floor(((end - start) * part) / parts));
    start = end;
    bytes = 0;
  });
  return starts;
}

/**
 * Look through a Parquet file once: check each row, count labels, choose held-out rows.
 *
 * @param bad - Takes the rows that cannot be read; the blocks have none of them, so a block may reach over the end of a slab.
 * @param onRows - Called with the rows done; may throw to stop.
 * @throws As `readDataset`, with the same messages.
 */
export async function indexParquet(
  file: ParquetFile,
  names: ColumnNames,
  tally: RowTally,
  known: readonly string[] | undefined,
  bad: BadRows,
  onRows: (done: number) => void,
): Promise<IndexedFile> {
  const { name } = file;
  const { task } = tally;
  const columns = [names.text, names.pair, names.label].filter((column) => column !== undefined);
  const [pairAt, labelAt] = [names.pair, names.label].map((column) => (column === undefined ? -1 : columns.indexOf(column)));
  const slabs = slabsOf(file, columns);
  /** Rows that can be read before each slab, and before the end. */
  const before = [0];
  const classNames = names.label === undefined ? undefined : file.classNames.get(names.label);
  const tableOf = (cells: readonly (readonly unknown[])[], start: number): Table => ({
    name,
    columns,
    rows: cells.map((row, at) => ({ line: start + at + 1, cells: row })),
    classNames: file.classNames,
  });
  const rowsOf = (slab: number): [number, number] => [
    slabs[slab] * BLOCK_ROWS,
    Math.min(file.rows, (slabs[slab + 1] ?? Number.POSITIVE_INFINITY) * BLOCK_ROWS),
  ];

  const rowsBefore = tally.rows;
  for (let slab = 0; slab < slabs.length; slab++) {
    const [start, end] = rowsOf(slab);
    const cells = await file.readRows(start, end, columns);
    if (!taskOf(tally).hasOneClass) {
      tally.countExamples(examplesOf(tableOf(cells, start), namedOptions(names, task, known), bad).dataset);
      before.push(tally.rows - rowsBefore);
      onRows(end);
      continue;
    }
    cells.forEach((row, at) => {
      const text = cellText(row[0]);
      const pair = pairAt < 0 ? undefined : cellText(row[pairAt]);
      const hidden = labelAt >= 0 && classNames !== undefined && row[labelAt] === null;
      const label = labelAt < 0 || hidden ? undefined : cellText(row[labelAt]);
      const blank = text.trim() === "" || pair?.trim() === "" || label?.trim() === "";
      const place = `${name}:${start + at + 1}`;
      if (blank || (label !== undefined && !tally.labels.add(label, place, undefined, classNames === undefined))) {
        const found = bad.count;
        examplesOf(tableOf([row], start + at), namedOptions(names, task, known), bad);
        if (bad.count > found) return;
      }
      if (hidden) tally.unlabelled++;
      if (tally.heldOut) {
        const hash = textHash(text);
        if (tally.heldOut.wants(hash)) tally.heldOut.add(hash, { row: tally.rows, text, pair, label });
      }
      tally.rows++;
    });
    before.push(tally.rows - rowsBefore);
    onRows(end);
  }
  const rows = tally.rows - rowsBefore;

  const kept = new Map<string, Promise<readonly Example[]>>();
  const readSlab = (slab: number, labels: readonly string[]): Promise<readonly Example[]> => {
    const key = `${slab} ${labels.length}`;
    const reading =
      kept.get(key) ??
      (async () => {
        const [start, end] = rowsOf(slab);
        // the same rows as before are left out, if there are any
        const table = tableOf(await file.readRows(start, end, columns), start);
        const { examples } = examplesOf(table, namedOptions(names, task, labels), new BadRows(name)).dataset;
        if (examples.length === before[slab + 1] - before[slab]) return examples;
        const rule = "the rows that were there before";
        throw expectedGot("data/changed", `${name}:${start + 1}`, rule, "others", "Leave the file alone.");
      })();
    // Behind all others, as the one used last.
    kept.delete(key);
    kept.set(key, reading);
    if (kept.size > SLABS_KEPT) kept.delete(kept.keys().next().value!);
    reading.catch(() => kept.delete(key));
    return reading;
  };
  // a block that reaches over the end of a slab is read with those before it
  const firsts = slabs.map((_, slab) => Math.ceil(before[slab] / BLOCK_ROWS));
  const groups = [...new Set(firsts)].filter((block) => block * BLOCK_ROWS < rows);
  return {
    name,
    rows,
    groups,
    async read(block, labels) {
      const start = block * BLOCK_ROWS;
      const end = Math.min(rows, start + BLOCK_ROWS);
      const examples: Example[] = [];
      for (let slab = before.findLastIndex((first) => first <= start); examples.length < end - start; slab++) {
        const first = before[slab];
        const own = (await readSlab(slab, labels)).slice(Math.max(0, start - first), end - first);
        for (const example of own) examples.push({ ...example, index: first + example.index });
      }
      return examples;
    },
  };
}
