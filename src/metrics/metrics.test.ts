import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  accuracy,
  areSpanTags,
  averageRanks,
  classFigures,
  f1Score,
  glueMetrics,
  multiLabelF1,
  multiLabelFigures,
  numberFigures,
  pearson,
  r2,
  spanScores,
  spansOf,
  spearman,
  tagFigures,
} from "./index.ts";

describe("what cannot be compared is refused", () => {
  test("lists of different lengths, and empty ones", () => {
    assert.throws(() => accuracy([1], [1, 0]), { code: "metrics/bad-shape", message: /1 prediction, 2 labels/ });
    assert.throws(() => pearson([], []), { code: "metrics/bad-shape" });
  });

  test("a binary score of three classes, or of two that are not the positive one", () => {
    assert.throws(() => f1Score([0, 1, 2], [0, 1, 2]), { code: "metrics/bad-class", message: /\[0, 1, 2\].*"macro"/ });
    assert.throws(() => f1Score(["yes"], ["no"]), { code: "metrics/bad-class" });
    assert.equal(f1Score(["yes"], ["yes"], { positive: "yes" }), 1);
  });

  test("a class named twice, and a number of classes that is none", () => {
    for (const classes of [[1, 1], [], 0, 1.5])
      assert.throws(() => f1Score([1], [1], { average: "macro", classes }), { code: "metrics/bad-class" });
  });

  test("probabilities where labels are 0 or 1, and ragged rows", () => {
    assert.throws(() => multiLabelF1([[0.7]], [[1]]), { code: "metrics/bad-label", message: /threshold/ });
    assert.throws(() => multiLabelF1([[1, 0]], [[1]]), { code: "metrics/bad-shape" });
  });

  test("sentences of different lengths, and tags that mark no span", () => {
    assert.throws(() => spanScores([["O"]], [["O", "O"]]), { code: "metrics/bad-shape", message: /sentence 0/ });
    assert.throws(() => spanScores([["NOUN"]], [["O"]]), { code: "metrics/bad-tag" });
  });
});

test("a class of the model that the split does not hold counts with F1 0 where classes are given", () => {
  assert.equal(f1Score([0, 1], [0, 1], { average: "macro" }), 1);
  assert.equal(f1Score([0, 1], [0, 1], { average: "macro", classes: 4 }), 0.5);
});

test("typed arrays are lists too", () => assert.equal(accuracy(Int32Array.of(1, 0), Int32Array.of(1, 1)), 0.5));

describe("correlations", () => {
  test("are 0 for a constant side and for a single example", () => {
    assert.equal(pearson([0.1, 0.1, 0.1], [1, 2, 3]), 0);
    assert.equal(spearman([1, 2, 3], [0.1, 0.1, 0.1]), 0);
    assert.equal(pearson([1], [2]), 0);
  });

  test("are NaN for a diverged model, whatever the labels", () => {
    for (const labels of [
      [1, 2, 3],
      [2, 2, 2],
    ]) {
      assert.ok(Number.isNaN(pearson([1, Number.NaN, 2], labels)));
      assert.ok(Number.isNaN(spearman([1, Number.NaN, 2], labels)));
    }
    assert.ok(Number.isNaN(r2([Number.NaN, 1], [2, 2])));
  });

  test("rank infinities at the ends", () =>
    assert.deepEqual([...averageRanks([Infinity, 0, -Infinity, Infinity])], [3.5, 2, 1, 3.5]));
});

describe("spans", () => {
  test("a stray I begins an entity, and a change of type ends one", () => {
    assert.deepEqual(spansOf(["I-PER", "I-LOC", "B-LOC", "I-LOC", "O"]), [
      { type: "PER", start: 0, end: 1 },
      { type: "LOC", start: 1, end: 2 },
      { type: "LOC", start: 2, end: 4 },
    ]);
  });

  test("a type may hold dashes, spaces or nothing", () => {
    assert.deepEqual(
      spansOf(["B-A-1", "I-A-1", "B-a b", "B"]).map(({ type }) => type),
      ["A-1", "a b", ""],
    );
  });

  test("labels are told from other labels", () => {
    assert.ok(areSpanTags(["O", "B-PER", "I-PER"]));
    for (const labels of [["O"], ["NOUN", "VERB"], ["O", "B-PER", "other"], ["I", "O"], []]) assert.ok(!areSpanTags(labels));
  });
});

