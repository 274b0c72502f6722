import assert from "node:assert/strict";
import { test } from "node:test";
import { wilsonInterval } from "./wilson.ts";

const near = (got: number, expected: number, tolerance = 5e-5): void =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${got} is not ${expected}`);

test("the intervals that Newcombe 1998 prints in table I, method 3", () => {
  for (const [hits, trials, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ]) {
    const found = wilsonInterval(hits, trials);
    near(found.low, low);
    near(found.high, high);
  }
});

test("both ends solve |p − share| = z √(p (1 − p) / n), and hits and misses mirror each other", () => {
  for (const [hits, trials] of [
    [3, 7],
    [50, 100],
    [871, 872],
    [9_000, 10_000],
  ]) {
    const { low, high } = wilsonInterval(hits, trials);
    for (const end of [low, high]) near(Math.abs(end - hits / trials), 1.959964 * Math.sqrt((end * (1 - end)) / trials), 1e-6);
    const mirrored = wilsonInterval(trials - hits, trials);
    near(mirrored.low, 1 - high, 1e-12);
    near(mirrored.high, 1 - low, 1e-12);
  }
});

test("no hit and no miss touch the ends, one trial says little", () => {
  assert.equal(wilsonInterval(0, 10).low, 0);
  near(wilsonInterval(0, 10).high, 0.2775);
  assert.equal(wilsonInterval(10, 10).high, 1);
  near(wilsonInterval(1, 1).low, 0.2065);
});

test("what is no share is refused", () => {
  for (const [hits, trials] of [
    [1, 0],
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [Number.NaN, 2],
  ])
    assert.throws(() => wilsonInterval(hits, trials), { code: "metrics/bad-shape" });
});
