import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { reviews, tinyClassifier } from "../../../../test/export/saved-models.fixture.ts";
import { madeUpRun, madeUpStudy } from "../made-up.fixture.ts";
import { createWorkThread } from "./work-thread.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-work-thread-"));
const thread = createWorkThread();
after(async () => {
  await thread.close();
  rmSync(work, { recursive: true, force: true });
});

test("a text is read densely and as trained: all heads of all layers, with exactly 0 where a pair was removed", async () => {
  const folder = join(work, "sparse");
  const model = tinyClassifier("topK(sparsity=0.5)");
  model.save(folder, { onnx: false });
  const { tokens, heads, pattern, readings } = await thread.read(folder, reviews[0]);
  assert.equal(pattern, "topK(sparsity=0.5)");
  assert.deepEqual(
    readings.map(({ attention }) => attention),
    ["dense", "as trained"],
  );
  const [dense, sparse] = readings;
  const n = tokens.length;
  for (const { maps } of readings) {
    assert.equal(maps.length, model.config.layers);
    for (const map of maps) {
      assert.equal(map.length, heads * n * n);
      for (let row = 0; row < heads * n; row++) {
        const sum = map.subarray(row * n, (row + 1) * n).reduce((total, p) => total + p, 0);
        assert.ok(Math.abs(sum - 1) < 1e-5);
      }
    }
  }
  const removed = (map: Float32Array): number => map.filter((p) => p === 0).length / map.length;
  assert.equal(removed(dense.maps[0]), 0);
  assert.equal(removed(sparse.maps[0]), Math.floor(n / 2) / n);
  const [best] = await model.predict(reviews[0]);
  assert.equal(sparse.predictions[0].label, best.label);
  assert.ok(Math.abs(sparse.predictions[0].score - best.score) < 1e-6);
});

test("a dense model is read once, and what cannot be read is an error of its own", async () => {
  const folder = join(work, "dense");
  tinyClassifier("dense").save(folder, { onnx: false });
  const { readings } = await thread.read(folder, reviews[0]);
  assert.equal(readings.length, 1);
  await assert.rejects(thread.read(join(work, "missing"), reviews[0]));
  assert.equal((await thread.read(folder, reviews[1])).readings.length, 1, "the thread goes on");
});

test("a study is judged at a look of its plan from its finished runs", async () => {
  const folder = join(work, "study");
  const [arms, seeds] = [
    ["dense", "sparse"],
    [1, 2, 3, 4, 5],
  ];
  madeUpStudy(folder, { arms, seeds });
  for (const seed of seeds)
    for (const arm of arms) {
      const run = madeUpRun(arm, seed, arm === "dense" ? 20 : 38);
      writeFileSync(join(folder, `runs/${arm}.seed-${seed}.json`), JSON.stringify(run));
    }
  const { look, verdicts, disagreements } = await thread.look({ folder }, 5);
  assert.equal(look, 5);
  assert.deepEqual(
    verdicts.map(({ arm, verdict, difference }) => [arm, verdict.word, difference.mean]),
    [["sparse", "supported", 45]],
  );
  const [{ arm, onlyArm, onlyBaseline, examples }] = disagreements.arms;
  assert.deepEqual([arm, onlyArm, onlyBaseline, examples.length], ["sparse", 5 * 18, 0, 8]);
  assert.deepEqual(examples[0], {
    ...{ index: 20, text: "text 20 of the reported split", label: "class 0", armRight: 5, baselineRight: 0 },
  });
});
