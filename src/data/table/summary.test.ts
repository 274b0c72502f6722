import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TaskName } from "../../tasks/index.ts";
import { indexRows } from "../stream/row-stream.ts";
import type { Dataset, Encoded } from "../types.ts";
import { bytesSource } from "./byte-source.ts";
import { renderSummary, summarise, summariseStreamed } from "./summary.ts";

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
describe("data that stay on disk", () => {
  const streamed = async (rows: readonly object[], task: TaskName) => {
    const text = rows.map((row) => JSON.stringify(row)).join("\n");
    const dataset = await indexRows([bytesSource(new TextEncoder().encode(text), "a.jsonl")], { task, heldOut: { seed: 1 } });
    return { dataset, lines: renderSummary(summariseStreamed(dataset, { dataset: dataset.heldOut! })) };
  };
  test("rows and classes are those that train", async () => {
    const rows = Array.from({ length: 300 }, (_, at) => ({ text: `text ${at}`, label: at % 3 === 0 ? "b" : "a" }));
    const { dataset, lines } = await streamed(rows, "single_label_classification");
    const held = dataset.heldOut!.examples;
    const b = 100 - held.filter(({ label }) => label === 1).length;
    assert.equal(
      lines[0],
      `a.jsonl (training)  ${300 - held.length} rows · 2 classes (a ${300 - held.length - b}, b ${b}) · read as it trains`,
    );
    assert.match(lines[2], /^majority baseline: always "a" is right on/);
  });
  test("only one class a text has a majority", async () => {
    const numbers = Array.from({ length: 300 }, (_, at) => ({ text: `text ${at}`, label: at % 3 }));
    const sets = Array.from({ length: 300 }, (_, at) => ({ text: `text ${at}`, labels: ["a", "b"].slice(at % 2) }));
    for (const [rows, task] of [
      [numbers, "regression"],
      [sets, "multi_label_classification"],
    ] as const) {
      const { lines } = await streamed(rows, task);
      assert.ok(!lines.some((line) => line.includes("majority")), lines.join("\n"));
      if (task === "regression") assert.doesNotMatch(lines[0], /class/);
    }
  });
});
test("the lines say it all, plainly", () => {
  assert.deepEqual(renderSummary(summarise([{ dataset: train, encoded: encoded([3, 5, 4, 20, 8]) }, { dataset: dev }])), [
    "train.tsv  5 rows · 2 classes (neg 2, pos 3) · tokens 8.0 on average, median 5, 95 % within 20, longest 20 · 2 duplicates (1 with another label) · 20 % truncated",
    "dev.tsv  4 rows · 2 classes (neg 2, pos 2) · 0 duplicates",
    "1 row of dev.tsv also stands in train.tsv",
    'majority baseline: always "pos" is right on 50.0 % of dev.tsv',
  ]);
});
