import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { differing } from "./pages/compare-page.ts";
import { mistakesOfCell, readMistakes } from "./read-mistakes.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-mistakes-"));
after(() => rmSync(work, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(work, name), text);
  return join(work, name);
};

test("mistakes are counted by true class and answer; texts with commas, quotes and line ends stay whole", () => {
  const text = 'row,label,predicted,score,text\n3,good,bad,0.9,"one, ""two""\nthree"\n4,good,bad,0.8,b\n5,odd,good,0.7,c\n';
  const mistakes = readMistakes(file("classes.csv", text))!;
  assert.deepEqual(mistakes.confusion, {
    labels: ["bad", "good", "odd"],
    matrix: [
      [0, 0, 0],
      [2, 0, 0],
      [0, 1, 0],
    ],
  });
  assert.deepEqual(
    mistakesOfCell(mistakes, "good", "bad").map((row) => row[4]),
    ['one, "two"\nthree', "b"],
  );
  assert.deepEqual(mistakesOfCell(mistakes, "bad", "good"), []);
});

test("a file of other columns has rows and no confusions; one of a header alone has no mistake", () => {
  const values = readMistakes(file("values.csv", "row,value,predicted,difference,text\n1,2.0,3.0,1.0,a\n"))!;
  assert.deepEqual([values.rows.length, values.confusion], [1, undefined]);
  assert.equal(readMistakes(file("none.csv", "row,label,predicted,score,text\n")), undefined);
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