describe("GLUE", () => {
  test("a withheld label is refused, for classes and for numbers", () => {
    for (const task of ["sst2", "stsb", "ax"] as const)
      assert.throws(() => glueMetrics[task].compute([1, 0], [1, -1]), { code: "metrics/unlabelled", message: /validation/ });
  });

  test("each task's record agrees with its key, and its score is one of its figures or their mean", () => {
    for (const [name, metric] of Object.entries(glueMetrics)) {
      assert.equal(metric.task, name);
      assert.equal(metric.config, name === "mnli-mm" ? "mnli" : name);
      assert.equal(metric.regression, name === "stsb");
      assert.ok(metric.figures.includes(metric.primary) || (metric.primary === "combined_score" && metric.figures.length === 2));
      const values = Object.fromEntries(metric.figures.map((figure, at) => [figure, at + 1]));
      assert.equal(metric.score(values), metric.primary === "combined_score" ? 1.5 : values[metric.primary]);
    }
  });

  test("a model that predicts one class scores 0 on CoLA, and one that answers one number 0 on STS-B", () => {
    assert.deepEqual(glueMetrics.cola.compute([1, 1, 1], [0, 1, 1]), { matthews_correlation: 0 });
    assert.deepEqual(glueMetrics.stsb.compute([2.5, 2.5], [1, 4]), { pearson: 0, spearmanr: 0 });
  });
});

describe("a task's default figures", () => {
  test("classes: the macro average runs over those on either side, whatever classes the model has", () => {
    const { compute } = classFigures;
    const labels = ["a", "b", "c", "d"];
    assert.deepEqual(compute([0, 1], [0, 1], { labels }).figures, { accuracy: 1, macroF1: 1 });
    assert.deepEqual(compute([0, 1, 3], [0, 1, 1], { labels }).figures.macroF1, (1 + 2 / 3 + 0) / 3);
  });

  test("sets of labels: micro F1 counts", () => {
    const got = multiLabelFigures.compute([[1, 0], [1, 1]], [[1, 0], [0, 1]]); // biome-ignore format: rows
    assert.deepEqual(got, {
      figures: { microF1: 0.8, macroF1: (2 / 3 + 1) / 2, subsetAccuracy: 0.5 },
      primary: "microF1",
      score: 0.8,
    });
  });

  test("numbers: pearson counts, and −mse where the labels are all equal", () => {
    const { compute } = numberFigures;
    const varied = compute([1, 2, 4], [1, 2, 3]);
    assert.equal(varied.primary, "pearson");
    assert.equal(varied.score, varied.figures.pearson);
    assert.deepEqual(compute([1, 3], [2, 2]), { figures: { pearson: 0, spearman: 0, mse: 1 }, primary: "mse", score: -1 });
  });

  test("numbers: a constant prediction does not change which figure counts", () => {
    const { primary, score } = numberFigures.compute([2, 2], [1, 3]);
    assert.deepEqual([primary, score], ["pearson", 0]);
  });

  test("tokens: F1 of spans where the labels mark spans, macro-F1 of tokens where not", () => {
    const { compute } = tagFigures;
    const spans = compute([["B-PER", "O"]], [["B-PER", "I-PER"]]);
    assert.deepEqual([spans.primary, spans.score, spans.figures.tokenAccuracy], ["f1", 0, 0.5]);
    const words = compute([["NOUN", "NOUN"]], [["NOUN", "VERB"]]);
    assert.deepEqual(words, { figures: { macroF1: 1 / 3, tokenAccuracy: 0.5 }, primary: "macroF1", score: 1 / 3 });
    const labels = ["NOUN", "VERB", "ADJ", "DET"];
    assert.equal(compute([["NOUN", "VERB"]], [["NOUN", "VERB"]], { labels }).score, 1);
  });

  test("tokens: the model's labels decide, also for a split without any entity", () => {
    const labels = ["O", "B-PER", "I-PER"];
    assert.equal(tagFigures.compute([["O"]], [["O"]]).primary, "macroF1");
    assert.equal(tagFigures.compute([["O"]], [["O"]], { labels }).primary, "f1");
  });
});
