import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { strided, stridedBy } from "./strided.ts";

describe("stridedBy", () => {
  test("comes closest to the sparsity, pairs counted one by one, ties to the smaller stride", () => {
    for (const length of [1, 2, 3, 7, 24, 33, 60]) {
      for (const sparsity of [0, 0.1, 0.4, 0.5, 0.6, 0.8, 0.95]) {
        const misses = Array.from({ length }, (_, before) => {
          let kept = 0;
          for (let i = 0; i < length; i++) for (let j = 0; j < length; j++) kept += Number((i - j) % (before + 1) === 0);
          return Math.abs(1 - kept / length ** 2 - sparsity);
        });
        assert.equal(stridedBy(sparsity, length), 1 + misses.indexOf(Math.min(...misses)), `${sparsity} of ${length}`);
      }
    }
  });
  test("worked examples", () => {
    assert.deepEqual([stridedBy(0.8, 32), stridedBy(0, 32), stridedBy(0.99, 32), stridedBy(0.8, 1)], [5, 1, 32, 1]);
  });
});

describe("strided", () => {
  test("stride 2 keeps every second key, to both sides", () => {
    const mask = strided({ stride: 2 }).keep(head(6, 1));
    assert.deepEqual(
      [0, 1, 2, 5].map((query) => row(mask, 6, query)),
      [
        [1, 0, 1, 0, 1, 0],
        [0, 1, 0, 1, 0, 0],
        [1, 0, 1, 0, 1, 0],
        [0, 0, 0, 0, 0, 0],
      ],
    );
  });
  test("a sparsity means the stride of the example's own length", () => {
    for (const padded of [0, 8]) {
      assert.deepEqual(
        strided({ sparsity: 0.8 }).keep(head(32 + padded, padded)),
        strided({ stride: 5 }).keep(head(32 + padded, padded)),
      );
    }
  });
  test("an emptied row keeps its best allowed key, ties to the earlier one", () => {
    const view = head(5, 0);
    const allowed = view.allowed.map((ok, at) => ok & Number(at % 5 > 2));
    const scores = Float32Array.from({ length: 25 }, (_, at) => [9, 9, 9, 7, 7][at % 5]);
    const mask = strided({ stride: 3 }).keep({ ...view, allowed, scores });
    assert.deepEqual(row(mask, 5, 1), [0, 0, 0, 0, 1]);
    assert.deepEqual(row(mask, 5, 2), [0, 0, 0, 1, 0]);
  });
  test("takes a sparsity or a stride, not both and not neither", () => {
    const make = strided as (options: object) => unknown;
    assert.throws(() => make({}), {
      code: "pattern/bad-parameter",
      message: "strided: expected either a sparsity or a stride, got neither.",
    });
    assert.throws(() => make({ sparsity: 0.5, stride: 2 }), { code: "pattern/bad-parameter", message: /got both/ });
    for (const stride of [0, -1, 1.5, Number.NaN, true]) {
      assert.throws(() => make({ stride }), { code: "pattern/bad-parameter", message: /a whole stride in tokens, at least 1/ });
    }
  });
  test("has blocks where an explicit stride leaves most of them out", () => {
    for (const stride of [1, 5, 64, 127]) assert.equal(strided({ stride }).blocks, undefined, `stride ${stride}`);
    for (const sparsity of [0, 0.8, 0.99]) assert.equal(strided({ sparsity }).blocks, undefined, `sparsity ${sparsity}`);
    assert.ok(strided({ stride: 128 }).blocks);
  });
  test("an explicit stride cannot be ramped", () => {
    assert.throws(() => strided({ stride: 2 }).keep({ ...head(5, 0), strength: 0.5 }), { code: "pattern/bad-schedule" });
  });
});
