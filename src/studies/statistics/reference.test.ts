import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  accuracy,
  argmax,
  atTemperature,
  brierScore,
  expectedCalibrationError,
  fitTemperature,
  negativeLogLikelihood,
  softened,
} from "../../metrics/index.ts";
import { meanInterval } from "./bootstrap.ts";
import { components } from "./components.ts";
import { sortedQuantile, studentCdf, studentQuantile } from "./quantiles.ts";

// Made by scripts/statistics-fixtures.py with SciPy and scikit-learn.
const reference = JSON.parse(readFileSync(new URL("./reference.fixture.json", import.meta.url), "utf8"));

const close = (got: number, expected: number, tolerance: number, what: string) =>
  assert.ok(
    Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${what}: got ${got}, reference ${expected}`,
  );

test("Student and normal quantiles equal SciPy's", () => {
  for (const { p, df, t } of reference.student) {
    close(studentQuantile(p, df), t, 1e-8, `t(${p}, ${df})`);
    close(studentCdf(t, df), p, 1e-10, `cdf(${t}, ${df})`);
  }
  for (const { p, z } of reference.normal) close(studentQuantile(p, Infinity), z, 1e-9, `z(${p})`);
});

test("quantiles of a sample equal NumPy's", () => {
  const { values, at, is } = reference.quantiles;
  at.forEach((p: number, i: number) => {
    close(sortedQuantile(Float64Array.from(values), p), is[i], 1e-12, `quantile ${p}`);
  });
});

test("accuracy, likelihood, Brier score and calibration error equal scikit-learn's and NumPy's", () => {
  const { logits, labels, ...expected } = reference.calibration;
  const p = logits.map((row: number[]) => softened(row, 1));
  close(accuracy(p.map(argmax), labels), expected.accuracy, 0, "accuracy");
  close(negativeLogLikelihood(p, labels), expected.nll, 1e-10, "nll");
  close(brierScore(p, labels), expected.brier, 1e-10, "brier");
  close(expectedCalibrationError(p, labels), expected.ece, 1e-10, "ece");
});

test("the fitted temperature is the one SciPy's minimiser finds, from logits and from log-probabilities", () => {
  const { logits, labels, temperature, nll_at_temperature } = reference.calibration;
  const p = logits.map((row: number[]) => softened(row, 1));
  close(fitTemperature(logits, labels), temperature, 1e-6, "temperature from logits");
  close(
    fitTemperature(
      p.map((row: number[]) => row.map(Math.log)),
      labels,
    ),
    temperature,
    1e-6,
    "temperature from log p",
  );
  close(negativeLogLikelihood(atTemperature(p, temperature), labels), nll_at_temperature, 1e-9, "nll after");
});

test("variance components and the Student interval over seeds equal NumPy's and SciPy's", () => {
  const { differences, seeds, between_seeds, noise, example_effect, interval } = reference.anova;
  const found = components(Float64Array.from(differences), seeds);
  close(found.betweenSeeds, between_seeds, 1e-12, "between seeds");
  close(found.noise, noise, 1e-12, "noise");
  close(found.exampleEffect, example_effect, 1e-12, "example effect");
  const { low, high } = meanInterval(found.seedMeans, 0.95);
  close(low, interval[0], 1e-8, "low");
  close(high, interval[1], 1e-8, "high");
});
