import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readTexts } from "../table/read-texts.ts";
import { openTextRows, type TextColumns, type TextReading, type TextRow } from "./text-rows.ts";
import { openTextFile, openTextStream } from "./text-rows-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-texts-"));
after(() => rmSync(work, { recursive: true, force: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* inChunks(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const all = typeof text === "string" ? bytes(text) : text;
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function rowsOf(
  text: string | Uint8Array,
  name: string,
  columns: TextColumns = {},
  size = 1 << 20,
  reading: TextReading = {},
): Promise<readonly TextRow[]> {
  const { parts } = await (await openTextRows(inChunks(text, size), name, reading)).rows(columns);
  const found: TextRow[] = [];
  for await (const part of parts) for (const row of part) found.push(row);
  return found;
}

describe("texts are those of readTexts, whatever the chunks", () => {
  const long = `"${'so, a ""fine""\nfilm über alles '.repeat(40)}"`;
  const sources: readonly (readonly [string, string])[] = [
    ["a.csv", `id,text,n\r\n1,${long},2\r\n\r\n2,dull,3\r\n`],
    ["a.csv", "id;text\n1;fine, yes\n2;dull"],
    ["a.tsv", 'id\ttext\n1\tan "odd quote\n\n2\tdull\n'],
    ["a.jsonl", '{"text":"fine","id":1}\n  \n{"id":2,"text":"dull","more":null}'],
    ["a.txt", "one, two\n\n  \nthree\tfour\r\nfive"],
    ["stdin", '\ufeff{"text":"ä"}\n'],
    ["stdin", "a, b\nc"],
  ];
  for (const [name, text] of sources) {
    test(`${name}: ${text.slice(0, 20)}`, async () => {
      const whole = await readTexts(bytes(text), name);
      for (const size of [1, 7, 1 << 20]) {
        const rows = await rowsOf(text, name, {}, size);
        assert.deepEqual(
          rows.map(({ fields: _, ...input }) => input),
          whole,
        );
      }
    });
  }
});

test("a source of more than its head is read to the end, row by row", async () => {
  const row = (at: number): string => `${at},"text, ""number""\n${at} ${"x".repeat(100)}"`;
  const text = `id,text\n${Array.from({ length: 50_000 }, (_, at) => row(at)).join("\n")}\n`;
  assert.ok(text.length > 5 << 20);
  const rows = await rowsOf(text, "large.csv", {}, 65_536);
  assert.equal(rows.length, 50_000);
  for (const [at, { fields, line }] of rows.entries()) assert.deepEqual([fields[0][1], line], [String(at), 2 + 2 * at]);
});

describe("fields are the whole row", () => {
  test("in the order of each row, with numbers as they were written", async () => {
    const text = '{"id":12345678901234567890,"text":"a","x":1.0}\n{"x":[1,{"y":1e400}],"text":"b"}\n';
    const rows = await rowsOf(text, "a.jsonl");
    assert.equal(rows.map(({ fields }) => JSON.stringify(Object.fromEntries(fields))).join("\n"), text.trim());
  });
  test("of a table two columns of one name have two", async () => {
    const { fields } = await (await openTextRows(inChunks("x,text,x,x_2\n1,a,2,3\n", 9), "a.csv")).rows({});
    assert.deepEqual(fields, ["x", "text", "x_3", "x_2"]);
  });
  test("a column that was named is read, and one that is missing refused before anything is lost", async () => {
    const source = await openTextRows(inChunks("a,b\nfine,1\n", 3), "a.csv");
    await assert.rejects(source.rows({ textColumn: "text" }), { code: "data/columns" });
    const { parts } = await source.rows({ textColumn: "a" });
    for await (const [row] of parts) assert.equal(row.text, "fine");
  });
});

describe("what cannot be read is said with its line", () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["a.csv", "", /^a\.csv: expected at least one row, got an empty file/],
    ["a.csv", "text,id\n", /^a\.csv: expected at least one row below the header/],
    ["a.csv", "text,id\na,1\nb\n", /^a\.csv:3: expected 2 cells/],
    ["a.jsonl", '{"text":"a"}\n{"text":\n', /^a\.jsonl:2: expected one JSON object a line/],
    ["a.jsonl", '{"text":"a"}\n{"id":1}\n', /^a\.jsonl:2: expected text in column "text", got nothing/],
    ["a.txt", "\n \n", /^a\.txt: expected at least one line of text, got none/],
  ];
  for (const [name, text, message] of refused) test(`${message}`, () => assert.rejects(rowsOf(text, name), { message }));
});

describe("encodings", () => {
  const text = "id,text\n1,na\u00efve caf\u00e9 \u2013 fine\n2,dull\n";
  const wide = "id,text\n1,\u{1f600} caf\u00e9\n2,dull\n";
  const windows = Uint8Array.from(text, (sign) => (sign === "\u2013" ? 0x96 : sign.charCodeAt(0)));
  const utf16 = new Uint8Array(Buffer.from(`\ufeff${wide}`, "utf16le"));
  const big = new Uint8Array(Buffer.from(utf16).swap16());
  const texts = (rows: readonly TextRow[]): readonly string[] => rows.map(({ text }) => text);
  for (const size of [1, 3, 1 << 20]) {
    test(`UTF-16 and windows-1252 are known in chunks of ${size}`, async () => {
      assert.deepEqual(texts(await rowsOf(utf16, "a.csv", {}, size)), ["\u{1f600} caf\u00e9", "dull"]);
      assert.deepEqual(texts(await rowsOf(big, "a.csv", {}, size)), ["\u{1f600} caf\u00e9", "dull"]);
      const notes: string[] = [];
      const rows = await rowsOf(windows, "a.csv", {}, size, { onNote: (note) => notes.push(note) });
      assert.deepEqual(texts(rows), ["na\u00efve caf\u00e9 \u2013 fine", "dull"]);
      assert.deepEqual(notes, ["a.csv: read as windows-1252, as it is not UTF-8; give --encoding to say otherwise"]);
    });
  }
  test("one that is named is taken, of plain lines too", async () => {
    const notes: string[] = [];
    const reading = { encoding: "latin-1", onNote: (note: string) => notes.push(note) } as const;
    assert.deepEqual(texts(await rowsOf(Uint8Array.of(0xe9, 10, 0x61), "a.txt", {}, 1, reading)), ["\u00e9", "a"]);
    assert.deepEqual(notes, []);
    await assert.rejects(rowsOf(windows, "a.csv", {}, 9, { encoding: "utf-8" }), {
      code: "data/encoding",
      message: /^a\.csv:2:/,
    });
    await assert.rejects(rowsOf(bytes("abc"), "a.txt", {}, 9, { encoding: "utf-16" }), {
      message: /^a\.txt: expected UTF-16 text/,
    });
  });
  test("a stray byte behind the first 4 MB is an error that names its line", async () => {
    const long = `text\n${"fine words\n".repeat(400_000)}caf`;
    const all = Buffer.concat([Buffer.from(long), Buffer.from([0xe9, 10])]);
    await assert.rejects(rowsOf(all, "a.csv"), { code: "data/encoding", message: /^a\.csv:400002: .*--encoding windows-1252/ });
    assert.equal((await rowsOf(all, "a.csv", {}, 1 << 20, { encoding: "windows-1252" })).at(-1)!.text, "caf\u00e9");
  });
});

describe("bad rows", () => {
  const table = "id,text\n1,fine\n2\n3, \n4,dull\n";
  test("are named at once, or left out and counted", async () => {
    const message = /^a\.csv: expected .*2 bad rows: line 3 \(1 cell\), line 4 \(no text\)\. .*--skip_bad_rows/;
    await assert.rejects(rowsOf(table, "a.csv"), { code: "data/broken-row", message });
    const notes: string[] = [];
    const reading = { skipBadRows: true, onNote: (note: string) => notes.push(note) };
    const rows = await rowsOf(table, "a.csv", {}, 5, reading);
    assert.deepEqual(
      rows.map(({ line, fields }) => [line, Object.fromEntries(fields)]),
      [
        [2, { id: "1", text: "fine" }],
        [5, { id: "4", text: "dull" }],
      ],
    );
    assert.deepEqual(notes, ["a.csv: 2 of 4 rows left out, 1 with a wrong number of cells, 1 with no text"]);
  });
  test("of JSON lines, in several pieces", async () => {
    const row = (at: number): string => (at % 1000 === 7 ? "{" : `{"id":${at},"text":"${"x".repeat(100)}"}`);
    const text = Array.from({ length: 60_000 }, (_, at) => row(at)).join("\n");
    const notes: string[] = [];
    const rows = await rowsOf(text, "a.jsonl", {}, 1 << 16, { skipBadRows: true, onNote: (note) => notes.push(note) });
    assert.equal(rows.length, 59_940);
    for (const { line, fields } of rows) assert.equal(fields[0][1], line - 1);
    assert.deepEqual(notes, ["a.jsonl: 60 of 60,000 rows left out, 60 with no JSON object"]);
  });
  test("alone are no source", async () => {
    await assert.rejects(rowsOf("id,text\n1\n2\n", "a.csv", {}, 9, { skipBadRows: true }), { code: "data/empty" });
    await assert.rejects(rowsOf("{\n", "a.jsonl", {}, 9, { skipBadRows: true }), { code: "data/empty" });
  });
});

test("files: packed ones, also several put together, and what is no file", async () => {
  const path = join(work, "a.csv.gz");
  writeFileSync(path, Buffer.concat([gzipSync("id,text\n1,fine\n"), gzipSync("2,dull\n")]));
  const texts: string[] = [];
  for await (const part of (await (await openTextFile(path)).rows({})).parts) texts.push(...part.map(({ text }) => text));
  assert.deepEqual(texts, ["fine", "dull"]);
  writeFileSync(path, gzipSync("id,text\n1,fine\n").subarray(0, 20));
  await assert.rejects(openTextFile(path), { code: "data/bad-gzip" });
  await assert.rejects(openTextFile(join(work, "none.csv")), { code: "data/unreadable", message: /got no such file/ });
  await assert.rejects(openTextFile(work), { code: "data/unreadable", message: /got a folder/ });
});

test("a first row that is longer than the opening is read as any other", async () => {
  const long = "wide ".repeat(1_200_000);
  for (const [name, delimiter] of [
    ["a.csv", ","],
    ["a.tsv", "\t"],
  ]) {
    const rows = await rowsOf(`id${delimiter}text\n1${delimiter}${long}\n2${delimiter}short\n`, name);
    assert.deepEqual(
      rows.map(({ line, text }) => [line, text.length]),
      [
        [2, long.length],
        [3, 5],
      ],
      name,
    );
  }
});

test("a packed source is unpacked as its rows are asked for", async () => {
  // hashes, which hardly pack: 13 MB, of which an opening is looked at
  const lines = Array.from({ length: 200_000 }, (_, at) => createHash("sha256").update(`${at}`).digest("hex"));
  const packed = gzipSync(`${lines.join("\n")}\n`, { level: 1 });
  let pulled = 0;
  const { rows } = await openTextStream(
    (async function* () {
      for (; pulled < packed.length; pulled += 1 << 16) yield packed.subarray(pulled, pulled + (1 << 16));
    })(),
    "a.txt.gz",
  );
  for await (const part of (await rows({})).parts) {
    assert.equal(part[0].text, lines[0]);
    break;
  }
  assert.ok(pulled < 0.6 * packed.length, `${pulled} of ${packed.length} bytes`);
});

test("Parquet: the columns of the file, without those of bytes", async () => {
  const folder = join(import.meta.dirname, "../../../test/fixtures/data");
  const pairs = await openTextFile(join(folder, "pairs-zstd.parquet"));
  let found = 0;
  const { fields, parts } = await pairs.rows({});
  for await (const part of parts) for (const row of part) found += Number(row.fields.length === fields.length);
  const whole = await readTexts(readFileSync(join(folder, "pairs-zstd.parquet")), "pairs-zstd.parquet");
  assert.equal(found, whole.length);
});
