import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../runtime/index.ts";
import { FedView, madeUpBatch } from "./patterns/made-up-heads.fixture.ts";
import { visibility } from "./visibility.ts";

describe("visibility", () => {
  const lengths = [0, 1, 2, 5, 9];
  for (const options of [{}, { window: 0 }, { window: 1 }, { window: 3 }, { window: 20 }]) {
    const subject = visibility(options);
    const title = JSON.stringify(options);
    test(`${title}: as many pairs as its reference allows, padding or not`, () => {
      for (const length of lengths) {
        for (const n of [length, length + 3]) {
          const counted = subject.allowed(length, n).reduce((sum, bit) => sum + bit, 0);
          assert.equal(subject.pairs(length), counted, `${length} of ${n}`);
        }
      }
    });
    test(`${title}: its graph form allows the pairs of its reference, for every real query`, () => {
      const batch = madeUpBatch([5, 1, 9, 2], { extraPadding: 2 });
      const { B, n } = batch.bindings;
      const view = new FedView(batch);
      const node = subject.graph(view.input);
      assert.deepEqual(node.shape, ["B", 1, subject.full ? 1 : "n", "n"]);
      const { data } = interpret({ node }, view.feeds(batch), batch.bindings).node;
      for (let example = 0; example < B; example++) {
        const length = batch.lengths[example];
        const allowed = subject.allowed(length, n);
        for (let query = 0; query < length; query++) {
          const start = (example * (subject.full ? 1 : n) + (subject.full ? 0 : query)) * n;
          assert.deepEqual([...data.slice(start, start + n)], [...allowed.slice(query * n, (query + 1) * n)]);
        }
      }
    });
  }
  test("worked example: of five tokens a window of 1 lets 13 pairs meet", () => {
    assert.equal(visibility({ window: 1 }).pairs(5), 13);
    assert.deepEqual([...visibility({ window: 1 }).allowed(2, 3)], [1, 1, 0, 1, 1, 0, 0, 0, 0]);
  });
  test("refuses a window that is no whole number of tokens", () => {
    for (const window of [-1, 1.5, Number.NaN]) {
      assert.throws(() => visibility({ window }), {
        code: "pattern/bad-parameter",
        message: /^visibility: expected a whole window in tokens, at least 0, got/,
      });
    }
  });
});
