import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { differing } from "./pages/compare-page.ts";
import { answersOfCell, readAnswers } from "./read-answers.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-answers-"));
after(() => rmSync(work, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(work, name), text);
  return join(work, name);
};

const HEADER = "row,label,predicted,score,text\n";
const rightAnswers = (name: string, change: object = {}): string =>
  file(
    name,
    JSON.stringify({
      ...{ classes: ["good", "bad"], right: [40, 0], columns: HEADER.trim().split(",") },
      ...{ rows: [["9", "good", "good", "0.51", "barely"]], ...change },
    }),
  );

test("mistakes are counted by true class and answer; texts with commas, quotes and line ends stay whole", () => {
  const text = `${HEADER}3,good,bad,0.9,"one, ""two""\nthree"\n4,good,bad,0.8,b\n5,odd,good,0.7,c\n`;
  const answers = readAnswers(file("classes.csv", text));
  assert.deepEqual(answers.confusion, {
    labels: ["bad", "good", "odd"],
    matrix: [
      [0, 0, 0],
      [2, 0, 0],
      [0, 1, 0],
    ],
  });
  assert.deepEqual(
    answersOfCell(answers, { label: "good", predicted: "bad" }).rows.map((row) => row[4]),
    ['one, "two"\nthree', "b"],
  );
  assert.deepEqual(answersOfCell(answers, { label: "bad", predicted: "good" }).rows, []);
  assert.deepEqual(answersOfCell(answers, { label: "good", predicted: "good" }).rows, []);
});

test("right answers fill the diagonal with all that there were, in the order of the classes, and open those that were kept", () => {
  const answers = readAnswers(file("some.csv", `${HEADER}3,good,odd,0.9,a\n`), rightAnswers("right.json"));
  assert.deepEqual(answers.confusion, {
    labels: ["good", "bad", "odd"],
    matrix: [
      [40, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ],
  });
  assert.equal(answers.right?.total, 40);
  assert.deepEqual(
    answersOfCell(answers, { label: "good", predicted: "good" }).rows.map((row) => row[4]),
    ["barely"],
  );
  const none = readAnswers(file("none.csv", HEADER), rightAnswers("right.json"));
  assert.deepEqual(none.confusion?.matrix, [
    [40, 0],
    [0, 0],
  ]);
});

test("a file of right answers that is none is refused", () => {
  const errors = file("errors.csv", HEADER);
  const changes = [{ right: [1] }, { right: [1, -1] }, { rows: [[1]] }, { classes: "good" }, { columns: undefined }];
  for (const change of changes)
    assert.throws(() => readAnswers(errors, rightAnswers("broken.json", change)), { code: "ui/not-answers" });
  assert.throws(() => readAnswers(errors, file("text.json", "mine")), { code: "ui/not-answers" });
});

test("a file of other columns has rows and no confusions; one of a header alone has no mistake", () => {
  const values = readAnswers(file("values.csv", "row,value,predicted,difference,text\n1,2.0,3.0,1.0,a\n"));
  assert.deepEqual([values.mistakes.rows.length, values.confusion], [1, undefined]);
  const none = readAnswers(file("none.csv", HEADER));
  assert.deepEqual([none.mistakes.rows.length, none.confusion], [0, undefined]);
});

test("settings differ where values do, or where a run has none", () => {
  assert.deepEqual(
    differing([
      { seed: "1", rate: "2", same: "x" },
      { seed: "2", rate: "2", same: "x", only: "y" },
    ]),
    ["seed", "only"],
  );
});
