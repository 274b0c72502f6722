import assert from "node:assert/strict";
import { test } from "node:test";
import { add, blockAttention, cast, exp, gradients, greater, input, mul, peakBytes, reshape, sumAll } from "./index.ts";

const x = input("x", ["B", 4]);
const bindings = { B: 10 };
const SIZE = 4 * 40;

test("a chain holds two values at a time: the one that is made and the one that is read", () => {
  assert.equal(peakBytes([sumAll(exp(exp(exp(x))))], bindings), 2 * SIZE);
});

test("a value lives until its last reader", () => {
  const first = exp(x);
  const chain = exp(exp(exp(first)));
  assert.equal(peakBytes([sumAll(mul(chain, first))], bindings), 3 * SIZE);
});

test("what is fed and what is given out lie elsewhere", () => {
  const out = exp(x);
  assert.equal(peakBytes([out], bindings), 0);
  assert.equal(peakBytes([exp(x), exp(out)], bindings), SIZE);
});

test("a view is no value of its own, and keeps what it views alive", () => {
  const first = exp(x);
  const view = reshape(first, ["4*B"]);
  assert.equal(peakBytes([sumAll(exp(exp(view)))], bindings), 2 * SIZE);
  assert.equal(peakBytes([sumAll(add(exp(exp(view)), view))], bindings), 3 * SIZE);
});

test("bytes are those of the dtype", () => {
  assert.equal(peakBytes([sumAll(cast(greater(x, x), "float"))], bindings), SIZE + 40);
});

test("probabilities that attention keeps for its gradient live until then, and those computed again do not", () => {
  const [H, n, d, N, K, size] = [2, 8, 3, 4, 2, 2];
  const [q, k, v] = ["q", "k", "v"].map((name) => input(name, ["B", H, n, d]));
  const ids = input("ids", ["B", H, N, K], "int32");
  const bias = input("bias", ["B", 1, N, 1, K * size]);
  const most = (recompute: boolean): number => {
    const loss = sumAll(blockAttention({ q, k, v, ids, bias }, { size, scale: 1, recompute }));
    return peakBytes([loss, ...gradients(loss, [q])], bindings);
  };
  assert.equal(most(false) - most(true), 4 * bindings.B * H * N * size * K * size);
});
