import type { ColumnChunk, ColumnMetaData, FileMetaData, SchemaTree } from "hyparquet";
import { readThriftStruct, type ThriftStruct } from "./thrift-check.ts";

/** Unpacks a page of the given length, by the codec's name. */
export type Compressors = Readonly<Record<string, (packed: Uint8Array, length: number) => Uint8Array>>;

/** Levels of nesting that a column's values carry; 0 and 0 for a plain required column. */
export interface Levels {
  readonly repetition: number;
  readonly definition: number;
}

/** A column chunk and where it stands. */
export interface ChunkPlace {
  readonly start: number;
  readonly end: number;
  readonly meta: ColumnMetaData;
  readonly levels: Levels;
}

// Compression packs text 2 to 10 times and a column of one value without limit; these leave honest files alone.
const PACKED_MOST = 1024;
const SMALL_BYTES = 16 << 20;
const SMALL_VALUES = 4 << 20;

const fail = (what: string): never => {
  throw new Error(what);
};
const sane = (value: bigint | number | undefined, what: string): number => {
  const number = Number(value ?? -1);
  return Number.isSafeInteger(number) && number >= 0 ? number : fail(`it declares ${value} ${what}`);
};
const field = (struct: ThriftStruct, id: number): number | undefined => {
  const value = struct.fields.get(id);
  return typeof value === "number" ? value : undefined;
};

/** Levels of each column by its path, joined with dots. */
function levelsOf(tree: SchemaTree): Map<string, Levels> {
  const found = new Map<string, Levels>();
  const visit = (node: SchemaTree, repetition: number, definition: number): void => {
    for (const child of node.children) {
      const kind = child.element.repetition_type;
      const levels = {
        repetition: repetition + (kind === "REPEATED" ? 1 : 0),
        definition: definition + (kind === "REQUIRED" ? 0 : 1),
      };
      if (child.children.length === 0) found.set(child.path.join("."), levels);
      else visit(child, levels.repetition, levels.definition);
    }
  };
  visit(tree, 0, 0);
  return found;
}

/**
 * Check the metadata of a file against the file: places, sizes and counts.
 *
 * @param metadata - As hyparquet read them.
 * @param tree - Their schema.
 * @param size - Bytes of the file.
 * @returns The column chunks of each row group.
 * @throws `Error` in plain words.
 */
export function checkMetadata(metadata: FileMetaData, tree: SchemaTree, size: number): ChunkPlace[][] {
  const dataEnd = size - 8 - metadata.metadata_length;
  const levels = levelsOf(tree);
  let rows = 0;
  const groups = metadata.row_groups.map((group) => {
    const groupRows = sane(group.num_rows, "rows");
    rows += groupRows;
    return group.columns.map((column) => checkChunk(column, groupRows, levels, dataEnd));
  });
  if (rows !== sane(metadata.num_rows, "rows")) fail(`it declares ${metadata.num_rows} rows, and its row groups ${rows}`);
  return groups;
}

function checkChunk(column: ColumnChunk, rows: number, levels: Map<string, Levels>, dataEnd: number): ChunkPlace {
  const meta = column.meta_data;
  if (column.file_path) fail("its columns stand in another file");
  if (column.crypto_metadata || column.encrypted_column_metadata || !meta) return fail("its columns are encrypted or missing");
  const path = meta.path_in_schema.join(".");
  const known = levels.get(path) ?? fail(`its schema has no column "${path}"`);
  // An absent dictionary is written as 0 by some.
  const start = sane(meta.dictionary_page_offset || meta.data_page_offset, "as a column's place");
  const packed = sane(meta.total_compressed_size, "bytes in a column");
  if (start < 4 || start + packed > dataEnd) fail(`column "${path}" reaches beyond the file`);
  const unpacked = sane(meta.total_uncompressed_size, "bytes in a column");
  if (unpacked > SMALL_BYTES + PACKED_MOST * packed) fail(`column "${path}" declares ${unpacked} bytes packed into ${packed}`);
  const values = sane(meta.num_values, "values in a column");
  if (known.repetition === 0 && values !== rows) fail(`column "${path}" declares ${values} values for ${rows} rows`);
  const index = [column.offset_index_offset, column.offset_index_length] as const;
  if (index[0] !== undefined && sane(index[0], "as an index") + sane(index[1], "bytes of index") > dataEnd)
    fail(`the index of column "${path}" reaches beyond the file`);
  return { start, end: start + packed, meta, levels: known };
}

