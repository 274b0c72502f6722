import assert from "node:assert/strict";
import { test } from "node:test";
import { armText } from "./arm-text.ts";

test("an arm is its pattern, and what else is not as it is for the others", () => {
  const of = (arm: object) => armText({ name: "a", nominalSparsity: 0, plan: { pattern: "dense" }, ...arm });
  assert.equal(of({}), "dense");
  assert.equal(of({ options: { weightDecay: 0.1, rDropAlpha: 1 } }), "dense, weight_decay=0.1, r_drop_alpha=1");
  const plan = { pattern: "topK(sparsity=0.8)", layers: [0, 5], rampSteps: 100 };
  assert.equal(of({ plan }), "topK(sparsity=0.8), layers=0+5, rampSteps=100");
  assert.equal(of({ plan: { pattern: "dense", normaliser: "entmax15" } }), "dense, normaliser=entmax15");
});
