import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { threshold } from "./threshold.ts";

const withScores = (scores: readonly number[]) => {
  const view = head(4, 1);
  return { ...view, scores: Float32Array.from({ length: 16 }, (_, at) => scores[at % 4]) };
};

describe("threshold", () => {
  test("keeps keys of at least that probability, over the allowed keys only", () => {
    // The fourth key is padding: it would take nearly all.
    const view = withScores([Math.log(0.7), Math.log(0.25), Math.log(0.05), 20]);
    const kept = (probability: number): number[] => row(threshold({ probability }).keep(view), 4, 1);
    assert.deepEqual(kept(0.01), [1, 1, 1, 0]);
    assert.deepEqual(kept(0.1), [1, 1, 0, 0]);
    assert.deepEqual(kept(0.3), [1, 0, 0, 0]);
  });
  test("a row without such a key keeps its best one, ties to the earlier", () => {
    assert.deepEqual(row(threshold({ probability: 0.9 }).keep(withScores([0, 1, 1, 9])), 4, 2), [0, 1, 0, 0]);
  });
  test("refuses what is no probability, and a ramp", () => {
    for (const probability of [0, -0.1, 1.1, Number.NaN, true as unknown as number]) {
      assert.throws(() => threshold({ probability }), { code: "pattern/bad-parameter", message: /a probability in \(0, 1\]/ });
    }
    assert.throws(() => threshold({ probability: 0.1 }).keep({ ...head(4, 1), strength: 0.5 }), { code: "pattern/bad-schedule" });
  });
});
