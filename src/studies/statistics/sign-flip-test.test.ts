import assert from "node:assert/strict";
import { test } from "node:test";
import { signFlipTest } from "./sign-flip-test.ts";

test("three seeds of one sign: only all and none flipped are as far out, 2 of 8", () => {
  assert.deepEqual(signFlipTest([1, 2, 3]), { p: 0.25, exact: true, smallest: 0.25 });
  assert.equal(signFlipTest([0.1, 0.2, 0.3, 0.4, 0.5]).p, 0.0625);
});

test("sign patterns whose sums are equal on paper count, whatever their last bits", () => {
  // 0.1 + 0.2 − 0.3 is 5.6e-17 and not 0: patterns of the same size would be missed
  assert.equal(signFlipTest([0.1, 0.2, -0.3]).p, 1);
});

test("random sign patterns are named by their seed and never give p = 0", () => {
  const far = Array.from({ length: 40 }, () => 1);
  const { p, exact, smallest } = signFlipTest(far, { draws: 500 });
  assert.deepEqual([p, exact, smallest], [1 / 501, false, 1 / 501]);
  const mixed = far.map((_, s) => (s % 3 === 0 ? -1 : 1));
  assert.equal(signFlipTest(mixed, { draws: 500 }).p, signFlipTest(mixed, { draws: 500 }).p);
  assert.notEqual(signFlipTest(mixed, { draws: 500 }).p, signFlipTest(mixed, { draws: 500, randomSeed: 1 }).p);
});
