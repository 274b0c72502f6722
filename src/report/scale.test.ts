import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { percent } from "./format.ts";
import { scaleThatFits, tickBoxes } from "./row-chart.ts";
import { exactScale, leastSpan, scaleOver } from "./scale.ts";
import { accuracyTick } from "./study/ticks.ts";

test("scales put ends at 0 and 100 and ticks on round numbers", () => {
  const scale = exactScale(-1, 1, 4);
  assert.deepEqual([scale.at(-1), scale.at(0), scale.at(1)], [0, 50, 100]);
  assert.deepEqual([...scale.ticks], [-1, -0.5, 0, 0.5, 1]);
  assert.equal(scale.digits, 1);
});

describe("an axis has a least span", () => {
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  test("of 1 point for accuracies, though they differ by a hundredth of that", () => {
    const scale = scaleOver("share", [0.61995, 0.62005, Number.NaN]);
    assert.ok(width(scale) >= 0.01 && scale.low < 0.61995 && scale.high > 0.62005);
    assert.ok(scale.at(0.62005) - scale.at(0.61995) < 1.5, "a small difference looks small");
  });
  test("of 2 points for differences, and of a twentieth of the largest value for anything else", () => {
    assert.ok(width(scaleOver("points", [0.1, 0.2])) >= 2);
    assert.equal(leastSpan("other", [-4, 2]), 0.2);
    assert.ok(width(scaleOver("other", [0.5, 0.5])) >= 0.025);
    assert.ok(width(scaleOver("other", [0, 0])) > 0);
  });
  test("that a wider one is not changed by", () => {
    const { low, high } = scaleOver("share", [0.5, 0.6], { margin: 0 });
    assert.deepEqual([low, high], [0.5, 0.6]);
  });
  test("that never leaves [0, 1] for shares", () => {
    for (const all of [[1], [0.999, 1], [0], [0, 1]]) {
      const scale = scaleOver("share", all);
      assert.ok(scale.low >= 0 && scale.high <= 1 && width(scale) >= 0.01 - 1e-12, String(all));
    }
  });
});

test("no label of an axis is printed over another, on the narrowest screen", () => {
  for (const values of [
    [0.61, 0.62],
    [0.8999, 0.9001],
    [0.1, 0.9],
    [0.0001, 0.9999],
  ]) {
    const boxes = tickBoxes(scaleThatFits(scaleOver("share", values), accuracyTick), accuracyTick);
    assert.ok(boxes.length > 0);
    for (const [at, { left, right }] of boxes.entries()) {
      assert.ok(left >= -1 && right <= 237, "inside the track");
      if (at > 0) assert.ok(left > boxes[at - 1].right);
    }
  }
  const long = (value: number) => percent(value, 9);
  const crowded = tickBoxes(scaleOver("share", [0.1, 0.9]), long);
  assert.ok(
    crowded.some(({ left }, at) => at > 0 && left < crowded[at - 1].right),
    "the check itself can fail",
  );
  assert.ok(scaleThatFits(scaleOver("share", [0.1, 0.9]), long).ticks.length >= 1);
});
