import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bytesSource } from "../table/byte-source.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { Encoded } from "../types.ts";
import { indexRows, type StreamedDataset } from "./row-stream.ts";
import { blockOrder, type StreamBatches, streamBatches } from "./stream-batches.ts";

/** Words become their lengths. */
const encode = (text: string) => {
  const inputIds = Int32Array.from(text.split(" "), (word) => word.length);
  return { inputIds, tokenTypeIds: new Int32Array(inputIds.length), truncated: false };
};
const tokenizer = { maxLength: 512, encode } as unknown as Tokenizer;
const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `row ${from + i}${" sings".repeat((i * 37) % 23)}\t${i % 2}`);
const file = (rows: readonly string[], name: string) =>
  bytesSource(new TextEncoder().encode(`text\tlabel\n${rows.join("\n")}`), name);
/** Counts the blocks read. */
function counted(dataset: StreamedDataset): StreamedDataset & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    ...dataset,
    reads,
    read(block) {
      reads.push(block);
      return dataset.read(block);
    },
  };
}
async function epochOf(batches: StreamBatches, epoch: number, from = 0): Promise<Encoded[][]> {
  const all: Encoded[][] = [];
  for (let batch = from; batch < batches.batchesPerEpoch; batch++) {
    await batches.prepare(epoch, batch);
    all.push(batches.batch(epoch, batch));
  }
  return all;
}
const indices = (batches: readonly (readonly Encoded[])[]) => batches.map((batch) => batch.map(({ index }) => index));

const rows = lines(0, 10_123);
const open = () => indexRows([file(rows.slice(0, 5000), "a.tsv"), file(rows.slice(5000), "b.tsv")], { heldOut: { seed: 5 } });

