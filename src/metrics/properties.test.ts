import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  accuracy,
  averageRanks,
  f1Score,
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
  spansOf,
  spearman,
  subsetAccuracy,
} from "./index.ts";

type Pair<T> = readonly [predicted: T, actual: T];
type Metric<T> = (predicted: readonly T[], actual: readonly T[]) => number;

/** Lists of pairs: both sides are of one length by construction, and shrink together. */
const pairsOf = <T>(value: fc.Arbitrary<T>) => fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 });
const left = <T>(pairs: readonly Pair<T>[]): T[] => pairs.map(([predicted]) => predicted);
const right = <T>(pairs: readonly Pair<T>[]): T[] => pairs.map(([, actual]) => actual);
const near = (got: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected)), `got ${got}, expected ${expected}`);

const classes = fc.integer({ min: 0, max: 3 });
const rows = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 3, maxLength: 3 });
/** Steps of a quarter: ties are common and sums are exact. */
const numbers = fc.integer({ min: -40, max: 40 }).map((value) => value / 4);
const tags = fc.constantFrom("O", "B-PER", "I-PER", "B-LOC", "I-LOC");
const sentence = fc.array(tags, { minLength: 4, maxLength: 4 });

const macroF1: Metric<number> = (predicted, actual) => f1Score(predicted, actual, { average: "macro" });
const microF1: Metric<number> = (predicted, actual) => f1Score(predicted, actual, { average: "micro" });
const weightedF1: Metric<number> = (predicted, actual) => f1Score(predicted, actual, { average: "weighted" });
const spanF1: Metric<string[]> = (predicted, actual) => spanScores(predicted, actual).f1;
const labelMacroF1: Metric<number[]> = (predicted, actual) => multiLabelF1(predicted, actual, { average: "macro" });

/** Claims that hold for a metric of any kind of answer. */
function claims<T>(
  name: string,
  metric: Metric<T>,
  value: fc.Arbitrary<T>,
  rules: { range: [number, number]; symmetric: boolean },
) {
  describe(name, () => {
    test("does not depend on the order of the examples", () => {
      const shuffled = pairsOf(value).chain((pairs) =>
        fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
      );
      fc.assert(
        fc.property(shuffled, ([pairs, other]) => near(metric(left(other), right(other)), metric(left(pairs), right(pairs)))),
      );
    });

    test(`lies between ${rules.range[0]} and ${rules.range[1]}`, () => {
      fc.assert(
        fc.property(pairsOf(value), (pairs) => {
          const got = metric(left(pairs), right(pairs));
          assert.ok(got >= rules.range[0] && got <= rules.range[1], String(got));
        }),
      );
    });

    if (rules.symmetric) {
      test("is the same when predictions and labels change sides", () => {
        fc.assert(
          fc.property(pairsOf(value), (pairs) => near(metric(right(pairs), left(pairs)), metric(left(pairs), right(pairs)))),
        );
      });
    }
  });
}

const unit = { range: [0, 1] as [number, number], symmetric: true };
const signed = { range: [-1, 1] as [number, number], symmetric: true };
claims("accuracy", accuracy, classes, unit);
claims("macro F1", macroF1, classes, unit);
claims("micro F1", microF1, classes, unit);
claims("weighted F1", weightedF1, classes, { ...unit, symmetric: false });
// A rounding beyond 1 would show here: √ of a product of squares.
claims("Matthews correlation", matthewsCorrelation, classes, { ...signed, range: [-1 - 1e-12, 1 + 1e-12] });
claims("micro F1 of sets", multiLabelF1, rows, unit);
claims("macro F1 of sets", labelMacroF1, rows, unit);
claims("subset accuracy", subsetAccuracy, rows, unit);
claims("hamming loss", hammingLoss, rows, unit);
claims("pearson", pearson, numbers, signed);
claims("spearman", spearman, numbers, signed);
claims("mean squared error", meanSquaredError, numbers, { range: [0, 400], symmetric: true });
claims("mean absolute error", meanAbsoluteError, numbers, { range: [0, 20], symmetric: true });
claims("r2", r2, numbers, { range: [-Infinity, 1], symmetric: false });
claims("span F1", spanF1, sentence, unit);

test("precision of one side is recall of the other", () => {
  fc.assert(
    fc.property(pairsOf(classes), (pairs) => {
      for (const average of ["macro", "micro"] as const)
        near(precision(left(pairs), right(pairs), { average }), recall(right(pairs), left(pairs), { average }));
    }),
  );
  fc.assert(
    fc.property(pairsOf(sentence), (pairs) =>
      assert.equal(spanScores(left(pairs), right(pairs)).precision, spanScores(right(pairs), left(pairs)).recall),
    ),
  );
});

test("micro F1 over every class is accuracy", () => {
  fc.assert(
    fc.property(pairsOf(classes), (pairs) => near(microF1(left(pairs), right(pairs)), accuracy(left(pairs), right(pairs)))),
  );
});

test("the Matthews correlation of two classes is the Pearson correlation, constant sides included", () => {
  fc.assert(
    fc.property(pairsOf(fc.integer({ min: 0, max: 1 })), (pairs) =>
      near(matthewsCorrelation(left(pairs), right(pairs)), pearson(left(pairs), right(pairs))),
    ),
  );
});

test("classes may be named or numbered alike", () => {
  const names = ["ant", "bee", "cat", "dog"];
  fc.assert(
    fc.property(pairsOf(classes), (pairs) => {
      const named = (side: number[]) => side.map((c) => names[c]);
      near(matthewsCorrelation(named(left(pairs)), named(right(pairs))), matthewsCorrelation(left(pairs), right(pairs)));
      const average = "macro";
      near(f1Score(named(left(pairs)), named(right(pairs)), { average }), macroF1(left(pairs), right(pairs)));
    }),
  );
});

test("pearson does not change under a shift and a positive scale, and turns its sign under a negative one", () => {
  fc.assert(
    fc.property(pairsOf(numbers), numbers, (pairs, shift) => {
      const [x, y] = [left(pairs), right(pairs)];
      const expected = pearson(x, y);
      near(
        pearson(
          x.map((value) => 4 * value + shift),
          y,
        ),
        expected,
      );
      near(
        pearson(
          x.map((value) => -value),
          y,
        ),
        -expected,
      );
    }),
  );
});

test("pearson of a list with itself is 1 to the last bits and never more", () => {
  const doubles = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(doubles, (x) => {
      const got = pearson(x, x);
      assert.ok(got <= 1);
      if (new Set(x.map((value) => value + 0)).size > 1) near(got, 1);
    }),
    { numRuns: 1000 },
  );
});

test("spearman changes under no increasing function", () => {
  fc.assert(
    fc.property(pairsOf(numbers), (pairs) =>
      near(spearman(left(pairs).map(Math.exp), right(pairs)), spearman(left(pairs), right(pairs))),
    ),
  );
});

test("ranks sum to N (N + 1) / 2, ties or none", () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1 }), (values) => {
      const { length } = values;
      assert.equal(
        averageRanks(values).reduce((sum, rank) => sum + rank, 0),
        (length * (length + 1)) / 2,
      );
    }),
  );
});

test("spans never overlap and hold every token that is not O", () => {
  fc.assert(
    fc.property(fc.array(tags), (row) => {
      const spans = spansOf(row);
      for (const [at, { start, end }] of spans.entries()) assert.ok(start < end && start >= (spans[at - 1]?.end ?? 0));
      const held = spans.reduce((sum, { start, end }) => sum + end - start, 0);
      assert.equal(held, row.filter((tag) => tag !== "O").length);
    }),
  );
});
