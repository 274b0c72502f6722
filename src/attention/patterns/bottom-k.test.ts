import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bottomK } from "./bottom-k.ts";
import { head, row } from "./made-up-heads.fixture.ts";
import { topK } from "./top-k.ts";

const withScores = (scores: readonly number[]) => {
  const n = scores.length;
  return { ...head(n, 1), scores: Float32Array.from({ length: n * n }, (_, at) => scores[at % n]) };
};

describe("bottomK", () => {
  test("keeps the smallest real scores, ties to the earlier key", () => {
    // the last key is padding
    const view = withScores([5, 1, 3, 1, -9]);
    const kept = (sparsity: number): number[] => row(bottomK({ sparsity }).keep(view), 5, 2);
    assert.deepEqual(kept(0.75), [0, 1, 0, 0, 0]);
    assert.deepEqual(kept(0.5), [0, 1, 0, 1, 0]);
    assert.deepEqual(kept(0.25), [0, 1, 1, 1, 0]);
  });
  test("at half the keys it keeps what topK removes, where no scores are equal", () => {
    const view = head(24, 4);
    const [largest, smallest] = [topK, bottomK].map((make) => make({ sparsity: 0.5 }).keep(view));
    assert.deepEqual(
      smallest,
      view.allowed.map((ok, at) => ok & (1 - largest[at])),
    );
  });
  test("names itself in its errors", () => {
    assert.throws(() => bottomK({ sparsity: 0.5, rankOver: { paddedTo: 0 } }), {
      code: "pattern/bad-parameter",
      message: "bottomK: expected paddedTo as a whole number of tokens, at least 1, got 0.",
    });
  });
});
