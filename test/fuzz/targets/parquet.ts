import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { bytesSource, indexRows, openImageRows, openParquet, parquetTable, readDataset } from "../../../src/data/index.ts";
import { CrispError } from "../../../src/errors/index.ts";
import { mutateBytes, mutateWithin } from "../mutate-bytes.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const fixtures = new URL("../../fixtures/data/", import.meta.url);
const LARGEST_SEED = 6000;

function seeds(): Uint8Array[] {
  const names = readdirSync(fixtures).filter((name) => name.endsWith(".parquet"));
  const files = names.sort().map((name) => new Uint8Array(readFileSync(new URL(name, fixtures))));
  return files.filter(({ length }) => length <= LARGEST_SEED);
}

/** Bytes anywhere; or those of the metadata, with a length that fits them again; or those of the first page's header. */
function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (bytes.length < 12 || random.chance(0.3)) return mutateBytes(random, bytes, other);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  const start = bytes.length - 8 - size;
  if (start < 4 || start >= bytes.length - 8) return mutateBytes(random, bytes, other);
  if (random.chance(0.3)) return mutateWithin(random, bytes, other, 4, Math.min(start, 4 + random.size(400)));
  if (random.chance(0.3)) return mutateWithin(random, bytes, other, 4, start);
  const changed = mutateWithin(random, bytes, other, start, bytes.length - 8);
  if (random.chance(0.95)) new DataView(changed.buffer).setUint32(changed.length - 8, changed.length - 8 - start, true);
  return changed;
}

/** As many rows as the metadata declare, a cell for each column, and as many images. */
async function run(bytes: Uint8Array): Promise<void> {
  const file = await openParquet(bytesSource(bytes, "train.parquet"));
  const { rows, columns } = await parquetTable(bytes, "train.parquet");
  check(rows.length === file.rows, `${rows.length} rows of ${file.rows}`);
  check(
    rows.every(({ cells }) => cells.length === columns.length),
    "rows of unlike length",
  );
  for (const use of [() => alike(bytes), () => imagesOf(bytes)]) {
    await use().catch((error: unknown) => {
      if (!(error instanceof CrispError)) throw error;
    });
  }
}

/** A data set is the same in memory and on disk. */
async function alike(bytes: Uint8Array): Promise<void> {
  const { examples, labels } = await readDataset(bytes, "train.parquet");
  const streamed = await indexRows([bytesSource(bytes, "train.parquet")]);
  assert.deepEqual(
    { rows: streamed.rows, labels: streamed.labels, first: await streamed.read(0) },
    { rows: examples.length, labels, first: examples.slice(0, streamed.blockRows) },
  );
}

async function imagesOf(bytes: Uint8Array): Promise<void> {
  const images = await openImageRows(bytesSource(bytes, "train.parquet"));
  const read = await images.read(0, images.rows);
  check(read.length === images.rows && images.classes.length === images.rows, "images are missing");
}

export const parquet: Target = { name: "parquet", seeds, mutate, run, memory: { floor: 64 << 20, factor: 512 } };
