import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { indexRows } from "../stream/row-stream.ts";
import { openTextRows } from "../stream/text-rows.ts";
import { bytesSource } from "./byte-source.ts";
import { unpackedBytes } from "./byte-source-node.ts";
import { readDataset, toDataset } from "./dataset.ts";
import { decodeFile } from "./decode.ts";
import { readData } from "./load-node.ts";
import { readTexts } from "./read-texts.ts";
import { linesOf, RowBounds } from "./table-bounds.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const LIMIT = 16 << 20;

/** A table whose third data row is one row of so many bytes, in each format. */
const formats: Readonly<Record<string, (bytes: number) => string>> = {
  "a.csv": (bytes) => `text,label\nfine,pos\ndull,neg\n${"é".repeat((bytes - 4) / 2)},pos\nbad,neg\n`,
  "a.tsv": (bytes) => `text\tlabel\nfine\tpos\ndull\tneg\n${"w ".repeat((bytes - 4) / 2)}\tpos\nbad\tneg\n`,
  "a.jsonl": (bytes) => {
    const rows = [..."xyz"].map((text) => JSON.stringify({ text, label: text }));
    return [...rows, `{"text":"${"a".repeat(bytes - 23)}","label":"x"}`, rows[0]].join("\n");
  },
  "quoted.csv": (bytes) => `text,label\nfine,pos\ndull,neg\n"${"w\n".repeat((bytes - 6) / 2)}",pos\nbad,neg\n`,
};

describe("a row may have 16 MB, in memory and on disk", () => {
  const readers: Readonly<Record<string, (bytes: Uint8Array, name: string) => Promise<unknown>>> = {
    "as examples": readDataset,
    "as texts": readTexts,
    "on disk": (bytes, name) => indexRows([bytesSource(bytes, name)]),
    "through a pipe": async (bytes, name) => {
      const { rows } = await openTextRows(
        (async function* () {
          for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
        })(),
        name,
      );
      for await (const _ of (await rows({})).parts);
    },
  };
  for (const name of ["a.csv", "a.tsv"]) {
    const delimiter = name.endsWith("csv") ? ";" : "\t";
    for (const [how, read] of Object.entries(readers)) {
      test(`and 16,384 cells: ${name} ${how}`, async () => {
        const table = (cells: number): Uint8Array =>
          encode(
            ["text", "label", ...Array(cells - 2).keys()].join(delimiter) + `\n${"x".repeat(cells).split("").join(delimiter)}\n`,
          );
        await read(table(16_384), name);
        await assert.rejects(read(table(16_385), name), {
          code: "data/broken-row",
          message: new RegExp(`^${name}:1: expected a row of at most 16384 cells, got 16385\\. Is the delimiter right`),
        });
      });
    }
  }
  for (const [name, table] of Object.entries(formats)) {
    const [most, more] = [LIMIT, LIMIT + 2].map((bytes) => encode(table(bytes)));
    for (const [how, read] of Object.entries(readers)) {
      test(`${name} ${how}`, async () => {
        await read(most, name);
        await assert.rejects(read(more, name), {
          code: "data/broken-row",
          message: new RegExp(`^${name}:4: expected a row of at most 16 MB, got a longer one`),
        });
      });
    }
  }
  test("plain lines", async () => {
    await assert.rejects(readTexts(encode(`fine\n${"a".repeat(LIMIT + 1)}\n`), "stdin"), /^CrispError: stdin:2: expected a row/);
  });
});

const PIECE = new Uint8Array(1 << 20).fill(0x61);
const LINE = 64 * PIECE.length;
for (const [how, read] of Object.entries<(told: (at: number) => void) => Promise<unknown>>({
  "on disk": (told) => {
    const { isUtf8 } = bytesSource(PIECE, "a.csv");
    const piece = async (start: number, end: number): Promise<Uint8Array> => {
      told(end);
      return start === 0 ? encode("text,label\n".padEnd(end, "a")) : new Uint8Array(end - start).fill(0x61);
    };
    return indexRows([{ name: "a.csv", size: LINE, isUtf8, read: piece }]);
  },
  "through a pipe": async (told) => {
    const { rows } = await openTextRows(
      (async function* () {
        yield encode("text,label\n");
        for (let at = PIECE.length; at <= LINE; at += PIECE.length) {
          told(at);
          yield PIECE;
        }
      })(),
      "a.csv",
    );
    for await (const _ of (await rows({})).parts);
  },
})) {
  test(`a line of 64 MB is refused before it is read to its end: ${how}`, async () => {
    let last = 0;
    await assert.rejects(
      read((at) => void (last = Math.max(last, at))),
      { code: "data/broken-row" },
    );
    assert.ok(last <= 2.5 * LIMIT, `${last} bytes`);
  });
}

