import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { prepareTextTraining } from "../api/index-node.ts";
import { tasks } from "../tasks/index.ts";
import { classWeightsOf } from "./class-weights.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-class-weights-"));
after(() => rmSync(work, { recursive: true, force: true }));

test("balanced: N / (C · n) for one class a text, the negatives per positive for several", () => {
  const counted = { counts: [20, 80], rows: 100 };
  const data = { name: "a", labels: ["rare", "common"], examples: [] };
  assert.deepEqual(classWeightsOf("balanced", data, counted), [2.5, 0.625]);
  assert.deepEqual(classWeightsOf("balanced", { ...data, task: "multi_label_classification" }, counted), [4, 0.25]);
});

test("rows without a label, of which a teacher speaks, weigh nothing", () => {
  const labelled = Array.from({ length: 10 }, (_, index) => ({ index, text: "a", label: -1, labels: index < 5 ? [0] : [1] }));
  const others = Array.from({ length: 90 }, (_, at) => ({ index: 10 + at, text: "a", label: -1 }));
  const data = { name: "a", labels: ["a", "b"], task: "multi_label_classification" } as const;
  assert.deepEqual(classWeightsOf("balanced", { ...data, examples: [...labelled, ...others] }), [1, 1]);
});

test("balanced weights of several labels are those of all rows, also where the data stay on disk", async () => {
  const data = join(work, "labels.jsonl");
  const rows = Array.from({ length: 400 }, (_, at) => ({
    text: `text number ${at}`,
    labels: at % 4 === 0 ? ["odd"] : ["even", "all"],
  }));
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join("\n"));
  const settings = { data, model: writeTinyModel(join(work, "model")), classWeights: "balanced" } as const;
  const onDisk = await prepareTextTraining({ ...settings, streaming: true });
  const [all, even, odd] = onDisk.classWeights!;
  assert.deepEqual([all, even, odd], [100 / 300, 100 / 300, 3]);
  const inMemory = await prepareTextTraining({ ...settings, streaming: false });
  inMemory.classWeights!.forEach((weight, at) => {
    assert.ok(Math.abs(weight - onDisk.classWeights![at]) < 0.3, `${weight} and ${onDisk.classWeights![at]}`);
  });
});

test("a batch of few labelled tokens weighs what its tokens weigh, and none of them nothing", () => {
  const examples = [{ label: -1, labels: [-1, 0, 1, -1] }];
  assert.ok(Math.abs(tasks.token_classification.lossWeight(examples, [0.1, 0.2]) - 0.3) < 1e-12);
  assert.equal(tasks.token_classification.lossWeight([{ label: -1, labels: [-1, -1] }]), 0);
});
