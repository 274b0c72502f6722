import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { uniform } from "../../random/index.ts";
import { indexRows } from "../stream/row-stream.ts";
import { BadRows } from "./bad-rows.ts";
import { bytesSource } from "./byte-source.ts";
import { decodeText } from "./decode.ts";
import { guessFormat, parseTable } from "./table.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const cells = (text: string, name: string) => parseTable(text, name).rows.map((row) => row.cells);

describe("bytes to text", () => {
  test("gzip is known by its first bytes, whatever the name", async () => {
    const packed = gzipSync("fine\n");
    for (const name of ["a.tsv.gz", "a.tsv", "stdin"]) assert.equal(await decodeText(packed, name), "fine\n");
  });
  test("a gzip file cut off anywhere is one clear error", async () => {
    const packed = gzipSync("a sentence that is long enough to be cut\n".repeat(50));
    for (const length of [3, 12, 40, packed.length - 9, packed.length - 1]) {
      await assert.rejects(decodeText(packed.subarray(0, length), "a.tsv.gz"), {
        code: "data/bad-gzip",
        message: /^a\.tsv\.gz: expected a complete gzip file, got one that is cut off or damaged \(.+\)\. Download/,
      });
    }
  });
  test("a damaged gzip file is refused", async () => {
    const packed = gzipSync("some text ".repeat(99));
    packed[packed.length - 6] ^= 1;
    await assert.rejects(decodeText(packed, "a.gz"), { code: "data/bad-gzip" });
  });
  test("a .gz name on plain text is read all the same", async () => {
    assert.equal(await decodeText(bytes("hello"), "a.tsv.gz"), "hello");
  });
  test("a byte-order mark is removed", async () => {
    assert.equal(await decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), "a.tsv"), "a");
  });
  test("text that is not UTF-8 is named by its first bad line", async () => {
    const latin = Buffer.from("text\nfine\ncaf\xe9\nfine\n", "latin1");
    await assert.rejects(decodeText(latin, "a.csv", { encoding: "utf-8" }), {
      code: "data/encoding",
      message: /^a\.csv:3: expected UTF-8 text.*--encoding windows-1252\.$/,
    });
  });
});

describe("formats", () => {
  test("the extension decides, then the first line", () => {
    const cases: [string, string, string | null][] = [
      ["a.tsv", "x,y", "tsv"],
      ["a.CSV.gz", "x\ty", "csv"],
      ["a.jsonl", "", "jsonl"],
      ["a.ndjson.gz", "", "jsonl"],
      ["stdin", '  {"text": "a, b"}', "jsonl"],
      ["data", "text\tlabel", "tsv"],
      ["data", "text,label", "csv"],
      ["data.txt", "Hello, world", null],
      ["data", "Hello", null],
    ];
    for (const [name, text, format] of cases) assert.equal(guessFormat(name, text), format, `${name}: ${text}`);
  });
  test("plain lines are no table", () => {
    assert.throws(() => parseTable("hello\n", "a.txt"), { code: "data/format" });
  });
});

describe("TSV", () => {
  test("a quote is a character like any other", () => {
    assert.deepEqual(cells('text\tlabel\n" he said\t1\nshe "left"\t0\n', "a.tsv"), [
      ['" he said', "1"],
      ['she "left"', "0"],
    ]);
  });
  test("Windows line ends go, other separators stay in the text", () => {
    assert.deepEqual(cells("text\tlabel\r\na\u2028b\u0085c\t1\r\n\r\nd\t0", "a.tsv"), [
      ["a\u2028b\u0085c", "1"],
      ["d", "0"],
    ]);
  });
  test("a row with another number of cells is named by file and line", () => {
    assert.throws(() => parseTable("text\tlabel\nfine\t1\n\ndull\nsad\t0\n", "train.tsv"), {
      code: "data/broken-row",
      message: "train.tsv:4: expected 2 cells (text, label), got 1. Take tabs and line breaks out of the cells.",
    });
  });
});