describe("gzip is unpacked with a bound", () => {
  const packed = gzipSync("\n".repeat(100_000));
  test("a file that unpacks to more than can be read is refused, and the bound itself is not", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "crisp-gzip-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "a.csv.gz");
    writeFileSync(path, packed);
    assert.equal((await readData(path, 100_000)).length, 100_000);
    await assert.rejects(readData(path, 99_999), {
      code: "data/too-large",
      message: /^a\.csv\.gz: expected at most 536 MB of text/,
    });
  });
  test("what unpacks to more than can be read is refused, and the bound itself is not", async () => {
    assert.equal((await decodeFile(packed, "a.csv.gz", { most: 100_000 })).text.length, 100_000);
    await assert.rejects(decodeFile(packed, "a.csv.gz", { most: 99_999 }), {
      code: "data/too-large",
      message: /^a\.csv\.gz: expected at most 536 MB of text to read into memory, got more\./,
    });
  });
  test("what is refused is not unpacked to its end", async (context) => {
    let unpacked = 0;
    const { DecompressionStream: Real } = globalThis;
    /** Tells what comes out. */
    class Counted {
      readonly writable: WritableStream<Uint8Array>;
      readonly readable: ReadableStream<Uint8Array>;
      constructor() {
        const inner = new Real("gzip");
        const count = (piece: Uint8Array, to: TransformStreamDefaultController<Uint8Array>): void => {
          unpacked += piece.length;
          to.enqueue(piece);
        };
        this.writable = inner.writable as WritableStream<Uint8Array>;
        this.readable = inner.readable.pipeThrough(new TransformStream({ transform: count }));
      }
    }
    context.mock.property(globalThis, "DecompressionStream", Counted as never);
    const bomb = gzipSync(new Uint8Array(64 << 20));
    await assert.rejects(decodeFile(bomb, "a.csv.gz", { most: 1 << 20 }), { code: "data/too-large" });
    assert.ok(unpacked < 8 << 20, `${unpacked} bytes`);
  });
  test("so is what was never packed", async () => {
    await assert.rejects(decodeFile(encode("abc"), "a.csv", { most: 2 }), { code: "data/too-large" });
  });
});

test("rows are counted before they fill the memory: narrow ones and wide ones", () => {
  const rowsUntilRefused = (cells: number): number => {
    const bounds = new RowBounds("a.csv");
    for (let rows = 1; ; rows++) {
      try {
        bounds.add(rows, cells, "", 0, 0);
      } catch (error) {
        assert.match((error as Error).message, /^a\.csv: expected a table that memory has room for, got more than \d+ rows\./);
        return rows;
      }
    }
  };
  assert.equal(rowsUntilRefused(1), 15_000_001);
  assert.equal(rowsUntilRefused(1000), 74_702);
});

test("rows of JSONL have at most 16,384 keys, all together", async () => {
  const rows = Array.from({ length: 8193 }, (_, row) =>
    JSON.stringify({ text: "x", label: "y", [`a${row}`]: 1, [`b${row}`]: 1 }),
  );
  const read = (count: number) => readDataset(encode(rows.slice(0, count).join("\n")), "a.jsonl");
  assert.equal((await read(8191)).examples.length, 8191);
  await assert.rejects(read(8193), {
    code: "data/broken-row",
    message: /^a\.jsonl:8192: expected at most 16384 different keys in all rows together, got more\. A key names a column/,
  });
});

test("a cell of Parquet, which has no lines, is held to the same", () => {
  const table = { name: "a.parquet", columns: ["text", "label"], rows: [{ line: 1, cells: ["a".repeat(LIMIT + 1), "x"] }] };
  assert.throws(() => toDataset(table), { code: "data/broken-row", message: /^a\.parquet:1: expected a row of at most 16 MB/ });
});

test("a text of nothing but line breaks makes no list of them", () => {
  const text = "\n".repeat(3_000_000);
  let [lines, filled] = [0, 0];
  for (const { raw } of linesOf(text)) [lines, filled] = [lines + 1, filled + raw.length];
  assert.deepEqual([lines, filled], [3_000_001, 0]);
  assert.deepEqual(
    [...linesOf("a\n\nb")],
    [
      { raw: "a", start: 0, at: 0 },
      { raw: "", start: 2, at: 1 },
      { raw: "b", start: 3, at: 2 },
    ],
  );
});

describe("the size of a file is what it unpacks to", () => {
  const folder = mkdtempSync(join(tmpdir(), "crisp-size-"));
  after(() => rmSync(folder, { recursive: true }));
  const sizeOf = (bytes: Uint8Array): number => {
    const path = join(folder, "file");
    writeFileSync(path, bytes);
    return unpackedBytes(path);
  };
  test("of gzip and of plain files", () => {
    assert.equal(sizeOf(gzipSync("a".repeat(1_000_000))), 1_000_000);
    assert.equal(sizeOf(encode("plain")), 5);
    assert.equal(sizeOf(Uint8Array.of(0x1f, 0x8b)), 2);
  });
  test("a missing file and a folder have none", () => {
    assert.deepEqual([unpackedBytes(join(folder, "none")), unpackedBytes(folder)], [0, 0]);
  });
});
