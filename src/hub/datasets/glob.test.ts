import assert from "node:assert/strict";
import { test } from "node:test";
import { globExpression } from "./glob.ts";

for (const [pattern, yes, no] of [
  ["data/train-*", ["data/train-0.csv"], ["data/a/train-0.csv", "data/train-0/a.csv", "xdata/train-0"]],
  ["**/train.csv", ["train.csv", "a/train.csv", "a/b/train.csv"], ["a/xtrain.csv"]],
  ["data/**", ["data/a", "data/a/b"], ["other/a"]],
  ["a.csv", ["a.csv"], ["axcsv"]],
  ["part-?.csv", ["part-1.csv"], ["part-10.csv", "part-/.csv"]],
  ["part-[0-9].csv", ["part-1.csv"], ["part-a.csv"]],
  ["part-[!0-9].csv", ["part-a.csv"], ["part-1.csv"]],
  ["{train,dev}.{csv,tsv}", ["train.csv", "dev.tsv"], ["test.csv"]],
  ["./a/*.csv", ["a/b.csv"], ["./a/b.csv"]],
  ["a{b.csv", ["a{b.csv"], ["ab.csv"]],
  ["a+(b).csv", ["a+(b).csv"], ["aab.csv"]],
] as const) {
  test(`${pattern} matches ${yes.join(", ")} and not ${no.join(", ")}`, () => {
    for (const path of yes) assert.ok(globExpression(pattern).test(path), path);
    for (const path of no) assert.ok(!globExpression(pattern).test(path), path);
  });
}
