import assert from "node:assert/strict";
import { test } from "node:test";
import { breakEven } from "./break-even.ts";

const at = (...pairs: [number, number][]) => pairs.map(([length, speedup]) => ({ length, speedup }));

test("between two lengths the break-even lies where the line of logarithms crosses 1", () => {
  assert.equal(breakEven(at([128, 0.5], [512, 2])), 256);
  assert.equal(breakEven(at([100, 0.25], [800, 2], [1600, 4])), 400);
});

test("the order of the points does not matter", () => {
  assert.equal(breakEven(at([512, 2], [128, 0.5])), 256);
});

test("a speed-up of exactly 1 pays", () => {
  assert.equal(breakEven(at([128, 0.5], [512, 1], [1024, 2])), 512);
});

test("where all lengths pay it is the shortest, where the longest does not there is none", () => {
  assert.equal(breakEven(at([128, 1.1], [512, 2])), 128);
  assert.equal(breakEven(at([128, 0.5], [512, 0.9])), null);
  assert.equal(breakEven(at([128, 2], [512, 3], [1024, 0.9])), null);
  assert.equal(breakEven([]), null);
});

test("a short length that pays before a longer one that does not is no break-even", () => {
  assert.equal(breakEven(at([64, 1.5], [128, 0.5], [512, 2])), 256);
});
