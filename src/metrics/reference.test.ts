import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  type Average,
  accuracy,
  f1Score,
  type GlueTask,
  glueMetrics,
  hammingLoss,
  matthewsCorrelation,
  meanAbsoluteError,
  meanSquaredError,
  multiLabelF1,
  pearson,
  precision,
  r2,
  recall,
  spanScores,
  spearman,
  subsetAccuracy,
} from "./index.ts";

/** scripts/make-metric-fixtures.py writes it; classes are strings of digits, tags sentences, an undefined correlation null. */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/metrics.json"), "utf8"));

/** Equal to 1e-12 of the value; sums that cancel to 0 may keep an error of 1e-15. */
function same(got: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(got - expected) <= 1e-12 * Math.abs(expected) + 1e-15 * Number(expected === 0),
    `${what}: ${got}, not ${expected}`,
  );
}

const digits = (text: string): number[] => Array.from(text, Number);
const words = (rows: string[]): string[][] => rows.map((row) => row.split(" "));
const scoreOf = { precision, recall, f1: f1Score };

describe("classification as scikit-learn", () => {
  for (const { name, ...row } of fixture.classification) {
    test(name, () => {
      const [predicted, actual] = [digits(row.predicted), digits(row.actual)];
      same(accuracy(predicted, actual), row.accuracy, "accuracy");
      same(matthewsCorrelation(predicted, actual), row.matthews, "matthews");
      for (const [key, expected] of Object.entries<number>(row.present)) {
        const [score, average, positive] = key.split(" ");
        const options = { average: average as Average, ...(positive && { positive: Number(positive) }) };
        same(scoreOf[score as keyof typeof scoreOf](predicted, actual, options), expected, key);
      }
      for (const [which, classes] of [
        ["all", row.classes],
        ["some", [2, 0]],
      ]) {
        for (const [key, expected] of Object.entries<number>(row[which])) {
          const [score, average] = key.split(" ");
          const options = { average: average as Average, classes };
          same(scoreOf[score as keyof typeof scoreOf](predicted, actual, options), expected, `${key} over ${which} classes`);
        }
      }
    });
  }
});

describe("sets of labels as scikit-learn", () => {
  for (const { name, ...row } of fixture.multiLabel) {
    test(name, () => {
      const [predicted, actual] = [row.predicted.map(digits), row.actual.map(digits)];
      same(multiLabelF1(predicted, actual), row.microF1, "micro F1");
      same(multiLabelF1(predicted, actual, { average: "macro" }), row.macroF1, "macro F1");
      same(subsetAccuracy(predicted, actual), row.subsetAccuracy, "subset accuracy");
      same(hammingLoss(predicted, actual), row.hammingLoss, "hamming loss");
    });
  }
});

describe("numbers as SciPy and scikit-learn, but 0 for an undefined correlation", () => {
  for (const { name, predicted, actual, ...row } of fixture.numbers) {
    test(name, () => {
      same(pearson(predicted, actual), row.pearson ?? 0, "pearson");
      same(spearman(predicted, actual), row.spearman ?? 0, "spearman");
      same(meanSquaredError(predicted, actual), row.mse, "mse");
      same(meanAbsoluteError(predicted, actual), row.mae, "mae");
      same(r2(predicted, actual), row.r2, "r2");
    });
  }
});

describe("spans as seqeval", () => {
  for (const { name, predicted, actual, ...expected } of fixture.spans) {
    test(name, () => {
      const got = spanScores(words(predicted), words(actual));
      assert.deepEqual(Object.keys(got), Object.keys(expected));
      for (const key of Object.keys(got) as (keyof typeof got)[]) same(got[key], expected[key], key);
    });
  }
});

describe("GLUE as evaluate", () => {
  for (const { task, predicted, actual, figures, score } of fixture.glue) {
    test(task, () => {
      const metric = glueMetrics[task as GlueTask];
      const got = metric.compute(predicted, actual);
      assert.deepEqual(Object.keys(got), Object.keys(figures));
      assert.deepEqual(metric.figures, Object.keys(figures));
      for (const key of Object.keys(got)) same(got[key], figures[key], key);
      same(metric.score(got), score, "score");
    });
  }

  test("every task has a case", () => {
    const tasks = fixture.glue.map(({ task }: { task: string }) => task);
    assert.deepEqual(tasks.sort(), Object.keys(glueMetrics).sort());
  });
});
