import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { head, row } from "./made-up-heads.fixture.ts";
import { validLength } from "./parts/valid-length.ts";
import { slidingWindow, windowRadius } from "./sliding-window.ts";

describe("windowRadius", () => {
  test("comes closest to the sparsity, pairs counted one by one, ties to the smaller radius", () => {
    for (const length of [1, 2, 3, 7, 24, 33, 60]) {
      for (const sparsity of [0, 0.1, 0.4, 0.5, 0.6, 0.8, 0.95]) {
        const misses = Array.from({ length }, (_, radius) => {
          let kept = 0;
          for (let i = 0; i < length; i++) for (let j = 0; j < length; j++) kept += Number(Math.abs(i - j) <= radius);
          return Math.abs(1 - kept / length ** 2 - sparsity);
        });
        assert.equal(windowRadius(sparsity, length), misses.indexOf(Math.min(...misses)), `${sparsity} of ${length}`);
      }
    }
  });
  test("worked examples", () => {
    assert.deepEqual([windowRadius(0.8, 32), windowRadius(0, 32), windowRadius(0.99, 32), windowRadius(0.8, 1)], [3, 31, 0, 0]);
    // Of 2 · 2 pairs radius 0 removes half, radius 1 nothing: 0.25 is a tie.
    assert.equal(windowRadius(0.25, 2), 0);
  });
});

describe("validLength", () => {
  test("counts queries up to the last that has a key, whichever key that is", () => {
    for (const n of [1, 6, 9]) assert.equal(validLength(head(n, 0)), n);
    const view = head(9, 3);
    assert.equal(validLength(view), 6);
    assert.equal(validLength({ ...view, allowed: view.allowed.map((ok, at) => ok & Number(at % 9 === 0)) }), 6);
    assert.equal(validLength({ ...view, allowed: new Uint8Array(81) }), 0);
  });
});

describe("slidingWindow", () => {
  test("radius 1 keeps a key's neighbours to both sides", () => {
    const mask = slidingWindow({ radius: 1 }).keep(head(5, 0));
    assert.deepEqual(
      [0, 2, 4].map((query) => row(mask, 5, query)),
      [
        [1, 1, 0, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 0, 1, 1],
      ],
    );
  });
  test("a sparsity means the radius of the example's own length", () => {
    for (const [n, padded] of [
      [32, 0],
      [40, 8],
    ]) {
      assert.deepEqual(
        slidingWindow({ sparsity: 0.8 }).keep(head(n, padded)),
        slidingWindow({ radius: windowRadius(0.8, 32) }).keep(head(n, padded)),
      );
    }
  });
  test("the length is that of the text, also where no query kept its last keys", () => {
    const view = head(32, 0);
    const first8 = view.allowed.map((ok, at) => ok & Number(at % 32 < 8));
    const mask = slidingWindow({ sparsity: 0.8 }).keep({ ...view, allowed: first8 });
    // Radius 3 of 32 tokens; of 8 it would be 0.
    assert.deepEqual(row(mask, 32, 4).slice(0, 9), [0, 1, 1, 1, 1, 1, 1, 1, 0]);
  });
  test("an emptied row keeps its best allowed key, ties to the earlier one", () => {
    const view = head(6, 1);
    const allowed = view.allowed.map((ok, at) => ok & Number(at % 6 > 1));
    const scores = Float32Array.from({ length: 36 }, (_, at) => [0, 9, 2, 7, 7, 99][at % 6]);
    const mask = slidingWindow({ radius: 1 }).keep({ ...view, allowed, scores });
    assert.deepEqual(row(mask, 6, 0), [0, 0, 0, 1, 0, 0]);
    assert.deepEqual(row(mask, 6, 1), [0, 0, 1, 0, 0, 0]);
    assert.deepEqual(row(mask, 6, 5), [0, 0, 0, 0, 0, 0]);
  });
  test("takes a sparsity or a radius, not both and not neither", () => {
    const make = slidingWindow as (options: object) => unknown;
    assert.throws(() => make({}), {
      code: "pattern/bad-parameter",
      message: "slidingWindow: expected either a sparsity or a radius, got neither.",
    });
    assert.throws(() => make({ sparsity: 0.5, radius: 2 }), { code: "pattern/bad-parameter", message: /got both/ });
    for (const radius of [-1, 1.5, Number.NaN, true]) {
      assert.throws(() => make({ radius }), { code: "pattern/bad-parameter", message: /a whole radius in tokens, at least 0/ });
    }
  });
  test("an explicit radius cannot be ramped", () => {
    assert.throws(() => slidingWindow({ radius: 3 }).keep({ ...head(5, 0), strength: 0.5 }), {
      code: "pattern/bad-schedule",
      message:
        "slidingWindow(radius=3): expected no ramp on an explicit radius, got strength 0.5. Give a sparsity instead of the radius, or leave the ramp out.",
    });
  });
});