describe("batches of a stream", () => {
  test("all batches of one update are there together, however far it reaches", async () => {
    const dataset = await open();
    for (const [batchSize, accumulated] of [
      [4096, 3],
      [1000, 6],
    ]) {
      const batches = streamBatches({ dataset, tokenizer, batchSize, seed: 1, accumulated });
      for (let first = 0; first < batches.batchesPerEpoch; first += accumulated) {
        const update = Array.from({ length: Math.min(accumulated, batches.batchesPerEpoch - first) }, (_, at) => first + at);
        for (const batch of update) await batches.prepare(0, batch);
        for (const batch of update) assert.equal(batches.batch(0, batch).length, batches.size(0, batch));
      }
    }
  });
  test("each row that is not held out comes once an epoch, in as many batches every epoch", async () => {
    const dataset = await open();
    const kept = dataset.rows - dataset.heldOut!.examples.length;
    for (const batchSize of [1, 7, 32, 5000]) {
      const batches = streamBatches({ dataset, tokenizer, batchSize, seed: 1 });
      assert.equal(batches.rows, kept);
      assert.equal(batches.batchesPerEpoch, Math.ceil(kept / batchSize));
      const seen = new Set<string>();
      for (const epoch of batchSize === 32 ? [0, 1] : [1]) {
        const all = await epochOf(batches, epoch);
        const flat = all.flat();
        assert.equal(flat.length, kept);
        assert.equal(new Set(flat.map(({ index }) => index)).size, kept);
        for (const example of flat) {
          assert.ok(!dataset.isHeldOut(example));
          const [text, label] = rows[example.index].split("\t");
          assert.deepEqual(example, { index: example.index, label: Number(label), ...encode(text) });
        }
        all.forEach((batch, at) => {
          assert.equal(batches.size(epoch, at), batch.length, `batch ${at}`);
        });
        assert.ok(all.filter((batch) => batch.length !== batchSize).length <= 1, "at most one smaller batch");
        seen.add(JSON.stringify(indices(all)));
      }
      assert.equal(seen.size, batchSize === 32 ? 2 : 1, "another order each epoch");
    }
  });

  test("the seed alone decides, and another seed decides otherwise", async () => {
    const of = async (seed: number) =>
      JSON.stringify(indices(await epochOf(streamBatches({ dataset: await open(), tokenizer, batchSize: 32, seed }), 2)));
    assert.equal(await of(1), await of(1));
    assert.notEqual(await of(1), await of(2));
  });

  test("a run that starts in the middle gets the same batches, and reads no block of what is behind it", async () => {
    const uncounted = await open();
    const whole = indices(await epochOf(streamBatches({ dataset: uncounted, tokenizer, batchSize: 32, seed: 1 }), 3));
    const order = blockOrder(uncounted, 1, 3);
    for (const from of [1, 127, 128, 129, 250]) {
      const dataset = counted(uncounted);
      const batches = streamBatches({ dataset, tokenizer, batchSize: 32, seed: 1 });
      await batches.prepare(3, from);
      assert.deepEqual(
        batches.batch(3, from).map(({ index }) => index),
        whole[from],
      );
      // Nothing from before the window of 4,096 rows that holds the batch.
      const place = (block: number): number => order.indexOf(block);
      const behind = order
        .subarray(0, Math.min(...dataset.reads.map(place)))
        .reduce((sum, block) => sum + dataset.keptRows(block), 0);
      assert.ok(behind > Math.floor(from / 128) * 4096 - 256, `${behind} rows behind`);
      assert.deepEqual(indices(await epochOf(batches, 3, from)), whole.slice(from));
    }
  });

  test("rows of like length stand together: little padding", async () => {
    const dataset = await open();
    const padding = async (lengthGrouped: boolean): Promise<number> => {
      const all = await epochOf(streamBatches({ dataset, tokenizer, batchSize: 32, seed: 1, lengthGrouped }), 0);
      const real = all.flat().reduce((sum, { inputIds }) => sum + inputIds.length, 0);
      const padded = all.reduce(
        (sum, batch) => sum + batch.length * Math.max(...batch.map(({ inputIds }) => inputIds.length)),
        0,
      );
      return padded / real;
    };
    assert.ok((await padding(true)) < 1.05);
    assert.ok((await padding(false)) > 1.5);
  });

  test("batches must be prepared, and there are no others", async () => {
    const batches = streamBatches({ dataset: await open(), tokenizer, batchSize: 32, seed: 1 });
    assert.throws(() => batches.batch(0, 0), { code: "data/not-prepared" });
    await batches.prepare(0, 0);
    await batches.prepare(0, 1);
    assert.throws(() => batches.batch(0, 200), { code: "data/not-prepared" });
    await assert.rejects(batches.prepare(0, batches.batchesPerEpoch), { code: "data/bad-batch" });
    const dataset = await open();
    assert.throws(() => streamBatches({ dataset, tokenizer, batchSize: 0, seed: 1 }), { code: "data/bad-batch-size" });
  });

  test("an error while reading ahead is thrown when its batch is asked for, and the batch can be asked for again", async () => {
    const dataset = await open();
    let broken = false;
    const fails: StreamedDataset = {
      ...dataset,
      read: (block) => (broken ? Promise.reject(new Error("disk")) : dataset.read(block)),
    };
    const batches = streamBatches({ dataset: fails, tokenizer, batchSize: 32, seed: 1 });
    await batches.prepare(0, 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await batches.prepare(0, 128);
    broken = true;
    await assert.rejects(batches.prepare(1, 200), /disk/);
    broken = false;
    await batches.prepare(1, 200);
    assert.equal(batches.batch(1, 200).length, 32);
  });
});

test("a Parquet file's blocks are mixed within four groups, and each comes once", async () => {
  const groups = Uint32Array.from([0, 10, 20, 21, 40, 55]);
  const order = blockOrder({ blocks: 60, groups }, 1, 0);
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 60 }, (_, i) => i),
  );
  const groupOf = (block: number): number => groups.findLastIndex((first) => first <= block);
  const last = new Set([...order.subarray(-2)].map(groupOf));
  const before = new Set([...order.subarray(0, 3)].map(groupOf));
  assert.ok(
    [...last].every((group) => !before.has(group)),
    "the last pool holds other groups than the first",
  );
  const bytes = new Uint8Array(readFileSync(new URL("../../../test/fixtures/data/pairs-groups.parquet", import.meta.url)));
  const dataset = await indexRows([bytesSource(bytes, "a.parquet"), bytesSource(bytes, "b.parquet")]);
  const all = await epochOf(streamBatches({ dataset, tokenizer, batchSize: 8, seed: 1 }), 0);
  assert.deepEqual(
    all
      .flat()
      .map(({ index }) => index)
      .sort((a, b) => a - b),
    Array.from({ length: 80 }, (_, i) => i),
  );
});

test("300 MB are looked through and read with little memory", { timeout: 120_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-memory-"));
  try {
    const path = join(folder, "big.tsv");
    const piece = Buffer.from(`${lines(0, 20_000).join("\n")}\n`);
    const handle = openSync(path, "w");
    writeSync(handle, "text\tlabel\n");
    const pieces = Math.ceil(300e6 / piece.length);
    for (let i = 0; i < pieces; i++) writeSync(handle, piece);
    closeSync(handle);
    const child = fileURLToPath(new URL("./stream-memory-child.fixture.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--max-old-space-size=150", child, path]);
    const cost = JSON.parse(stdout.trim().split("\n").at(-1)!);
    context.diagnostic(stdout.trim());
    assert.equal(cost.rows, pieces * 20_000);
    assert.equal(cost.examples, 100 * 32);
    assert.ok(cost.grownMB < 250, `${cost.grownMB} MB`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
