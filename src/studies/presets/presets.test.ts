import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parsePattern, presets } from "../../attention/index.ts";
import { type Dataset, groupByText } from "../../data/index.ts";
import { planOf } from "../../runs/index.ts";
import { tinyTokenizer } from "../../runs/tiny-run.fixture.ts";
import { demoCorpora } from "../demo/index.ts";
import { arms } from "./arms.ts";
import { demoStudies } from "./demo.ts";
import { type TextStudy, textStudy } from "./text.ts";

test("arms are named as the presets are; where and ramp go to the sparse ones alone", () => {
  const made = arms(presets("random"), { layers: [1], rampSteps: 10 });
  assert.deepEqual(made, [
    { name: "dense", plan: { pattern: "dense" }, nominalSparsity: 0 },
    ...[0.4, 0.6, 0.8].map((sparsity, at) => ({
      name: ["light_sparse", "moderate_sparse", "aggressive_sparse"][at],
      plan: { pattern: `random(sparsity=${sparsity})`, layers: [1], rampSteps: 10 },
      nominalSparsity: sparsity,
    })),
  ]);
  for (const { plan } of made) assert.equal(planOf(plan).pattern.id, plan.pattern);
  assert.equal(arms({ window: parsePattern("slidingWindow(radius=2)") })[0].nominalSparsity, 0);
});

/** Reviews, and pieces of them, as SST-2's phrases are pieces of its sentences: two of three are of class 1. */
function corpus(): Dataset {
  const sentences = demoCorpora()[0]
    .train.examples.slice(0, 300)
    .map(({ text }, at) => ({ text: `${text} no ${at}`, label: Number(at % 3 > 0) }));
  const phrases = sentences.map(({ text, label }) => ({
    text: text.split(" ").slice(0, -1).slice(-6).concat(text.split(" ").at(-1)!).join(" "),
    label,
  }));
  const examples = [...sentences, ...phrases].map((example, index) => ({ index, ...example }));
  return { name: "reviews.tsv", labels: ["no", "yes"], examples };
}
const settings = (changes: Partial<TextStudy> = {}): TextStudy => ({
  study: "reviews",
  corpus: "reviews.tsv",
  model: { kind: "folder", path: "tiny" },
  tokenizer: tinyTokenizer,
  train: corpus(),
  seeds: [1, 2],
  options: {},
  command: "crisp study reviews.tsv",
  ...changes,
});
const indices = ({ examples }: Dataset): number[] => examples.map(({ index }) => index);

describe("textStudy's splits", () => {
  const { data } = textStudy(settings());
  const splits = [data.train, data.selection!, data.reported];

  test("share out all examples, each to one split: a fifth reported, a tenth of the rest for selection", () => {
    assert.deepEqual(
      splits.flatMap(indices).toSorted((a, b) => a - b),
      indices(corpus()),
    );
    const [train, selection, reported] = splits.map(({ examples }) => examples.length);
    assert.ok(Math.abs(reported - 120) <= 2, `${reported}`);
    assert.ok(Math.abs(selection - 48) <= 2, `${selection}`);
    assert.equal(train + selection + reported, 600);
  });
  test("are stratified: every one is of two thirds class 1", () => {
    for (const { examples, name } of splits) {
      const share = examples.filter(({ label }) => label === 1).length / examples.length;
      assert.ok(Math.abs(share - 2 / 3) < 0.03, `${name}: ${share}`);
    }
  });
  test("are grouped: no text shares words with one in another split", () => {
    const all = corpus();
    const groups = groupByText(all.examples);
    assert.ok(new Set(groups).size < all.examples.length, "the corpus has groups to keep together");
    const splitOf = new Map<number, number>();
    splits.forEach((split, which) => {
      for (const index of indices(split)) {
        const group = groups[index];
        assert.equal(splitOf.get(group) ?? which, which);
        splitOf.set(group, which);
      }
    });
  });
  test("do not depend on the seeds, the pattern or the options", () => {
    const other = textStudy(settings({ seeds: [7], pattern: "random", options: { dataSeed: 9 } })).data;
    assert.deepEqual([other.train, other.selection!, other.reported].map(indices), splits.map(indices));
  });
});

test("a reported split that is given stays whole, and the selection split comes out of training", () => {
  const reported = demoCorpora()[0].reported;
  const { data } = textStudy(settings({ reported }));
  assert.equal(data.reported, reported);
  assert.equal(data.train.examples.length + data.selection!.examples.length, 600);
});

test("at most 1,000 examples are held out for selection", () => {
  const examples = Array.from({ length: 12_000 }, (_, index) => ({ index, text: `word${index}`, label: index % 2 }));
  const train = { name: "long.tsv", labels: ["a", "b"], examples };
  const { data } = textStudy(settings({ train, reported: demoCorpora()[0].reported }));
  assert.equal(data.selection!.examples.length, 1000);
});

test("one class, and too few texts to hold some out, are refused before anything is trained", () => {
  const { examples, ...rest } = corpus();
  const one = { ...rest, examples: examples.filter(({ label }) => label === 1) };
  assert.throws(() => textStudy(settings({ train: one })), { code: "data/one-class" });
  assert.throws(() => textStudy(settings({ train: { ...rest, examples: examples.slice(0, 4) } })), { code: "data/split" });
});

test("the demonstration: three corpora, the last of which sets dense against dense by its random streams alone", () => {
  const studies = demoStudies({ command: "", seeds: [3] });
  assert.deepEqual(
    studies.map(({ study }) => study),
    ["distractors", "every-word", "dense-against-dense"],
  );
  const [window, , streams] = studies.map(({ arms }) => arms);
  assert.deepEqual(
    window.map(({ plan }) => plan.pattern),
    ["dense", ...[0.4, 0.6, 0.8].map((sparsity) => `slidingWindow(sparsity=${sparsity})`)],
  );
  assert.ok(streams.every(({ plan, nominalSparsity }) => plan.pattern === "dense" && nominalSparsity === 0));
  assert.equal(new Set(streams.map(({ seedOffset }) => seedOffset)).size, 4);
  for (const { seeds, planted, synthetic } of studies) {
    assert.deepEqual(seeds, [3]);
    assert.ok(synthetic && planted?.direction);
  }
});
