import assert from "node:assert/strict";
import { test } from "node:test";
import { renderSummary, summarise } from "./summary.ts";
import type { Dataset, Encoded } from "./types.ts";

const dataset = (name: string, rows: readonly (readonly [string, number])[]): Dataset => ({
  name,
  labels: ["neg", "pos"],
  examples: rows.map(([text, label], index) => ({ index, text, label })),
});
const encoded = (lengths: number[]): Encoded[] =>
  lengths.map((length, index) => ({
    index,
    label: 0,
    inputIds: new Int32Array(length),
    tokenTypeIds: new Int32Array(length),
    truncated: length >= 20,
  }));

const train = dataset("train.tsv", [
  ["A fine tune", 1],
  ["a fine tune !", 1],
  ["a fine  tune", 0],
  ["dull", 0],
  ["slow", 1],
]);
const dev = dataset("dev.tsv", [
  ["Dull .", 0],
  ["new", 1],
  ["newer", 1],
  ["newest", 0],
]);

test("counts, duplicates, conflicts, lengths, truncation, overlap and majority", () => {
  const summary = summarise([{ dataset: train, encoded: encoded([3, 5, 4, 20, 8]) }, { dataset: dev }]);
  assert.deepEqual(summary.splits[0], {
    name: "train.tsv",
    rows: 5,
    classes: [
      { label: "neg", count: 2 },
      { label: "pos", count: 3 },
    ],
    lengths: { mean: 8, median: 5, p95: 20, longest: 20 },
    truncated: 0.2,
    duplicates: 2,
    conflicting: 1,
  });
  assert.deepEqual([summary.splits[1].lengths, summary.splits[1].truncated, summary.splits[1].duplicates], [null, null, 0]);
  assert.deepEqual(summary.overlaps, [{ first: "train.tsv", second: "dev.tsv", rows: 1 }]);
  assert.deepEqual(summary.majority, { label: "pos", accuracy: 0.5, on: "dev.tsv" });
});
test("percentiles are the smallest value with that share at or below it", () => {
  const lengths = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) + 1);
  const many = dataset(
    "a",
    lengths.map((n) => [`t${n}`, n % 2] as const),
  );
  assert.deepEqual(summarise([{ dataset: many, encoded: encoded(lengths) }]).splits[0].lengths, {
    mean: 50.5,
    median: 50,
    p95: 95,
    longest: 100,
  });
});
test("a pair is a duplicate only when both texts are", () => {
  const pairs = { ...dev, examples: ["x", "y", "x"].map((pair, index) => ({ index, text: "same", pair, label: 0 })) };
  assert.equal(summarise([{ dataset: pairs }]).splits[0].duplicates, 1);
});
test("data without labels has no majority", () => {
  const blind = { name: "blind", labels: [], examples: [{ index: 0, text: "a", label: -1 }] };
  assert.equal(summarise([{ dataset: blind }]).majority, null);
});
test("the lines say it all, plainly", () => {
  assert.deepEqual(renderSummary(summarise([{ dataset: train, encoded: encoded([3, 5, 4, 20, 8]) }, { dataset: dev }])), [
    "train.tsv  5 rows · 2 classes (neg 2, pos 3) · tokens 8.0 on average, median 5, 95 % within 20, longest 20 · 2 duplicates (1 with another label) · 20 % truncated",
    "dev.tsv  4 rows · 2 classes (neg 2, pos 2) · 0 duplicates",
    "1 row of dev.tsv also stands in train.tsv",
    'majority baseline: always "pos" is right on 50.0 % of dev.tsv',
  ]);
});
