import assert from "node:assert/strict";
import { test } from "node:test";
import {
  argmax,
  atTemperature,
  brierScore,
  expectedCalibrationError,
  fitTemperature,
  negativeLogLikelihood,
  reliabilityBins,
} from "./calibration.ts";

test("the calibration error of 90 % confidence and 50 % accuracy is 0.4", () => {
  assert.ok(
    Math.abs(
      expectedCalibrationError(
        [
          [0.9, 0.1],
          [0.9, 0.1],
        ],
        [0, 1],
      ) - 0.4,
    ) < 1e-12,
  );
});

test("bins are closed above: confidence 1/3 of three classes and its neighbour above fall in different bins", () => {
  const above = 1 / 3 + 1e-6;
  // In one bin the two would cancel: (1 − 1/3) + (0 − 1/3) − … ; apart they cannot.
  const apart = expectedCalibrationError(
    [
      [1 / 3, 1 / 3, 1 / 3],
      [above, (1 - above) / 2, (1 - above) / 2],
    ],
    [0, 1],
  );
  assert.ok(Math.abs(apart - (1 - 1 / 3 + above) / 2) < 1e-9);
});

test("the Brier score sums over classes: a coin flip on two classes scores 0.5, the worst answer 2", () => {
  assert.equal(brierScore([[0.5, 0.5]], [1]), 0.5);
  assert.equal(brierScore([[1, 0]], [1]), 2);
});

test("a confident mistake costs a large but finite number of nats", () => {
  assert.ok(Math.abs(negativeLogLikelihood([[1, 0]], [1]) - 12 * Math.LN10) < 1e-9);
});

test("ties in the prediction go to the earlier class", () => assert.equal(argmax([0.2, 0.4, 0.4]), 1));

test("the temperature of a margin of 4 that is right three times of four is 4 / ln 3", () => {
  const T = fitTemperature(
    [
      [4, 0],
      [4, 0],
      [4, 0],
      [0, 4],
    ],
    [0, 0, 0, 0],
  );
  assert.ok(Math.abs(T - 4 / Math.log(3)) < 1e-6, String(T));
});

test("separable logits end at the lowest temperature, misleading ones at the highest", () => {
  assert.equal(
    fitTemperature(
      [
        [1, 0],
        [0, 1],
      ],
      [0, 1],
    ),
    0.05,
  );
  assert.equal(
    fitTemperature(
      [
        [1, 0],
        [0, 1],
      ],
      [1, 0],
    ),
    20,
  );
});

test("temperature 1 changes nothing and a high one flattens", () => {
  const [same] = atTemperature([[0.7, 0.3]], 1);
  assert.ok(Math.abs(same[0] - 0.7) < 1e-12);
  assert.ok(atTemperature([[0.7, 0.3]], 10)[0][0] < 0.53);
});

test("fitting without rows says so", () => {
  assert.throws(() => fitTemperature([], []), { code: "statistics/bad-shape" });
});

test("the bins of a reliability diagram: those with examples, their share of right ones and mean confidence", () => {
  const bins = reliabilityBins(
    [
      [0.95, 0.05],
      [0.09, 0.91],
      [0.55, 0.45],
    ],
    [0, 0, 0],
    10,
  );
  assert.deepEqual(
    bins.map(({ count, right, confidence }) => [count, right, Number(confidence.toFixed(3))]),
    [
      [1, 1, 0.55],
      [2, 0.5, 0.93],
    ],
  );
});
