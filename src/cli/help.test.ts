import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ClassMetrics } from "../metrics/index.ts";
import { mainHelp, verbHelp } from "./help.ts";
import { folded, PAGE_WIDTH } from "./output.ts";
import { classTable, confusionTable } from "./verbs/class-tables.ts";
import { VERBS } from "./verbs.ts";

const tooLong = (page: string): string[] => page.split("\n").filter((line) => line.length > PAGE_WIDTH);

describe("no line of a help page is longer than 80 columns", () => {
  test("crisp --help", () => assert.deepEqual(tooLong(mainHelp(VERBS)), []));
  for (const { name, load, summary } of VERBS) {
    test(`crisp ${name} --help`, async () => {
      const verb = await load();
      assert.equal(verb.summary, summary);
      const page = verbHelp(verb);
      assert.deepEqual(tooLong(page), []);
      for (const option of Object.keys(verb.options)) assert.match(page, new RegExp(`^ {2}--(\\[no_\\])?${option}\\b`, "m"));
    });
  }
});

describe("tables of classes fit 80 columns", () => {
  const metrics = (labels: readonly string[], count: number): ClassMetrics => ({
    classes: labels.map((label) => ({ label, support: count, precision: 1, recall: 1, f1: 1 })),
    confusion: labels.map(() => labels.map(() => count)),
    accuracy: 1,
    macroF1: 1,
  });
  for (const [count, classes, label] of [
    [7, 2, "yes"],
    [12_345, 10, "a category with a very long name, such as people give"],
    [99, 10, "short"],
    [3, 3, "a category with a very long name"],
  ] as const) {
    test(`${classes} classes such as ${label}`, () => {
      const labels = Array.from({ length: classes }, (_, at) => `${at} ${label}`);
      const made = metrics(labels, count);
      for (const table of [classTable(made), confusionTable(made)]) assert.deepEqual(tooLong(table), []);
      const rows = confusionTable(made).split("\n");
      assert.equal(new Set(rows.map(({ length }) => length)).size <= 2, true, "columns stand below each other");
      if (label === "yes") assert.match(rows[0], /true \\ said {2}0 yes {2}1 yes$/);
    });
  }
});

test("folded: at spaces, indented, words whole, inner spaces kept", () => {
  const text = `a.csv  ${"word ".repeat(20)}${"x".repeat(90)} end`;
  const lines = folded(text, "    ").split("\n");
  assert.match(lines[0], /^a\.csv {2}word/);
  assert.ok(lines.slice(1).every((line) => line.startsWith("    ")));
  assert.deepEqual(lines.filter((line) => line.length > 80).length, 1);
  assert.equal(lines.map((line) => line.trim()).join(" "), text);
});
