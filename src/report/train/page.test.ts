import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { renderTrainReport, type TrainReport } from "../index.ts";
import { misnested, poisoned } from "../markup.fixture.ts";
import { fakeRegression, fakeTraining } from "./fake-training.fixture.ts";
import { againstBaselines, trainHeadline } from "./headline.ts";
import { shadesOf } from "./shaded-text.ts";
import { smoothed, thinned } from "./thin.ts";

const training = fakeTraining();
const page = renderTrainReport(training);
const bare: TrainReport = {
  ...fakeRegression(1),
  primary: { name: "pearson", value: Number.NaN, interval: null, lowerIsBetter: false },
  course: { steps: [], evaluations: [] },
  mistakes: { columns: [], total: 0, shown: [] },
};
const pages = {
  "two classes": page,
  "30 classes": renderTrainReport(fakeTraining({ classes: 30, examples: 600 })),
  "150 classes": renderTrainReport(fakeTraining({ classes: 150, examples: 900 })),
  "a regression": renderTrainReport(fakeRegression()),
  "one update": renderTrainReport(fakeTraining({ updates: 1 })),
};

describe("every page", () => {
  for (const [name, text] of Object.entries({ ...pages, "next to nothing": renderTrainReport(bare) })) {
    test(`${name}: closes its elements, asks for nothing, and is known as Crisp's`, () => {
      assert.deepEqual(misnested(text), []);
      assert.doesNotMatch(text, /<script|<link|<img|@import|https?:|url\((?!#removed)/);
      assert.ok(text.includes('<meta name="generator" content="crisp-attention">'));
      assert.ok(text.includes("prefers-color-scheme:dark"));
    });
  }
  for (const [name, text] of Object.entries(pages)) {
    test(`${name}: no drawing holds NaN, undefined or infinity`, () =>
      assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object|="false"|>false</));
  }
});

test("every string is escaped, wherever it stands", () => {
  const evil = `</style></svg><script>alert("1")</script><img src=x onerror='alert(1)'>&`;
  const kept = new Set(["name", "split", "unit"]);
  for (const report of [training, fakeTraining({ classes: 40, examples: 600 }), fakeRegression()]) {
    const hostile = { ...(poisoned(report, evil, kept) as TrainReport), name: evil, baselines: [{ name: evil, score: 0.4 }] };
    const text = renderTrainReport(hostile);
    assert.ok(text.includes("&lt;script&gt;"));
    assert.doesNotMatch(text, /<script|<img|onerror='|alert\("/);
    assert.deepEqual(misnested(text), []);
  }
});

describe("the headline", () => {
  const primary = { name: "accuracy", value: 0.9, interval: { low: 0.85, high: 0.94 }, lowerIsBetter: false };
  const judged = (changes: Partial<TrainReport>): string | null =>
    againstBaselines({ ...training, majority: undefined, primary, ...changes });
  test("says figure, rows and split", () => {
    assert.equal(trainHeadline({ ...training, primary }), "Right on 90.0 % of 200 held-out rows");
    assert.equal(trainHeadline(fakeRegression()), "Pearson’s correlation of 0.912 on 150 test rows");
    const single = { ...training, unit: "image", evaluated: { split: "test", name: "", rows: 1 } } as const;
    assert.match(trainHeadline(single), / of 1 test image$/);
  });
  test("says which baselines are beaten, which are not, and which cannot be told apart", () => {
    assert.equal(judged({}), null);
    assert.equal(judged({ majority: { label: "a", accuracy: 0.5 } }), "It beats always answering “a” (50.0 %).");
    const baselines = [
      { name: "TF-IDF", score: 0.86 },
      { name: "GPT", score: 0.97 },
      { name: "coin", score: 0.5 },
    ];
    assert.equal(
      judged({ baselines }),
      "It beats coin (50.0 %); it cannot be told from TF-IDF (86.0 %) by these examples; it does not beat GPT (97.0 %).",
    );
  });
  test("a smaller error is better", () => {
    const error = { name: "mse", value: 0.4, interval: { low: 0.3, high: 0.5 }, lowerIsBetter: true };
    assert.match(judged({ primary: error, baselines: [{ name: "the mean", score: 0.9 }] })!, /^It beats the mean \(0\.900\)\.$/);
    assert.match(judged({ primary: error, baselines: [{ name: "a ridge", score: 0.2 }] })!, /^It does not beat a ridge/);
  });
  test("the majority's accuracy is no measure for another figure", () => {
    const f1 = { ...primary, name: "f1" };
    assert.equal(judged({ primary: f1, majority: { label: "a", accuracy: 0.5 } }), null);
  });
  test("warns where the same rows chose the weights", () => {
    assert.doesNotMatch(page, /flatters/);
    assert.match(renderTrainReport({ ...training, choseWeights: true }), /the figure flatters the model/);
  });
});

test("the page carries figures, confusions, classes, mistakes, command and options", () => {
  for (const text of [training.command, "--learning_rate", "class 1", "17", "0.9731", "Expected calibration error"])
    assert.ok(page.includes(text), text);
  assert.match(page, /<div class="given"><dt>--learning_rate<\/dt>/);
  assert.match(page, /class="confusion"/);
  assert.match(pages["150 classes"], /The confusions that happened most often/);
  assert.doesNotMatch(pages["150 classes"], /class="confusion"/);
  assert.match(pages["a regression"], /Predicted against true/);
  assert.doesNotMatch(pages["a regression"], /Confusion matrix|Reliability/);
});

test("long runs, many examples and long texts keep the page small", () => {
  const long = fakeTraining({ updates: 60_000, classes: 3, examples: 20_000 });
  const text = "word ".repeat(50_000);
  const shown = Array.from({ length: 20 }, () => ({ ...long.mistakes.shown[0], text, cells: [text, text, text] }));
  const size = renderTrainReport({ ...long, mistakes: { ...long.mistakes, shown } }).length;
  assert.ok(size < 150_000, `${size} characters`);
  const dots = renderTrainReport(fakeRegression(50_000)).length;
  assert.ok(dots < 250_000, `${dots} characters`);
});

describe("a text's shades", () => {
  const share = 0.1;
  const found = (text: string, ...tokens: string[]): string[] =>
    shadesOf(
      text,
      tokens.map((token) => ({ token, share })),
    ).map(({ start, end }) => text.slice(start, end));
  test("word pieces, without case and accents", () => {
    assert.deepEqual(found("Unhappy CAFÉ owners", "un", "##happy", "cafe", "owners"), ["Un", "happy", "CAFÉ", "owners"]);
  });
  test("pieces with the space before them", () => {
    assert.deepEqual(found("a fine film", "a", "Ġfine", "▁film"), ["a", "fine", "film"]);
  });
  test("the same word twice is found in its order; what is not in the text shades nothing, and what follows is found", () => {
    assert.deepEqual(found("the cat, the dog", "[CLS]", "the", "cat", ",", "the", "[UNK]", "dog"), [
      "the",
      "cat",
      ",",
      "the",
      "dog",
    ]);
    assert.deepEqual(
      shadesOf("to be to", [
        { token: "to", share },
        { token: "to", share: 0.5 },
      ]).map(({ start }) => start),
      [0, 6],
    );
  });
  test("characters outside the first plane stay whole", () =>
    assert.deepEqual(found("a 😀 b", "a", "😀", "b"), ["a", "😀", "b"]));
});

describe("lines", () => {
  const line = (values: readonly number[]) => values.map((value, at) => ({ step: at + 1, value }));
  test("long ones become means over stretches that cover all, short ones stay", () => {
    assert.deepEqual(thinned(line([1, 2, 3, 4, 5]), 2), [
      { step: 2, value: 1.5 },
      { step: 5, value: 4 },
    ]);
    assert.equal(thinned(line([1, 2]), 2).length, 2);
  });
  test("smoothing keeps a straight line straight, up to its ends", () => {
    const straight = line(Array.from({ length: 100 }, (_, at) => 2 * at));
    for (const [at, { value }] of smoothed(straight).entries()) assert.ok(Math.abs(value - 2 * at) < 1e-9);
  });
});

test("a figure that is a mean of others is followed by the first of them", () => {
  const evaluations = [1, 2].map((epoch) => ({ step: epoch, epoch, figures: { accuracy: 0.8, f1: 0.7, loss: 0.5 } }));
  const glue = {
    ...training,
    primary: { ...training.primary, name: "combined_score" },
    course: { ...training.course, evaluations },
  };
  assert.match(renderTrainReport(glue), /<h3>Accuracy on held-out examples<\/h3>/);
});
