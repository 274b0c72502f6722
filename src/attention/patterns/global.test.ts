import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { global, globalTokens } from "./global.ts";
import { head, row } from "./made-up-heads.fixture.ts";

describe("globalTokens", () => {
  test("comes closest to the sparsity, pairs counted one by one, ties to fewer tokens", () => {
    for (const length of [1, 2, 3, 7, 24, 33, 60]) {
      for (const sparsity of [0, 0.1, 0.4, 0.5, 0.6, 0.8, 0.95]) {
        const misses = Array.from({ length }, (_, before) => {
          let kept = 0;
          for (let i = 0; i < length; i++) for (let j = 0; j < length; j++) kept += Number(i <= before || j <= before);
          return Math.abs(1 - kept / length ** 2 - sparsity);
        });
        assert.equal(globalTokens(sparsity, length), 1 + misses.indexOf(Math.min(...misses)), `${sparsity} of ${length}`);
      }
    }
  });
  test("never grows for a shorter text, as the lists of blocks take for granted", () => {
    for (const sparsity of [0, 0.05, 0.3, 0.5, 0.8, 0.9, 0.99]) {
      const tokens = Array.from({ length: 400 }, (_, before) => globalTokens(sparsity, before + 1));
      for (const [at, more] of tokens.slice(1).entries()) assert.ok(more >= tokens[at], `${sparsity} of ${at + 2}`);
    }
  });
  test("worked examples", () => {
    assert.deepEqual([globalTokens(0.8, 32), globalTokens(0, 32), globalTokens(0.99, 32), globalTokens(0.8, 1)], [3, 32, 1, 1]);
  });
});

describe("global", () => {
  test("its tokens see all and are seen by all, the others see nothing else", () => {
    const mask = global({ tokens: 2 }).keep(head(6, 1));
    assert.deepEqual(
      [0, 1, 2, 4, 5].map((query) => row(mask, 6, query)),
      [
        [1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
      ],
    );
  });
  test("more tokens than the text has remove nothing", () => {
    assert.deepEqual(global({ tokens: 9 }).keep(head(6, 1)), head(6, 1).allowed);
  });
  test("an emptied row keeps its best allowed key, ties to the earlier one", () => {
    const view = head(5, 0);
    const allowed = view.allowed.map((ok, at) => ok & Number(at % 5 > 0));
    const scores = Float32Array.from({ length: 25 }, (_, at) => [9, 2, 7, 7, 1][at % 5]);
    const mask = global({ tokens: 1 }).keep({ ...view, allowed, scores });
    assert.deepEqual(row(mask, 5, 0), [0, 1, 1, 1, 1]);
    assert.deepEqual(row(mask, 5, 3), [0, 0, 1, 0, 0]);
  });
  test("takes a sparsity or tokens, not both and not neither", () => {
    const make = global as (options: object) => unknown;
    assert.throws(() => make({}), {
      code: "pattern/bad-parameter",
      message: "global: expected either a sparsity or tokens, got neither.",
    });
    assert.throws(() => make({ sparsity: 0.5, tokens: 2 }), { code: "pattern/bad-parameter", message: /got both/ });
    for (const tokens of [0, -1, 1.5, Number.NaN, true]) {
      assert.throws(() => make({ tokens }), { code: "pattern/bad-parameter", message: /a whole number of tokens, at least 1/ });
    }
  });
  test("an explicit number cannot be ramped", () => {
    assert.throws(() => global({ tokens: 1 }).keep({ ...head(5, 0), strength: 0.5 }), { code: "pattern/bad-schedule" });
  });
});
