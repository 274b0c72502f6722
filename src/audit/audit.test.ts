import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Dataset } from "../data/index.ts";
import { wilsonInterval } from "../metrics/index.ts";
import { auditRows, byQuarter, chooseNext, findAcrossLabels, findOutliers, judgedRows, judgeSlices } from "./index.ts";

/** scripts/make-audit-fixtures.py writes it. */
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/audit.json"), "utf8"));

const dataset = (...rows: readonly (readonly [text: string, label: number])[]): Dataset => ({
  name: "made-up.csv",
  labels: ["a", "b", "c"],
  examples: rows.map(([text, label], index) => ({ index, text, label })),
});

describe("outliers", () => {
  test("are judged by scikit-learn's mean cosine distance to ten neighbours", () => {
    const { distances } = findOutliers(fixture.vectors);
    for (const [at, distance] of (fixture.distances as number[]).entries())
      assert.ok(Math.abs(distances[at] - distance) < 1e-6, `${at}: ${distances[at]}, not ${distance}`);
  });
  test("are above Tukey's fence, the furthest first", () => {
    const near = Array.from({ length: 30 }, (_, at) =>
      unit([10, (1 + (at % 5) / 20) * Math.cos(at), (1 + (at % 5) / 20) * Math.sin(at)]),
    );
    const { found, fence, distances } = findOutliers([unit([0, 1, 1]), ...near, unit([0, 0, -1])]);
    assert.deepEqual(
      [...found].sort((a, b) => a - b),
      [0, 31],
    );
    assert.ok(distances[found[0]] >= distances[found[1]] && distances[found[1]] > fence);
  });
  test("a single text has none", () => assert.deepEqual(findOutliers([[1, 0]]).found, []));
});

describe("texts to label next", () => {
  test("are uncertain ones that differ: a copy is not taken before another text", () => {
    const chosen = chooseNext(
      [
        [0.9, 0.1],
        [0.5, 0.5],
        [0.51, 0.49],
        [0.7, 0.3],
      ],
      [unit([1, 1]), unit([1, 0]), unit([1, 0]), unit([0, 1])],
      4,
    );
    assert.deepEqual(
      chosen.map(({ at }) => at),
      [1, 3, 0],
    );
    assert.ok(Math.abs(chosen[1].margin - 0.4) < 1e-12);
  });
  test("are filled up by distance where the model is certain", () => {
    const certain = [1, 0];
    const chosen = chooseNext(
      [[0.5, 0.5], certain, certain, certain],
      [unit([1, 0]), unit([1, 0]), unit([3, 1]), unit([0, 1])],
      4,
    );
    assert.deepEqual(
      chosen.map(({ at }) => at),
      [0, 3, 2],
    );
  });
  test("are no more than asked for", () => {
    const rows = Array.from({ length: 100 }, (_, at) => [0.5 + at / 1000, 0.5 - at / 1000]);
    const features = rows.map((_, at) => unit([Math.cos(at), Math.sin(at)]));
    assert.equal(chooseNext(rows, features, 7).length, 7);
  });
});

describe("the same text with another label", () => {
  const long = "the parcel of last week came late and the box was open when I took it";
  test("is found, also where it is nearly the same, with the earlier row", () => {
    const found = findAcrossLabels(
      dataset(["Where is it?", 0], [long, 1], ["where is IT", 2], [long.replace("late", "early"), 0], ["where is it", 0]),
    );
    assert.deepEqual(found, [
      { at: 2, of: 0, equal: true },
      { at: 3, of: 1, equal: false },
      { at: 4, of: 2, equal: true },
    ]);
  });
  test("is nothing where the labels are the same", () => {
    assert.deepEqual(findAcrossLabels(dataset([long, 1], [long, 1], [long.replace("late", "early"), 1])), []);
  });
});

