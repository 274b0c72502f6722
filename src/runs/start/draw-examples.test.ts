import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Encoded } from "../../data/index.ts";
import { drawExamples, type TrainingDraw } from "./draw-examples.ts";

/** 600, 300 and 100 examples of three classes, mixed. */
const all: Encoded[] = Array.from({ length: 1000 }, (_, index) => ({
  ...{ index, label: [0, 1, 0, 0, 1, 0, 2, 0, 1, 0][index % 10], truncated: false },
  ...{ inputIds: Int32Array.of(index), tokenTypeIds: Int32Array.of(0) },
}));
const draw = (options: TrainingDraw, seed = 1) => drawExamples(all, options, { seed, classes: 3 });
const indices = (examples: readonly Encoded[]) => examples.map(({ index }) => index);
const changed = (examples: readonly Encoded[]) => examples.filter(({ index, label }) => label !== all[index].label);

describe("a part of the training examples", () => {
  test("holds each class in its share, to within one example", () => {
    for (const rows of [1, 2, 5, 33, 250, 999, 1000]) {
      const drawn = draw({ rows });
      assert.equal(drawn.length, rows);
      [0.6, 0.3, 0.1].forEach((share, label) => {
        const count = drawn.filter((example) => example.label === label).length;
        assert.ok(Math.abs(count - share * rows) <= 1, `${count} of class ${label} in ${rows}`);
      });
    }
  });
  test("is nested in every larger one of its seed", () => {
    for (const [fewer, more] of [
      [10, 11],
      [250, 500],
      [999, 1000],
    ]) {
      const larger = new Set(indices(draw({ rows: more })));
      assert.ok(indices(draw({ rows: fewer })).every((index) => larger.has(index)));
    }
  });
  test("is another one with each seed, in the order of the data", () => {
    const [a, b] = [1, 2].map((seed) => indices(draw({ rows: 100 }, seed)));
    const shared = a.filter((index) => b.includes(index)).length;
    assert.ok(shared < 30, `${shared} of 100 are in both`);
    assert.deepEqual(
      a,
      a.toSorted((x, y) => x - y),
    );
  });
});

describe("noise in the labels", () => {
  test("changes the share that was asked for, to any of the other classes, and nothing else", () => {
    const noisy = draw({ labelNoise: 0.3 });
    assert.ok(Math.abs(changed(noisy).length - 300) < 3 * Math.sqrt(1000 * 0.3 * 0.7), `${changed(noisy).length}`);
    const to = changed(noisy).filter(({ index }) => all[index].label === 0);
    const ones = to.filter(({ label }) => label === 1).length;
    assert.ok(Math.abs(ones / to.length - 0.5) < 0.15, `${ones} of ${to.length} became class 1`);
    assert.deepEqual(
      noisy.map(({ inputIds }) => inputIds[0]),
      all.map(({ inputIds }) => inputIds[0]),
    );
  });
  test("at a lower rate changes labels that a higher rate changes in the same way, in fewer rows too", () => {
    const more = new Map(changed(draw({ labelNoise: 0.3 })).map(({ index, label }) => [index, label]));
    const fewer = changed(draw({ labelNoise: 0.1, rows: 700 }));
    assert.ok(fewer.length > 30);
    for (const { index, label } of fewer) assert.equal(label, more.get(index));
  });
});

test("more rows than there are, and a rate of 1, are refused", () => {
  assert.throws(() => draw({ rows: 1001 }), { code: "data/bad-draw", message: /a whole number from 1 to 1000.*got 1001/ });
  assert.throws(() => draw({ labelNoise: 1 }), { code: "data/bad-draw", message: /a share in \[0, 1\), got 1/ });
});
