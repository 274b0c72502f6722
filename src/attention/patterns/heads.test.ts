import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../runtime/index.ts";
import { checkPlan } from "../plan.ts";
import { anyOf, inOrder } from "./compose.ts";
import { heads, removedHeads } from "./heads.ts";
import { FedView, head, madeUpBatch } from "./made-up-heads.fixture.ts";
import { parsePattern } from "./parse-pattern.ts";
import { slidingWindow } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

const inHead = (which: number, count = 4) => {
  const view = head(6, 1);
  return { ...view, heads: count, key: { ...view.key, head: which } };
};
const removed = (pattern: ReturnType<typeof heads>, count = 4, strength = 1): number[] =>
  Array.from({ length: count }, (_, which) => which).filter(
    (which) => !pattern.keep({ ...inHead(which, count), strength }).includes(1),
  );

describe("heads", () => {
  test("removes the heads it names whole, and nothing of the others", () => {
    const pattern = heads({ heads: [2, 0] });
    assert.deepEqual(removed(pattern), [0, 2]);
    assert.deepEqual(pattern.keep(inHead(1)), inHead(1).allowed);
  });
  test("a sparsity removes the last heads, and leaves one", () => {
    assert.deepEqual(
      [0, 0.4, 0.6, 0.8, 0.99].map((s) => removedHeads(s, 12)),
      [0, 5, 7, 10, 11],
    );
    assert.equal(removedHeads(0.8, 1), 0);
    assert.deepEqual(removed(heads({ sparsity: 0.5 })), [2, 3]);
    assert.deepEqual(removed(heads({ sparsity: 0.5 }), 4, 0.5), [3]);
  });
  test("behind it nothing comes back; beside a window a removed head keeps the window", () => {
    const pattern = heads({ heads: [1] });
    for (const behind of [topK({ sparsity: 0.5 }), slidingWindow({ sparsity: 0.5 })]) {
      assert.ok(!inOrder(pattern, behind).keep(inHead(1)).includes(1));
    }
    const window = slidingWindow({ radius: 1 });
    assert.deepEqual(anyOf(window, pattern).keep(inHead(1)), window.keep(inHead(1)));
  });
  test("is told apart by emptiesRows, also in compositions", () => {
    const [pattern, other] = [heads({ heads: [1] }), topK({ sparsity: 0.5 })];
    assert.equal(inOrder(pattern, other).emptiesRows, true);
    assert.equal(anyOf(pattern, pattern).emptiesRows, true);
    assert.ok(!anyOf(pattern, other).emptiesRows && !inOrder(other).emptiesRows && !other.emptiesRows);
  });
  test("has an id that names heads in order, read back", () => {
    assert.equal(heads({ heads: [3, 0] }).id, "heads(heads=0+3)");
    for (const chosen of [[0], [0, 3], [2, 10, 11]]) {
      const { id } = heads({ heads: chosen });
      assert.equal(parsePattern(id).id, id);
    }
  });
  test("refuses anything but a sparsity or different whole heads", () => {
    const make = heads as (options: object) => unknown;
    assert.throws(() => make({}), { message: "heads: expected either a sparsity or heads, got neither." });
    assert.throws(() => make({ sparsity: 0.5, heads: [1] }), { message: /got both/ });
    for (const wrong of [[], [-1], [1.5], [1, 1], 3, [true]]) {
      assert.throws(() => make({ heads: wrong }), { code: "pattern/bad-parameter", message: /different whole heads/ });
    }
    assert.throws(() => parsePattern("topK(sparsity=0+1)"), { code: "pattern/bad-parameter" });
  });
  test("refuses a head that the layer lacks, in both forms, and a ramp on explicit heads", () => {
    const pattern = heads({ heads: [1, 4] });
    assert.throws(() => pattern.keep(inHead(0)), { code: "pattern/bad-parameter", message: /heads from 0 to 3.*got 4/ });
    assert.throws(() => pattern.graph(new FedView({ heads: 4, layer: 0 })), { code: "pattern/bad-parameter" });
    const ramp = { pattern: heads({ heads: [1] }), rampSteps: 10 };
    assert.throws(() => checkPlan(ramp, { layers: 2, heads: 4 }), { code: "pattern/bad-schedule" });
    const batch = madeUpBatch([3], { strength: 0.5 });
    const view = new FedView(batch);
    const mask = ramp.pattern.graph(view);
    assert.throws(() => interpret({ mask }, view.feeds(batch), batch.bindings), { code: "pattern/bad-schedule" });
  });
});