describe("slices", () => {
  const right = Array.from({ length: 200 }, (_, at) => at % 10 !== 0 && !(at < 40 && at % 2 === 0));
  test("are low where their interval lies below that of all other rows, and not judged where they are small", () => {
    const values = right.map((_, at) => (at < 40 ? "first" : at < 190 ? "second" : "third"));
    const slices = judgeSlices(right, [{ by: "part", values }]);
    assert.deepEqual(
      slices.map(({ value, rows, verdict }) => [value, rows, verdict]),
      [
        ["first", 40, "low"],
        ["second", 150, "usual"],
        ["third", 10, "few"],
      ],
    );
    assert.deepEqual(slices[0].interval, wilsonInterval(slices[0].right, 40));
  });
  test("of few rows are not called low even where all are wrong", () => {
    const wrong = right.map((own, at) => own && at < 181);
    const values = right.map((_, at) => (at < 181 ? "most" : "few"));
    assert.equal(judgeSlices(wrong, [{ by: "part", values }])[0].verdict, "few");
  });
  test("rows without a value belong to none", () => {
    assert.deepEqual(judgeSlices([true, false], [{ by: "source", values: [undefined, undefined] }]), []);
  });
  test("of numbers are four parts of about the same size, equal numbers together", () => {
    const parts = byQuarter([1, 1, 1, 2, 3, 4, 5, 9], "tokens");
    assert.deepEqual(parts, [
      ...["1 to 1 tokens", "1 to 1 tokens", "1 to 1 tokens", "2 to 2 tokens"],
      ...["3 to 4 tokens", "3 to 4 tokens", "5 to 9 tokens", "5 to 9 tokens"],
    ]);
  });
});

describe("judged rows", () => {
  test("leave out classes of fewer rows than folds, and number the others anew", () => {
    const judged = judgedRows(dataset(["one", 0], ["two", 2], ["three", 1], ["four", 0], ["five", 2]), 2);
    assert.deepEqual(
      [judged.dataset.labels, judged.places, judged.counts],
      [
        ["a", "c"],
        [0, 1, 3, 4],
        [2, 1, 2],
      ],
    );
    assert.deepEqual(
      judged.dataset.examples.map(({ label }) => label),
      [0, 1, 0, 1],
    );
  });
  test("of one class, and of other tasks, are refused", () => {
    assert.throws(() => judgedRows(dataset(["one", 0], ["two", 0], ["three", 1]), 2), {
      code: "audit/bad-data",
      message:
        "made-up.csv: expected two classes of 2 rows at least, one a fold, got a 2, b 1, c 0. Label more rows, or take fewer folds.",
    });
    assert.throws(
      () => judgedRows({ ...dataset(["one", 0]), task: "regression" }, 2),
      /labels of one class each, got labels of regression/,
    );
  });
});

describe("an audit", () => {
  const rows = dataset(["one", 0], ["two", 0], ["three", 2], ["four", 2], ["alone", 1], ["five", 0], ["six", 2]);
  const found = auditRows({
    dataset: rows,
    lines: [2, 3, 4, 5, 6, 8, 9],
    features: rows.examples.map((_, at) => unit([1, at / 100])),
    lengths: [3, 3, 3, 3, 3, 3, 3],
    judged: judgedRows(rows, 2),
    probabilities: [
      [0.9, 0.1],
      [0.1, 0.9],
      [0.1, 0.9],
      [0.2, 0.8],
      [0.8, 0.2],
      [0.1, 0.9],
    ],
    kinds: [],
    unlabelled: {
      data: "more.txt",
      texts: [{ line: 4, text: "seven" }],
      features: [[1, 0]],
      probabilities: [[0.4, 0.6]],
    },
    toLabel: 1,
    method: { model: "made up", predictedBy: "nobody", folds: 2, seed: 1 },
  });
  test("names the row, its line, both labels and both probabilities of a likely error", () => {
    assert.deepEqual(found.labelErrors.found, [
      { row: 1, line: 3, text: "two", label: "a", suggested: "c", labelScore: 0.1, suggestedScore: 0.9 },
    ]);
  });
  test("has scores of every row, and none of a label that is not judged", () => {
    assert.equal(found.scores.length, 7);
    const { distance, ...alone } = found.scores[4];
    assert.deepEqual(alone, { row: 4, line: 6, label: "b", labelScore: null, suggested: null, suggestedScore: null });
    assert.ok(distance > 0);
    assert.deepEqual([found.scores[5].line, found.scores[5].labelScore], [8, 0.8]);
    assert.deepEqual(
      found.classes.map(({ rows, judged }) => [rows, judged]),
      [
        [3, true],
        [1, false],
        [3, true],
      ],
    );
  });
  test("names unlabelled texts by their lines, and how often predictions are right", () => {
    assert.deepEqual(found.toLabel, {
      ...{ data: "more.txt", rows: 1 },
      found: [{ line: 4, text: "seven", suggested: "c", suggestedScore: 0.6, margin: 0.6 - 0.4 }],
    });
    assert.deepEqual(found.accuracy, { right: 5, rows: 6, interval: wilsonInterval(5, 6) });
  });
});

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
