import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { uniform } from "../../random/index.ts";
import { bytesSource } from "../table/byte-source.ts";
import { checkTrainable, readDataset, toDataset } from "../table/dataset.ts";
import { loadDataset } from "../table/load-node.ts";
import { readTexts } from "../table/read-texts.ts";
import { openParquet, parquetTable } from "./parquet.ts";
import { openImageRows } from "./parquet-images.ts";

const place = (name: string): URL => new URL(`../../../test/fixtures/data/${name}`, import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(place(name)));
const wanted = JSON.parse(readFileSync(place("rows.json"), "utf8"));
const pairs: { sentence1: string; sentence2: string; label: number }[] = wanted.pairs;

describe("Parquet files become datasets", () => {
  const kinds = ["snappy", "zstd", "gzip", "none", "groups", "v2", "pages", "delta"];
  for (const kind of kinds) {
    test(`pairs-${kind}.parquet: texts, pairs, and classes by their names in class order`, async () => {
      const dataset = await readDataset(fixture(`pairs-${kind}.parquet`), "train.parquet");
      assert.deepEqual(
        dataset.examples,
        pairs.map(({ sentence1, sentence2, label }, index) => ({ index, text: sentence1, pair: sentence2, label })),
      );
      assert.deepEqual(dataset.labels, ["not_equivalent", "equivalent"]);
      assert.deepEqual(dataset.columns, { text: "sentence1", pair: "sentence2", label: "label" });
    });
  }

  test("the name does not matter, the first bytes do", async () => {
    assert.equal((await readDataset(fixture("pairs-snappy.parquet"), "0000")).examples.length, pairs.length);
    const loaded = await loadDataset(fileURLToPath(place("pairs-zstd.parquet")));
    assert.deepEqual([loaded.name, loaded.examples.length], ["pairs-zstd.parquet", pairs.length]);
  });

  test("dictionaries, empty cells and 64-bit floats", async () => {
    const table = await parquetTable(fixture("words.parquet"), "words.parquet");
    assert.deepEqual(table.columns, ["text", "label", "note", "weight"]);
    assert.deepEqual(
      table.rows.map(({ cells }) => Object.fromEntries(table.columns.map((name, at) => [name, cells[at]]))),
      wanted.words,
    );
    assert.deepEqual(table.rows.map(({ line }) => line).slice(0, 3), [1, 2, 3]);
    assert.deepEqual(toDataset(table).labels, ["calm", "loud"]);
  });

  test("a hidden label, -1, is no label", async () => {
    const dataset = await readDataset(fixture("hidden.parquet"), "test.parquet");
    assert.ok(dataset.examples.every(({ label }) => label === -1));
    assert.deepEqual(dataset.labels, ["not_equivalent", "equivalent"]);
    assert.throws(() => checkTrainable(dataset), { code: "data/columns" });
  });

  test("labels known from training keep their numbers, whatever the file's order", async () => {
    const labels = ["equivalent", "not_equivalent"];
    const { examples } = await readDataset(fixture("pairs-snappy.parquet"), "dev.parquet", { labels });
    assert.deepEqual(
      examples.map(({ label }) => label),
      pairs.map(({ label }) => 1 - label),
    );
    await assert.rejects(readDataset(fixture("pairs-snappy.parquet"), "dev.parquet", { labels: ["yes", "no"] }), {
      code: "data/unknown-label",
      message: /^dev\.parquet: expected a label seen in training \(yes, no\), got 40 bad rows: line 1 \(label "not_eq/,
    });
  });

  test("a row without text is named by its number, counted from 1", async () => {
    await assert.rejects(readDataset(fixture("missing.parquet"), "a.parquet"), {
      code: "data/broken-row",
      message: /^a\.parquet:6: expected text in column "text", got nothing/,
    });
  });

  test("texts to classify are read too", async () => {
    const texts = await readTexts(fixture("pairs-snappy.parquet"), "a.parquet");
    assert.deepEqual(texts[1], { line: 2, text: pairs[1].sentence1, pair: pairs[1].sentence2 });
  });
});

describe("nested columns", () => {
  test("lists of words, and lists of class numbers by their names, empty ones too", async () => {
    const table = await parquetTable(fixture("tags.parquet"), "tags.parquet");
    assert.deepEqual(
      table.rows.map(({ cells }) => cells),
      wanted.tokens.map((tokens: string[], at: number) => [tokens, wanted.tags[at]]),
    );
    assert.deepEqual(table.classNames?.get("ner_tags"), ["O", "B-THING", "I-THING"]);
  });
  test("dates, decimals, long numbers, lists of lists, maps, and what is missing", async () => {
    const table = await parquetTable(fixture("types.parquet"), "types.parquet");
    const columns = Object.fromEntries(table.columns.map((name, at) => [name, table.rows.map(({ cells }) => cells[at])]));
    assert.deepEqual(columns, {
      flag: [true, null, false],
      day: ["2020-02-29T00:00:00.000Z", null, "1970-01-01T00:00:00.000Z"],
      time: ["2021-03-04T05:06:07.000Z", null, null],
      price: [1.25, -3.5, null],
      long: ["1152921504606846983", -5, null],
      unsigned: ["18446744073709551615", 3, null],
      half: [0.5, null, -2],
      nothing: [null, null, null],
      lists: [[["a"], []], null, [null, ["b", null]]],
      structs: [[{ x: 1, y: "z" }], [], null],
      map: [{ k: 1 }, null, {}],
    });
  });
  test("images are their bytes and path", async () => {
    const table = await parquetTable(fixture("images.parquet"), "images.parquet");
    assert.deepEqual(table.rows[4].cells, [{ bytes: Uint8Array.of(137, 80, 4, 255, 0, 128), path: "4.png" }, "dog"]);
  });
});

describe("pieces of a file", () => {
  test("any range of rows and columns, across row groups and pages, is the same piece of the whole", async () => {
    for (const kind of ["groups", "pages", "zstd"]) {
      const bytes = fixture(`pairs-${kind}.parquet`);
      const file = await openParquet(bytesSource(bytes, "a.parquet"));
      for (const [start, end] of [
        [0, 1],
        [5, 9],
        [6, 7],
        [13, 40],
        [39, 40],
      ]) {
        const rows = await file.readRows(start, end, ["label", "sentence2"]);
        const want = pairs.slice(start, end).map((row) => [wanted.classNames[row.label], row.sentence2]);
        assert.deepEqual(rows, want, `${kind} ${start}..${end}`);
      }
    }
  });
  test("row groups and their sizes are known without reading them", async () => {
    const file = await openParquet(bytesSource(fixture("pairs-groups.parquet"), "a.parquet"));
    assert.deepEqual(
      file.groups.map(({ start, rows }) => [start, rows]),
      [
        [0, 7],
        [7, 7],
        [14, 7],
        [21, 7],
        [28, 7],
        [35, 5],
      ],
    );
    assert.ok(file.groupBytes(0, ["sentence1"]) > 200);
    assert.ok(file.groupBytes(0) > file.groupBytes(0, ["sentence1"]));
  });
  test("only the pages that hold the rows are read, where the file has an index", async () => {
    const bytes = fixture("pairs-pages.parquet");
    let read = 0;
    const source = bytesSource(bytes, "a.parquet");
    const counting = {
      ...source,
      read: (start: number, end: number) => {
        read += end - start;
        return source.read(start, end);
      },
    };
    const file = await openParquet(counting);
    read = 0;
    await file.readRows(0, 4, ["sentence1"]);
    assert.ok(read < file.groupBytes(0, ["sentence1"]) / 2, `${read} bytes read`);
  });
});

describe("damaged files are one clear error", () => {
  test("files that are not Parquet, empty or cut off say so", async () => {
    const refuse = (bytes: Uint8Array, got: RegExp) =>
      assert.rejects(readDataset(bytes, "a.parquet"), { code: "data/parquet", message: got });
    const whole = fixture("pairs-snappy.parquet");
    await refuse(new Uint8Array(), /^a\.parquet: expected a complete Parquet file, got an empty file\. Download/);
    await refuse(new TextEncoder().encode("text,label\nfine,1\ndull,0\n"), /got a file that is no Parquet file/);
    await refuse(new TextEncoder().encode("version https://git-lfs"), /got a file that is no Parquet file/);
    await refuse(whole.subarray(0, 1000), /got one that is cut off/);
    const encrypted = whole.slice();
    encrypted.set(new TextEncoder().encode("PARE"), whole.length - 4);
    await refuse(encrypted, /got an encrypted one/);
    const long = whole.slice();
    long.fill(0x7f, whole.length - 8, whole.length - 4);
    await refuse(long, /declares \d+ bytes of metadata/);
  });

  test("a file cut short by its middle is refused although both ends are there", async () => {
    const whole = fixture("pairs-none.parquet");
    const cut = new Uint8Array([...whole.subarray(0, 400), ...whole.subarray(1400)]);
    await assert.rejects(readDataset(cut, "a.parquet"), { code: "data/parquet" });
  });

  test("bytes changed anywhere give the table or an error of ours, soon and without filling the memory", async () => {
    let draw = 0;
    const pick = (n: number): number => Math.floor(uniform({ seed: 5, step: 0, site: "damage" }, draw++) * n);
    for (const kind of ["snappy", "none", "zstd", "gzip", "v2", "delta", "pages"]) {
      const whole = fixture(`pairs-${kind}.parquet`);
      for (let round = 0; round < 150; round++) {
        const bytes = whole.slice();
        for (let change = 0; change <= pick(4); change++) bytes[4 + pick(bytes.length - 4)] = [pick(256), 0xff, 0x80, 0][pick(4)];
        const started = performance.now();
        await readDataset(bytes, "a.parquet").catch((error: Error & { code?: string }) => {
          assert.match(error.code ?? error.stack ?? "", /^data\//);
        });
        assert.ok(performance.now() - started < 2000, `${kind}, round ${round}`);
      }
    }
    assert.ok(process.memoryUsage().rss < 1.5e9);
  });
});

describe("images in Parquet files", () => {
  const open = (name: string, options = {}) => openImageRows(bytesSource(fixture(name), "a.parquet"), options);
  test("column, classes and bytes are found", async () => {
    const images = await open("images.parquet");
    assert.deepEqual(images.columns, { image: "image", label: "label" });
    assert.deepEqual([images.rows, images.labels, [...images.classes]], [6, ["cat", "dog", "owl"], [0, 1, 2, 0, 1, 2]]);
    assert.deepEqual(await images.read(3, 5), [
      { index: 3, name: "a.parquet:4 (3.png)", bytes: Uint8Array.of(137, 80, 3, 255, 0, 128), label: 0 },
      { index: 4, name: "a.parquet:5 (4.png)", bytes: Uint8Array.of(137, 80, 4, 255, 0, 128), label: 1 },
    ]);
    assert.deepEqual([...(await open("images.parquet", { labels: ["owl", "dog", "cat"] })).classes], [2, 1, 0, 2, 1, 0]);
  });
  test("a file without images, and labels of others, are refused", async () => {
    await assert.rejects(open("words.parquet"), {
      code: "data/columns",
      message: /expected one column of images, got none; columns: text, label/,
    });
    await assert.rejects(open("images.parquet", { imageColumn: "label" }), { code: "data/columns" });
    await assert.rejects(open("images.parquet", { labels: ["cat"] }), {
      code: "data/unknown-label",
      message: /^a\.parquet:2: .*got "dog"/,
    });
  });
});
