import assert from "node:assert/strict";
import { test } from "node:test";
import { wilsonInterval } from "../../metrics/index.ts";
import { normal } from "../../random/index.ts";
import { tasks } from "../../tasks/index.ts";
import { figureInterval } from "./interval.ts";

test("an accuracy has Wilson's interval, whatever rounding did to it", () => {
  const none = () => assert.fail("nothing is resampled");
  assert.deepEqual(figureInterval({ primary: "accuracy", value: 1 - 2 / 7, rows: 7 }, none), wilsonInterval(5, 7));
});

test("a share of rows that were thinned out has the interval of those that were asked", () => {
  const none = () => assert.fail("nothing is resampled");
  const interval = figureInterval({ primary: "accuracyAt1", value: 0.9, rows: 5000 }, none);
  assert.deepEqual(interval, wilsonInterval(900, 1000));
});

test("a mean has the interval of its standard error, and the same one again", () => {
  const rows = 400;
  const values = Array.from({ length: rows }, (_, at) => 3 + 2 * normal({ seed: 1, step: 0, site: "values" }, at));
  const mean = (places: readonly number[]) => places.reduce((sum, at) => sum + values[at], 0) / places.length;
  const asked = { primary: "mean", value: 3, rows };
  const { low, high } = figureInterval(asked, mean)!;
  const half = (high - low) / 2;
  assert.ok(Math.abs(half - (1.96 * 2) / Math.sqrt(rows)) < 0.03, `± ${half}`);
  assert.deepEqual(figureInterval(asked, mean), { low, high });
});

test("a correlation has about Fisher's interval", () => {
  const rows = 300;
  const actual = Array.from({ length: rows }, (_, at) => normal({ seed: 2, step: 0, site: "actual" }, at));
  const predicted = actual.map((value, at) => value + normal({ seed: 2, step: 0, site: "error" }, at));
  const figure = (places: readonly number[]) =>
    tasks.regression.outputs!.figures(
      { labels: ["score"] },
      places.map((at) => [predicted[at]]),
      places.map((at) => ({ label: actual[at] })),
    ).figures.pearson;
  const pearson = figure(actual.map((_, at) => at));
  const interval = figureInterval({ primary: "pearson", value: pearson, rows }, figure)!;
  const fisher = [-1, 1].map((side) => Math.tanh(Math.atanh(pearson) + (side * 1.96) / Math.sqrt(rows - 3)));
  assert.ok(Math.abs(interval.low - fisher[0]) < 0.03 && Math.abs(interval.high - fisher[1]) < 0.03);
});

test("a figure that most resamples lack has none, nor has one that is no number", () => {
  const of = (primary: string, value: number, rows: number) => figureInterval({ primary, value, rows }, () => Number.NaN);
  assert.deepEqual([of("f1", 0.5, 3), of("accuracy", Number.NaN, 3), of("accuracy", 1, 0)], [null, null, null]);
});