const bitWidth = (most: number): number => 32 - Math.clz32(most);

/** Walk runs of repeated or bit-packed values, and check that they hold `count` values and no more. */
function checkRuns(bytes: Uint8Array, start: number, end: number, width: number, count: number, level = -1): number {
  let [at, seen, atLevel] = [start, 0, 0];
  if (end > bytes.length || width > 32) fail("a page holds runs that reach beyond it");
  while (seen < count) {
    let [header, scale] = [0, 1];
    for (let more = true; more; scale *= 128) {
      if (at >= end || scale > 2 ** 28) fail("a page ends inside a run");
      const byte = bytes[at++];
      header += (byte & 0x7f) * scale;
      more = byte >= 0x80;
    }
    const half = Math.floor(header / 2);
    if (header % 2 === 1) {
      // Groups of eight; the last one is filled up, by some writers to more than one group.
      if (half === 0 || half * 8 - (count - seen) >= 512) fail("a page holds a run that is longer than the page");
      const here = Math.min(half * 8, count - seen);
      if (level >= 0) for (let i = 0; i < here; i++) if (bitsAt(bytes, at, i * width, width) === level) atLevel++;
      at += half * width;
      seen += here;
      if (at > end && seen < count) fail("a page ends inside a run");
    } else {
      if (half === 0 || half > count - seen) fail("a page holds a run that is longer than the page");
      let value = 0;
      for (let i = 0; i < (width + 7) >> 3; i++) value += (bytes[at++] ?? 0) * 2 ** (8 * i);
      if (at > end) fail("a page ends inside a run");
      if (value === level) atLevel += half;
      seen += half;
    }
  }
  return atLevel;
}

/** Levels are narrow: at most 8 bits, so at most two bytes hold one. */
function bitsAt(bytes: Uint8Array, start: number, bit: number, width: number): number {
  const at = start + (bit >> 3);
  return (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) >> (bit & 7)) & ((1 << width) - 1);
}

const [DATA, DICTIONARY, DATA_V2] = [0, 2, 3];
const [PLAIN_DICTIONARY, RLE, DELTA_FIRST, DELTA_LAST, RLE_DICTIONARY] = [2, 3, 5, 7, 8];

/**
 * Check the pages that stand in a piece of a column chunk: sizes, counts, and the runs in which levels and dictionary
 * numbers are written. hyparquet believes them, and a wrong run would fill the memory.
 *
 * @param bytes - From a page's first byte on; a last page that is cut off is an error.
 * @param chunk - The column chunk they belong to.
 * @param compressors - What unpacks pages.
 * @throws `Error` in plain words.
 */
export function checkPages(bytes: Uint8Array, chunk: ChunkPlace, compressors: Compressors): void {
  const { meta, levels } = chunk;
  const mostValues = Number(meta.num_values);
  let total = 0;
  for (let at = 0; at < bytes.length - 1; ) {
    const header = readThriftStruct(bytes, at);
    const packed = sane(field(header, 3), "bytes in a page");
    const unpacked = sane(field(header, 2), "bytes in a page");
    at = header.end + packed;
    if (at > bytes.length) fail("a page reaches beyond its column");
    if (unpacked > Number(meta.total_uncompressed_size) || unpacked > SMALL_BYTES + PACKED_MOST * packed)
      fail(`a page declares ${unpacked} bytes packed into ${packed}`);
    const kind = field(header, 1);
    const facts = header.fields.get(kind === DATA ? 5 : kind === DICTIONARY ? 7 : kind === DATA_V2 ? 8 : -1);
    if (typeof facts !== "object") throw new Error("a page is of no known kind");
    const values = sane(field(facts, 1), "values in a page");
    if (values > SMALL_VALUES + PACKED_MOST * unpacked) fail(`a page of ${unpacked} bytes declares ${values} values`);
    if (kind === DICTIONARY) {
      if (values > unpacked * 8) fail(`a dictionary of ${unpacked} bytes declares ${values} values`);
      continue;
    }
    total += values;
    const body = bytes.subarray(header.end, at);
    if (kind === DATA) checkDataPage(unpack(body, unpacked, meta, compressors), facts, levels, values, meta);
    else checkDataPageV2(body, unpacked, facts, levels, values, meta, compressors);
  }
  if (total > mostValues) fail(`the pages of a column hold ${total} values, and it declares ${mostValues}`);
}

