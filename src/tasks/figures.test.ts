import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Labelled } from "./task.ts";
import { type TaskName, tasks } from "./tasks.ts";

const labels = ["a", "b"];
const none: Partial<Record<TaskName, Labelled>> = {
  single_label_classification: { label: -1 },
  multi_label_classification: { label: -1 },
  regression: { label: Number.NaN },
  token_classification: { label: -1, labels: [-1, -1] },
};
const some: Partial<Record<TaskName, readonly Labelled[]>> = {
  single_label_classification: [{ label: 0 }, { label: 1 }],
  multi_label_classification: [
    { label: -1, labels: [0] },
    { label: -1, labels: [] },
  ],
  regression: [{ label: 0.5 }, { label: 2 }],
  token_classification: [
    { label: -1, labels: [0, -1] },
    { label: -1, labels: [1, 0] },
  ],
};
const rows = [
  [0.8, 0.2, 0.4, 0.6],
  [0.3, 0.7, 0.9, 0.1],
  [0.6, 0.4, 0.5, 0.5],
];

describe("examples without a label change no figure", () => {
  for (const [name, examples] of Object.entries(some) as [TaskName, readonly Labelled[]][]) {
    test(name, () => {
      const { figures } = tasks[name].outputs!;
      const width = tasks[name].perToken ? 4 : 2;
      const outputs = rows.map((row) => row.slice(0, width));
      const known = figures({ labels }, outputs.slice(0, 2), examples);
      assert.ok(Number.isFinite(known.loss), `${known.loss}`);
      assert.deepEqual(figures({ labels }, outputs, [...examples, none[name]!]), known);
    });
  }
});
