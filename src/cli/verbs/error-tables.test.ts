import assert from "node:assert/strict";
import { test } from "node:test";
import { type Dataset, parseTable } from "../../data/index.ts";
import { answerFiles, csvRow, type EvaluatedSet, rightAnswersJson, spreadsheetRow } from "./error-tables.ts";

test("no cell for a spreadsheet is a formula; numbers stay numbers", () => {
  for (const formula of ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-x", '=HYPERLINK("http://x","y")'])
    assert.match(spreadsheetRow([formula]), /^"?'/, formula);
  assert.equal(spreadsheetRow(["-0.25", "+3", "1e-5", "a=b", "", "x"]), "-0.25,+3,1e-5,a=b,,x");
});

test("a row for a spreadsheet has no control characters but tabs and line breaks in quotes", () => {
  assert.equal(spreadsheetRow(["a\u001b[2J\u009b", "two\nlines\tand \r more"]), 'a\\u001b[2J\\u009b,"two\nlines\tand \\r more"');
});

test("a row for programs comes back as it was", () => {
  const cells = ["=1+1", 'a "quote", a comma', "two\nlines", "@user -5", "\u001b"];
  assert.deepEqual(
    parseTable(`${csvRow(["v", "w", "x", "y", "z"])}\n${csvRow(cells)}\n`, "a.csv", { header: true }).rows[0].cells,
    cells,
  );
});

const LABELS = ["=bad", "good"];
/** Texts `a`, `b` …, each with its class and the probability of the second one. */
function judged(task: Dataset["task"], rows: readonly (readonly [label: number, good: number])[]): EvaluatedSet {
  const examples = rows.map(([label], index) => ({ index, text: String.fromCharCode(97 + index), label, labels: [label] }));
  const dataset = { name: "letters", task, labels: LABELS, examples } as unknown as Dataset;
  return { dataset, probabilities: rows.map(([, good]) => [1 - good, good]) };
}
const parsed = (text?: string) => JSON.parse(text!) as { right: number[]; rows: string[][] };

test("errors.csv and right-answers.json hold each labelled example once, in the same columns and cells", () => {
  const set = judged("single_label_classification", [
    [1, 0.9],
    [1, 0.6],
    [0, 0.7],
    [0, 0.2],
    [-1, 0.9],
  ]);
  const files = [...answerFiles(set, LABELS)].map(([name, [bytes]]) => [name, new TextDecoder().decode(bytes)]);
  assert.deepEqual(files[0], ["errors.csv", "row,label,predicted,score,text\n2,'=bad,good,0.7000,c\n"]);
  assert.equal(files[1][0], "right-answers.json");
  assert.deepEqual(JSON.parse(files[1][1]), {
    ...{ classes: ["'=bad", "good"], right: [1, 2], columns: ["row", "label", "predicted", "score", "text"] },
    rows: [
      ["1", "good", "good", "0.6000", "b"],
      ["3", "'=bad", "'=bad", "0.8000", "d"],
      ["0", "good", "good", "0.9000", "a"],
    ],
  });
});

test("right answers over the limit lack the surest of each class, and are counted all the same", () => {
  const rows = Array.from({ length: 20 }, (_, at): [number, number] => [1, 0.9 - at / 100]);
  const set = judged("single_label_classification", [...rows, [0, 0.1], [0, 0.2]]);
  const { right, rows: kept } = parsed(rightAnswersJson(set, LABELS, 160));
  assert.deepEqual(right, [2, 20]);
  assert.deepEqual(
    kept.map(([row]) => row),
    ["19", "18", "21", "20"],
  );
  assert.equal(parsed(rightAnswersJson(set, LABELS)).rows.length, 22);
});

test("where an answer is not one class there is no file of right ones", () => {
  const multi = judged("multi_label_classification", [[1, 0.9]]);
  assert.deepEqual([...answerFiles(multi, LABELS).keys()], ["errors.csv"]);
});

test("right words are kept as wrong ones are", () => {
  const words = ["Ada", "sleeps"];
  const example = { index: 0, text: "Ada sleeps", label: -1, labels: [1, 0], words };
  const encoded = [{ wordOf: [-1, 0, 1], labels: [-1, 1, 0] }] as unknown as EvaluatedSet["encoded"];
  const dataset = { task: "token_classification", labels: LABELS, examples: [example] } as unknown as Dataset;
  const set: EvaluatedSet = { dataset, probabilities: [[0, 0, 0.2, 0.8, 0.3, 0.7]], encoded };
  const { right, rows } = parsed(rightAnswersJson(set, LABELS));
  assert.deepEqual([right, rows], [[0, 1], [["0", "Ada", "good", "good", "0.8000", "Ada sleeps"]]]);
});