function unpack(body: Uint8Array, size: number, { codec }: ColumnMetaData, compressors: Compressors): Uint8Array {
  if (codec === "UNCOMPRESSED") return body;
  const unpacker = compressors[codec] ?? fail(`it is packed with ${codec}`);
  return unpacker(body, size);
}

function checkDataPage(page: Uint8Array, facts: ThriftStruct, levels: Levels, values: number, meta: ColumnMetaData): void {
  let at = 0;
  let defined = values;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  for (const [most, isDefinition] of [
    [levels.repetition, false],
    [levels.definition, true],
  ] as const) {
    if (most === 0) continue;
    if (at + 4 > page.length) fail("a page ends before its levels");
    const end = at + 4 + view.getUint32(at, true);
    const full = checkRuns(page, at + 4, end, bitWidth(most), values, most);
    if (isDefinition) defined = full;
    at = end;
  }
  checkValues(page, at, field(facts, 2), defined, meta);
}

function checkDataPageV2(
  body: Uint8Array,
  unpacked: number,
  facts: ThriftStruct,
  levels: Levels,
  values: number,
  meta: ColumnMetaData,
  compressors: Compressors,
): void {
  const [definitionBytes, repetitionBytes] = [sane(field(facts, 5), "bytes of levels"), sane(field(facts, 6), "bytes of levels")];
  const defined = values - sane(field(facts, 2), "empty values");
  const start = definitionBytes + repetitionBytes;
  if (defined < 0 || start > body.length || start > unpacked) fail("a page declares more levels than it holds");
  if (levels.repetition > 0) checkRuns(body, 0, repetitionBytes, bitWidth(levels.repetition), values);
  if (levels.definition > 0) {
    const full = checkRuns(body, repetitionBytes, start, bitWidth(levels.definition), values, levels.definition);
    if (full !== defined) fail("a page declares another number of empty values than it holds");
  }
  const plain = field(facts, 7) === 0;
  const page = plain ? body.subarray(start) : unpack(body.subarray(start), unpacked - start, meta, compressors);
  checkValues(page, 0, field(facts, 4), defined, meta);
}

function checkValues(page: Uint8Array, at: number, encoding: number | undefined, count: number, meta: ColumnMetaData): void {
  if (count === 0) return;
  if (at >= page.length) fail("a page ends before its values");
  if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) {
    const width = page[at];
    if (width > 0) checkRuns(page, at + 1, page.length, width, count);
  } else if (encoding === RLE && meta.type === "BOOLEAN") {
    const end = at + 4 + new DataView(page.buffer, page.byteOffset, page.byteLength).getUint32(at, true);
    checkRuns(page, at + 4, end, 1, count);
  } else if (encoding !== undefined && encoding >= DELTA_FIRST && encoding <= DELTA_LAST) {
    // Block size and miniblocks a block, as varints.
    const [block, parts] = [0, 0].map(() => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = page[at++] ?? 0;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80 || scale > 2 ** 21) return value;
      }
    });
    if (block === 0 || block % 128 !== 0 || block > 1 << 20 || parts === 0 || (block / parts) % 32 !== 0)
      fail("a page holds blocks of a size that cannot be");
  }
}
