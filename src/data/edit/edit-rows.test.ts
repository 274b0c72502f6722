import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTable } from "../table/table.ts";
import { editRows, type RowEdit } from "./edit-rows.ts";

const edited = (text: string, name: string, label: string, ...edits: readonly (readonly [number, RowEdit])[]): string =>
  editRows(text, name, label, new Map(edits));

test("a CSV keeps its delimiter, quotes, line breaks and byte-order mark; a label cell is taken over as it is written", () => {
  const text = '\uFEFFid;text;label\r\n1;"a ""b""; c\r\nd";bad\r\n2;fine;"go;od"\r\n3;odd;bad\r\n4;"x";bad';
  assert.equal(
    edited(text, "a.csv", "label", [2, { labelOfLine: 4 }], [5, { drop: true }]),
    '\uFEFFid;text;label\r\n1;"a ""b""; c\r\nd";"go;od"\r\n2;fine;"go;od"\r\n4;"x";bad',
  );
});

test("a TSV has no quotes, and a file without header has its columns by number", () => {
  const text = 'a "quote\t0\nb\t1\n\nc\t0\n';
  assert.equal(edited(text, "a.tsv", "column 2", [1, { labelOfLine: 2 }], [4, { drop: true }]), 'a "quote\t1\nb\t1\n\n');
});

test("JSONL keeps spaces, large numbers and types, and a key inside a value is not the column", () => {
  const text =
    '{"n": 12345678901234567890, "text":"\\"label\\": 7","label" : 1, "more":{"label":9}}\n{"label":0,"text":"b"}\n{"label":[2],"text":"c"}\n';
  assert.equal(
    edited(text, "a.jsonl", "label", [1, { labelOfLine: 2 }], [2, { labelOfLine: 3 }], [3, { drop: true }]),
    '{"n": 12345678901234567890, "text":"\\"label\\": 7","label" : 0, "more":{"label":9}}\n{"label":[2],"text":"b"}\n',
  );
});

test("an edited file reads as before but for what was edited", () => {
  const text = "text,label\none,a\ntwo,b\nthree,a\n";
  const { rows } = parseTable(edited(text, "a.csv", "label", [3, { labelOfLine: 2 }]), "a.csv");
  assert.deepEqual(
    rows.map(({ cells }) => cells),
    [
      ["one", "a"],
      ["two", "a"],
      ["three", "a"],
    ],
  );
});

test("a line on which no row starts, and a column that is not there, are refused", () => {
  assert.throws(() => edited("text,label\na,b\n", "a.csv", "label", [9, { drop: true }]), { code: "data/no-row" });
  assert.throws(() => edited("text,label\na,b\n", "a.csv", "team", [2, { labelOfLine: 2 }]), { code: "data/columns" });
});
