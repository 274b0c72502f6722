import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { parsePattern } from "./parse-pattern.ts";
import { topP } from "./top-p.ts";

const withScores = (scores: readonly number[]) => {
  const n = scores.length;
  return { ...head(n, 1), scores: Float32Array.from({ length: n * n }, (_, at) => scores[at % n]) };
};

describe("topP", () => {
  test("keeps the most probable keys until their mass is reached, over the allowed keys only", () => {
    // the last key is padding: it would take nearly all
    const view = withScores([Math.log(0.25), Math.log(0.7), Math.log(0.05), 20]);
    const kept = (mass: number): number[] => row(topP({ mass }).keep(view), 4, 1);
    assert.deepEqual(kept(0.69), [0, 1, 0, 0]);
    assert.deepEqual(kept(0.9), [1, 1, 0, 0]);
    assert.deepEqual(kept(0.96), [1, 1, 1, 0]);
  });
  test("keeps one key however small the mass, ties to the earlier", () => {
    assert.deepEqual(row(topP({ mass: 1e-9 }).keep(withScores([0, 1, 1, 9])), 4, 0), [0, 1, 0, 0]);
  });
  test("rounding adds no key where keys reach the mass exactly", () => {
    for (const [keys, mass, want] of [
      [10, 0.9, 9],
      [10, 0.3, 3],
      [3, 2 / 3, 2],
      [100, 0.07, 7],
    ]) {
      const kept = row(topP({ mass }).keep(withScores(Array<number>(keys + 1).fill(0.7))), keys + 1, 0);
      assert.deepEqual(
        kept.map((bit, key) => bit === Number(key < want)),
        kept.map(() => true),
        `${mass} of ${keys}`,
      );
    }
  });
  test("refuses what is no mass below 1, a sparsity, and a ramp", () => {
    for (const mass of [0, 1, -0.1, Number.NaN, "0.9" as unknown as number]) {
      assert.throws(() => topP({ mass }), { code: "pattern/bad-parameter", message: /^topP: expected a mass in \(0, 1\), got / });
    }
    assert.throws(() => parsePattern("topP(sparsity=0.8)"), {
      code: "pattern/bad-parameter",
      message: "topP: expected each of mass at most once, got sparsity.",
    });
    assert.throws(() => topP().keep({ ...head(4, 1), strength: 0.5 }), {
      code: "pattern/bad-schedule",
      message: "topP(mass=0.9): expected no ramp on a mass, got strength 0.5. Leave the ramp out.",
    });
  });
});
