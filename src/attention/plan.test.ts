import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inOrder } from "./patterns/compose.ts";
import { dense } from "./patterns/dense.ts";
import { FedView, head } from "./patterns/made-up-heads.fixture.ts";
import { slidingWindow } from "./patterns/sliding-window.ts";
import { topK } from "./patterns/top-k.ts";
import { checkPlan, isDense, planKeep, planMask, strengthAt } from "./plan.ts";

const pattern = topK({ sparsity: 0.8 });
const sizes = { layers: 6, heads: 12 };

describe("checkPlan", () => {
  test("takes all layers and heads, or some", () => {
    checkPlan({ pattern }, sizes);
    checkPlan({ pattern, layers: [0, 5], heads: [11], rampSteps: 1 }, sizes);
  });
  test("refuses layers and heads out of range, naming the range", () => {
    assert.throws(() => checkPlan({ pattern, layers: [0, 6] }, sizes), {
      code: "pattern/bad-plan",
      message: "attention.layers: expected layers from 0 to 5, got 6. Leave layers out to mean all of them.",
    });
    assert.throws(() => checkPlan({ pattern, heads: [12] }, sizes), {
      code: "pattern/bad-plan",
      message: "attention.heads: expected heads from 0 to 11, got 12. Leave heads out to mean all of them.",
    });
    for (const wrong of [[-1], [0.5], [Number.NaN], []]) {
      assert.throws(() => checkPlan({ pattern, layers: wrong }, sizes), { code: "pattern/bad-plan" });
      assert.throws(() => checkPlan({ pattern, heads: wrong }, sizes), { code: "pattern/bad-plan" });
    }
  });
  test("takes a normaliser of the registry, in all heads", () => {
    checkPlan({ pattern, normaliser: "entmax15", layers: [1], rampSteps: 3 }, sizes);
    checkPlan({ pattern, normaliser: "softmax", heads: [1] }, sizes);
    assert.throws(() => checkPlan({ pattern, normaliser: "sparsmax" }, sizes), {
      code: "pattern/bad-plan",
      message: "attention.normaliser: expected one of softmax, sparsemax, entmax15, got sparsmax.",
    });
    assert.throws(() => checkPlan({ pattern, normaliser: "sparsemax", heads: [1] }, sizes), {
      code: "pattern/bad-plan",
      message: "attention.normaliser: expected softmax beside heads, got sparsemax. Leave heads out, or take softmax.",
    });
  });
  test("refuses a ramp of no steps, and a ramp on an explicit radius wherever it stands", () => {
    for (const rampSteps of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => checkPlan({ pattern, rampSteps }, sizes), { code: "pattern/bad-plan" });
    }
    const window = slidingWindow({ radius: 3 });
    for (const wrong of [window, inOrder(pattern, window)]) {
      assert.throws(() => checkPlan({ pattern: wrong, rampSteps: 10 }, sizes), { code: "pattern/bad-schedule" });
    }
    checkPlan({ pattern: slidingWindow({ sparsity: 0.8 }), rampSteps: 10 }, sizes);
  });
});

test("a plan is dense where it keeps every pair and gives it the softmax", () => {
  assert.ok(isDense({ pattern: dense() }) && isDense({ pattern: "dense", normaliser: "softmax" }));
  assert.ok(!isDense({ pattern }) && !isDense({ pattern: "dense", normaliser: "sparsemax" }));
});

describe("strengthAt", () => {
  test("grows linearly to 1 and stays there", () => {
    const plan = { pattern, rampSteps: 4 };
    assert.deepEqual(
      [0, 1, 2, 3, 4, 100].map((step) => strengthAt(plan, step)),
      [0.25, 0.5, 0.75, 1, 1, 1],
    );
  });
  test("is 1 without a ramp and in evaluation", () => {
    assert.equal(strengthAt({ pattern }, 0), 1);
    assert.equal(strengthAt({ pattern, rampSteps: 4 }, 0, false), 1);
  });
});

describe("planMask", () => {
  test("adds nothing to the graph of a layer that it leaves dense", () => {
    const view = new FedView({ heads: 12, layer: 3 });
    assert.equal(planMask({ pattern, layers: [0] }, view, 6), view.allowed);
    assert.equal(planMask({ pattern: dense(), heads: [1] }, view, 6), view.allowed);
    assert.throws(() => planMask({ pattern, layers: [6] }, view, 6), { code: "pattern/bad-plan" });
  });
});

describe("planKeep", () => {
  test("applies to the chosen layers and heads alone", () => {
    const plan = { pattern, layers: [1], heads: [0] };
    const view = head(9, 2);
    const at = (layer: number, which: number): Uint8Array =>
      planKeep(plan, { ...view, key: { ...view.key, layer, head: which } });
    assert.deepEqual(at(1, 0), pattern.keep(view));
    for (const [layer, which] of [
      [0, 0],
      [1, 1],
    ]) {
      assert.deepEqual(at(layer, which), view.allowed);
    }
  });
});