describe("CSV", () => {
  test("quotes, delimiters, line breaks and empty lines", () => {
    const table = parseTable('text,label\r\n"a, ""b""\r\nc",1\r\n\r\nplain,0\r\n', "a.csv");
    assert.deepEqual(table.rows, [
      { line: 2, cells: ['a, "b"\r\nc', "1"] },
      { line: 5, cells: ["plain", "0"] },
    ]);
  });
  test("random tables come back as they were written, each row with the line it starts on", () => {
    const alphabet = ["a", "é", ",", '"', "\n", "\r\n", ";", "\t", " ", "茶"];
    let draw = 0;
    const pick = (n: number) => Math.floor(uniform({ seed: 3, step: 0, site: "csv" }, draw++) * n);
    for (let round = 0; round < 200; round++) {
      const delimiter = [",", ";", "\t"][pick(3)];
      const rows = Array.from({ length: 1 + pick(6) }, () =>
        Array.from({ length: 3 }, () => Array.from({ length: 1 + pick(6) }, () => alphabet[pick(alphabet.length)]).join("")),
      );
      const quote = (cell: string) => (/[",;\t\r\n]/.test(cell) || pick(2) ? `"${cell.replaceAll('"', '""')}"` : cell);
      let text = `text${delimiter}label${delimiter}note\n`;
      const lines: number[] = [];
      for (const row of rows) {
        lines.push(text.split("\n").length);
        text += `${row.map(quote).join(delimiter)}\n`;
      }
      const table = parseTable(text, "a.csv");
      assert.deepEqual(
        table.rows.map((row) => row.cells),
        rows,
      );
      assert.deepEqual(
        table.rows.map((row) => row.line),
        lines,
      );
    }
  });
  test("a quote that never closes is named by the line it opens on", () => {
    assert.throws(() => parseTable('text,label\nfine,1\n"dull,0\nsad,0\n', "a.csv"), {
      code: "data/broken-row",
      message: /^a\.csv:3: expected a row whose quotes open and close around whole cells, got a quote that never closes/,
    });
  });
  test("a stray quote and a wrong number of cells are named by file and line", () => {
    assert.throws(() => parseTable('text,label\nfine,1\n"du"ll,0\n', "a.csv"), {
      code: "data/broken-row",
      message: /^a\.csv:3: /,
    });
    assert.throws(() => parseTable('text,label\n"a\nb",1\nwell, well,0\n', "a.csv"), {
      code: "data/broken-row",
      message: "a.csv:4: expected 2 cells (text, label), got 3. Quote cells that hold the delimiter.",
    });
  });
});

describe("JSONL", () => {
  test("columns are the union of keys; empty lines are skipped", () => {
    const table = parseTable('{"text":"a","label":1}\n\n{"id":7,"label":0,"text":"b"}\n', "a.jsonl");
    assert.deepEqual(table.columns, ["text", "label", "id"]);
    assert.deepEqual(table.rows, [
      { line: 1, cells: ["a", 1] },
      { line: 3, cells: ["b", 0, 7] },
    ]);
  });
  test("bad JSON, and JSON that is no object, are named by file and line", () => {
    for (const bad of ['{"text": "a"', "[1, 2]", "null", '"text"', "{'text': 1}"]) {
      assert.throws(() => parseTable(`{"text":"a"}\n${bad}\n`, "a.jsonl"), {
        code: "data/broken-row",
        message: /^a\.jsonl:2: expected one JSON object a line/,
      });
    }
  });
});

test("a line of white space that JSON does not know is no empty line, in memory and on disk", async () => {
  for (const space of ["\ufeff", "\u3000", "\u00a0"]) {
    const text = `{"text":"a","label":1}\n \t\r\n${space}\n`;
    assert.throws(() => parseTable(text, "a.jsonl"), { code: "data/broken-row", message: /^a\.jsonl:3: / });
    await assert.rejects(indexRows([bytesSource(bytes(text), "a.jsonl")]), { code: "data/broken-row" });
  }
});

test("empty files, and files of a header alone, are refused in every format", () => {
  for (const name of ["a.tsv", "a.csv", "a.jsonl", "a.txt"])
    assert.throws(() => parseTable(" \n\n", name), { code: "data/empty" });
  for (const text of ["text\tlabel\n", "text\tlabel"])
    assert.throws(() => parseTable(text, "a.tsv"), { code: "data/empty", message: /only a header/ });
});

test("a file whose only row has broken quotes is refused for that row", () => {
  const bad = new BadRows("a.csv");
  assert.throws(() => parseTable('text,label\n"never closed,1\n', "a.csv", { bad }), {
    code: "data/broken-row",
    message: /^a\.csv:2: .*never closes/,
  });
});
