import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "csv-parse/sync";
import { uniform } from "../../random/index.ts";
import { csvScanner } from "../stream/record-scan.ts";
import { csvRecords } from "./csv.ts";

/** Texts of signs that matter, one behind the other. */
function* randomTexts(rounds: number): Generator<string> {
  const alphabet = ["a", "b", "é", ",", ",", '"', '"', "\n", "\n", "\r\n", "\r", " "];
  let draw = 0;
  const pick = (n: number) => Math.floor(uniform({ seed: 5, step: 0, site: "csv" }, draw++) * n);
  for (let round = 0; round < rounds; round++)
    yield Array.from({ length: pick(40) }, () => alphabet[pick(alphabet.length)]).join("");
}

const brokenAt = (text: string) => csvRecords(text, ",").map(({ line, broken }) => (broken ? `${line} broken` : line));

describe("a record with broken quotes", () => {
  test("that never close ends with the line of the quote, whatever stands below", () => {
    assert.deepEqual(brokenAt('a,b\n"dull,0\nsad,0\nfine,1\n'), [1, "2 broken", 3, 4]);
    assert.deepEqual(brokenAt('"dull,0\nsad,0\n"fine, very",1\nx,"y"\n'), ["1 broken", 2, 3, 4]);
    assert.deepEqual(brokenAt('"two\nlines","open,0\nsad,0\nx,"y"\n'), ["1 broken", 3, 4]);
    assert.deepEqual(brokenAt('"a\n"b\n"c\n'), ["1 broken", "2 broken", "3 broken"]);
  });
  test("beside text ends with the line of that text", () => {
    assert.deepEqual(brokenAt('"he said\nno, "never" again\n",0\nfine,1\n'), ["1 broken", "3 broken", 4]);
    assert.deepEqual(brokenAt('5" disk,"two\nlines"\nfine,1\n'), ["1 broken", "2 broken", 3]);
    assert.deepEqual(csvRecords('"du"ll,0\n', ",")[0].broken, "text beside a quoted cell");
    assert.deepEqual(csvRecords('"dull,0\n', ",")[0].broken, "a quote that never closes");
  });
});

test("sound text is read as csv-parse reads it", () => {
  let sound = 0;
  for (const text of randomTexts(4000)) {
    const records = csvRecords(text, ",");
    if (records.some(({ broken }) => broken)) continue;
    sound++;
    const options = { record_delimiter: ["\r\n", "\n", "\r"], relax_column_count: true, skip_empty_lines: true };
    assert.deepEqual(
      records.map(({ cells }) => cells),
      parse(text, options),
      JSON.stringify(text),
    );
  }
  assert.ok(sound > 500);
});

test("the scanner of files on disk finds the same records, broken or not, however the file is cut", () => {
  let broken = 0;
  for (const [round, text] of [...randomTexts(4000)].entries()) {
    const bytes = new TextEncoder().encode(text);
    const scanner = csvScanner(",", 9);
    const found: (readonly [number, number | "broken"])[] = [];
    for (let start = 0, end = 0; start < bytes.length; ) {
      end = Math.min(bytes.length, end + 1 + (round % 7));
      const visit = (record: { line: number; cells: number; odd: boolean }) =>
        found.push([record.line, record.odd ? "broken" : record.cells]) > 0;
      start += scanner.scan(bytes.subarray(start, end), end === bytes.length, visit);
    }
    const records = csvRecords(text, ",").map((record) => [record.line, record.broken ? "broken" : record.cells.length] as const);
    broken += records.filter(([, cells]) => cells === "broken").length;
    assert.deepEqual(found, records, JSON.stringify(text));
  }
  assert.ok(broken > 500);
});
