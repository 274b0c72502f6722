import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { loadDataset } from "../table/load-node.ts";
import { parseTable } from "../table/table.ts";
import { editedEnding, editFile } from "./edit-file-node.ts";
import type { RowEdit } from "./edit-rows.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-edit-"));
after(() => rmSync(work, { recursive: true, force: true }));
const fixture = (name: string): string => fileURLToPath(new URL(`../../../test/fixtures/data/${name}`, import.meta.url));
const inWork = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(work, name), bytes);
  return join(work, name);
};

async function edited(path: string, label: string, ...edits: readonly (readonly [number, RowEdit])[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of editFile(path, label, new Map(edits))) pieces.push(piece);
  return Buffer.concat(pieces);
}

const ROWS = "text\tlabel\nfine\tgood\npoor\tgood\nbad\tbad\n";
const EDITED = "text\tlabel\nfine\tgood\npoor\tbad\n";

test("text stays text, and gzip is gzip again, of several members too", async () => {
  const edits = [
    [3, { labelOfLine: 4 }],
    [4, { drop: true }],
  ] as const;
  const plain = inWork("a.tsv", ROWS);
  assert.equal(Buffer.from(await edited(plain, "label", ...edits)).toString(), EDITED);
  const half = ROWS.indexOf("poor");
  const packed = inWork("a.tsv.gz", Buffer.concat([gzipSync(ROWS.slice(0, half)), gzipSync(ROWS.slice(half))]));
  assert.equal(gunzipSync(await edited(packed, "label", ...edits)).toString(), EDITED);
  assert.deepEqual([await editedEnding(plain), await editedEnding(packed)], [".tsv", ".tsv.gz"]);
});

test("gzip that is cut off, and an edit that is not possible, are errors", async () => {
  const cut = inWork("cut.tsv.gz", gzipSync(ROWS).subarray(0, -6));
  await assert.rejects(edited(cut, "label", [2, { drop: true }]), { code: "data/bad-gzip" });
  const packed = inWork("b.tsv.gz", gzipSync(ROWS));
  await assert.rejects(edited(packed, "label", [9, { drop: true }]), { code: "data/no-row" });
});

test("Parquet becomes JSONL with all its columns, and reads as before but for what was edited", async () => {
  const path = fixture("pairs-groups.parquet");
  const before = await loadDataset(path);
  const other = before.examples.findIndex(({ label }) => label !== before.examples[0].label);
  const bytes = await edited(path, "label", [1, { labelOfLine: other + 1 }], [2, { drop: true }]);
  const after = await loadDataset(inWork("pairs.jsonl", bytes));
  const said = ({ examples, labels }: typeof before) => examples.map(({ text, pair, label }) => [text, pair, labels[label]]);
  const wanted = said(before);
  wanted[0][2] = wanted[other][2];
  assert.deepEqual(said(after), wanted.toSpliced(1, 1));
  assert.equal(await editedEnding(path), ".jsonl");
  const columns = Object.keys(JSON.parse(Buffer.from(bytes).toString().split("\n")[0]));
  assert.deepEqual(columns, ["sentence1", "sentence2", "label", "idx"]);
});

test("numbers, empty cells and labels of Parquet keep their JSON types", async () => {
  const wanted = JSON.parse(readFileSync(fixture("rows.json"), "utf8")).words;
  const lines = Buffer.from(await edited(fixture("words.parquet"), "label", [1, { drop: true }])).toString();
  const { columns, rows } = parseTable(lines, "a.jsonl");
  const read = rows.map(({ cells }) => Object.fromEntries(columns.map((name, at) => [name, cells[at]])));
  assert.deepEqual(read, wanted.slice(1));
});

test("Parquet with images, without the column, or without the row is refused, with what to do", async () => {
  await assert.rejects(edited(fixture("images.parquet"), "label", [1, { drop: true }]), {
    code: "data/not-json",
    message:
      /a value that JSON has in column "image", got bytes\. Write the file again without that column, and audit that one\.$/,
  });
  await assert.rejects(edited(fixture("words.parquet"), "team", [1, { drop: true }]), { code: "data/columns" });
  for (const line of [0, 1e6]) {
    await assert.rejects(edited(fixture("words.parquet"), "label", [line, { drop: true }]), { code: "data/no-row" });
    await assert.rejects(edited(fixture("words.parquet"), "label", [1, { labelOfLine: line }]), { code: "data/no-row" });
  }
});
