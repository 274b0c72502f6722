import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTable } from "../table/table.ts";
import { editRows, type RowEdit } from "./edit-rows.ts";

type Edits = readonly (readonly [number, RowEdit])[];
const encoder = new TextEncoder();

/** Read in pieces of so many bytes. */
async function inPieces(bytes: Uint8Array, size: number, name: string, label: string, edits: Edits): Promise<string> {
  const open = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  };
  const pieces: Uint8Array[] = [];
  for await (const piece of editRows(open, name, label, new Map(edits))) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

async function edited(text: string, name: string, label: string, ...edits: Edits): Promise<string> {
  const whole = await inPieces(encoder.encode(text), Infinity, name, label, edits);
  assert.equal(await inPieces(encoder.encode(text), 3, name, label, edits), whole);
  return whole;
}

test("a CSV keeps its delimiter, quotes, line breaks and byte-order mark; a label cell is taken over as it is written", async () => {
  const text = '\uFEFFid;text;label\r\n1;"a ""b""; c\r\nd";bad\r\n2;fine;"go;od"\r\n3;odd;bad\r\n4;"x";bad';
  assert.equal(
    await edited(text, "a.csv", "label", [2, { labelOfLine: 4 }], [5, { drop: true }]),
    '\uFEFFid;text;label\r\n1;"a ""b""; c\r\nd";"go;od"\r\n2;fine;"go;od"\r\n4;"x";bad',
  );
});

test("a TSV has no quotes, and a file without header has its columns by number", async () => {
  const text = 'a "quote\t0\nb\t1\n\nc\t0\n';
  assert.equal(await edited(text, "a.tsv", "column 2", [1, { labelOfLine: 2 }], [4, { drop: true }]), 'a "quote\t1\nb\t1\n\n');
});

test("JSONL keeps spaces, large numbers and types, and a key inside a value is not the column", async () => {
  const text =
    '{"n": 12345678901234567890, "text":"\\"label\\": 7","label" : 1, "more":{"label":9}}\n{"label":0,"text":"b"}\n{"label":[2],"text":"c"}\n';
  assert.equal(
    await edited(text, "a.jsonl", "label", [1, { labelOfLine: 2 }], [2, { labelOfLine: 3 }], [3, { drop: true }]),
    '{"n": 12345678901234567890, "text":"\\"label\\": 7","label" : 0, "more":{"label":9}}\n{"label":[2],"text":"b"}\n',
  );
});

test("an edited file reads as before but for what was edited", async () => {
  const text = "text,label\none,a\ntwo,b\nthree,a\n";
  const { rows } = parseTable(await edited(text, "a.csv", "label", [3, { labelOfLine: 2 }]), "a.csv");
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [
      ["one", "a"],
      ["two", "a"],
      ["three", "a"],
    ],
  );
});

test("a file of many pieces is the same byte for byte but for the rows that were edited, also where a label stands far behind", async () => {
  const lines = Array.from(
    { length: 150_000 },
    (_, at) => `${at},"a longer text ${at}${at % 3 === 0 ? "\nü, of two lines" : ""}",${"ab"[at % 2]}`,
  );
  const text = `id,text,label\n\n${lines.join("\n")}\n\n\n`;
  const bytes = encoder.encode(text);
  assert.ok(bytes.length > 4 << 20, "more than what is read at once");
  const lineOf = (row: number): number => 3 + row + Math.ceil(row / 3);
  const made = await inPieces(bytes, 1 << 16, "a.csv", "label", [
    [lineOf(0), { labelOfLine: lineOf(149_999) }],
    [lineOf(149_998), { labelOfLine: lineOf(1) }],
    [lineOf(100_000), { drop: true }],
  ]);
  const wanted = lines
    .with(0, lines[0].replace(/a$/, "b"))
    .with(149_998, lines[149_998].replace(/a$/, "b"))
    .toSpliced(100_000, 1);
  assert.ok(made === `id,text,label\n\n${wanted.join("\n")}\n\n\n`);
});

test("a row whose quotes are broken stays as it is", async () => {
  const text = 'text,label\na "b,x\nfine,y\n"open,y\n';
  assert.equal(await edited(text, "a.csv", "label", [3, { drop: true }]), 'text,label\na "b,x\n"open,y\n');
  await assert.rejects(edited(text, "a.csv", "label", [2, { drop: true }]), { code: "data/no-row" });
});

test("a line on which no row starts, a column that is not there, and text that is not UTF-8 are refused", async () => {
  await assert.rejects(edited("text,label\na,b\n", "a.csv", "label", [9, { drop: true }]), { code: "data/no-row" });
  await assert.rejects(edited("text,label\na,b\n", "a.csv", "team", [2, { labelOfLine: 2 }]), { code: "data/columns" });
  const latin = Buffer.from("text,label\nü,b\n", "latin1");
  await assert.rejects(inPieces(latin, Infinity, "a.csv", "label", [[2, { drop: true }]]), { code: "data/encoding" });
});
