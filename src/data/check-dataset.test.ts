import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDataset } from "./check-dataset.ts";
import type { Dataset } from "./types.ts";

const example = { index: 0, text: "where is my refund", label: 1 };
const dataset: Dataset = { name: "tickets", labels: ["no", "yes"], examples: [example] };
const withExample = (part: object): unknown => ({ ...dataset, examples: [example, { ...example, ...part }] });

test("data sets as files give them pass", () => {
  checkDataset(dataset);
  checkDataset({
    ...dataset,
    examples: [
      { ...example, label: -1 },
      { ...example, pair: "and when" },
    ],
  });
  checkDataset({ ...dataset, task: "regression", labels: ["score"], examples: [{ ...example, label: Number.NaN }] });
  checkDataset({ ...dataset, task: "multi_label_classification", examples: [{ ...example, label: -1, labels: [0, 1] }] });
  const words = { words: ["where", "is"], labels: [0, -1], label: -1 };
  checkDataset({ ...dataset, task: "token_classification", examples: [{ ...example, ...words }] });
});

test("the first thing that is wrong is named", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ ...dataset, name: undefined }, /^data, name: expected a short name/],
    [{ ...dataset, labels: "yes" }, /^tickets, labels: expected a list of names/],
    [{ ...dataset, examples: {} }, /^tickets, examples: expected a list/],
    [{ ...dataset, examples: [undefined] }, /examples\[0\]\.text: expected a text, got undefined/],
    [withExample({ text: 3 }), /examples\[1\]\.text: expected a text, got 3/],
    [withExample({ index: "1" }), /examples\[1\]\.index: expected a whole number/],
    [withExample({ pair: null }), /examples\[1\]\.pair: expected a text, got null/],
    [withExample({ label: 2 }), /examples\[1\]\.label: expected a class from 0 to 1, or -1 without one, got 2/],
    [withExample({ label: 0.5 }), /examples\[1\]\.label/],
    [withExample({ label: "yes" }), /examples\[1\]\.label/],
    [withExample({ label: Number.NaN }), /examples\[1\]\.label/],
    [
      { ...(withExample({ label: Infinity }) as Dataset), task: "regression" },
      /label: expected a number, NaN without one, got Infinity/,
    ],
    [withExample({ labels: [0, 2] }), /examples\[1\]\.labels: expected classes from 0 to 1, got \[0, 2\]/],
    [
      { ...(withExample({ labels: [-1] }) as Dataset), task: "multi_label_classification" },
      /labels: expected classes from 0 to 1, got \[-1\]/,
    ],
    [{ ...dataset, task: "clasification" }, /^tickets, task: expected one of .*, got clasification/],
    [withExample({ words: "where is" }), /examples\[1\]\.words: expected a list of words/],
  ];
  for (const [wrong, message] of cases) {
    assert.throws(() => checkDataset(wrong as Dataset), { code: "data/bad-dataset", message });
  }
});
