import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readTexts } from "../table/dataset.ts";
import { openTextRows, type TextColumns, type TextRow } from "./text-rows.ts";
import { openTextFile } from "./text-rows-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-texts-"));
after(() => rmSync(work, { recursive: true, force: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* inChunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const all = bytes(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function rowsOf(text: string, name: string, columns: TextColumns = {}, size = 1 << 20): Promise<readonly TextRow[]> {
  const { parts } = await (await openTextRows(inChunks(text, size), name)).rows(columns);
  const found: TextRow[] = [];
  for await (const part of parts) found.push(...part);
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

test("Parquet: the columns of the file, without those of bytes", async () => {
  const folder = join(import.meta.dirname, "../../../test/fixtures/data");
  const pairs = await openTextFile(join(folder, "pairs-zstd.parquet"));
  let found = 0;
  const { fields, parts } = await pairs.rows({});
  for await (const part of parts) for (const row of part) found += Number(row.fields.length === fields.length);
  const whole = await readTexts(readFileSync(join(folder, "pairs-zstd.parquet")), "pairs-zstd.parquet");
  assert.equal(found, whole.length);
});
