import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../random/index.ts";
import { groupByText, normaliseText } from "../groups/text-groups.ts";
import type { Dataset, Example } from "../types.ts";
import { type Split, splitDataset } from "./split.ts";

/** Reviews of a few words, many of them pieces of others; class 2 is rare. */
function made(n: number, seed: number): Dataset {
  let draw = 0;
  const pick = (most: number) => Math.floor(uniform({ seed, step: 0, site: "made" }, draw++) * most);
  const sentences = Array.from({ length: n / 4 }, () => Array.from({ length: 5 + pick(8) }, () => `w${pick(900)}`));
  const examples = Array.from({ length: n }, (_, index): Example => {
    const words = sentences[pick(sentences.length)];
    const from = pick(words.length - 1);
    return {
      index,
      text: words.slice(from, from + 1 + pick(words.length)).join(" "),
      label: pick(20) === 0 ? 2 : pick(3) === 0 ? 0 : 1,
    };
  });
  return { name: "made", labels: ["a", "b", "c"], examples };
}
const indices = ({ examples }: Dataset) => examples.map(({ index }) => index);
const both = ({ train, heldOut }: Split) => [indices(train), indices(heldOut)];

for (const seed of [1, 2, 3, 4, 5]) {
  for (const fraction of [0.05, 0.1, 0.3]) {
    const dataset = made(800, seed);
    const split = splitDataset({ dataset, fraction, seed });
    const [train, held] = both(split);
    test(`seed ${seed}, ${fraction}: every example is on one side, in its old order`, () => {
      assert.deepEqual(
        [...train, ...held].sort((a, b) => a - b),
        indices(dataset),
      );
      for (const side of [train, held])
        assert.deepEqual(
          side,
          [...side].sort((a, b) => a - b),
        );
    });
    test(`seed ${seed}, ${fraction}: each class is held out at its share, to within two examples`, () => {
      for (const label of [0, 1, 2]) {
        const count = (d: Dataset) => d.examples.filter((e) => e.label === label).length;
        assert.ok(
          Math.abs(count(split.heldOut) - fraction * count(dataset)) <= 2,
          `class ${label}: ${count(split.heldOut)} of ${count(dataset)}`,
        );
      }
    });
    test(`seed ${seed}, ${fraction}: no group is torn, and no text of four words is on both sides`, () => {
      const group = groupByText(dataset.examples);
      const there = new Set(train.map((at) => group[at]));
      assert.ok(held.every((at) => !there.has(group[at])));
      const texts = (d: Dataset) => d.examples.map((e) => ` ${normaliseText(e.text)} `);
      const [a, b] = [texts(split.train), texts(split.heldOut)];
      for (const x of a) {
        for (const y of b) {
          const [short, long] = x.length < y.length ? [x, y] : [y, x];
          assert.ok(short.trim().split(" ").length < 4 ? x !== y : !long.includes(short), `"${x}" and "${y}"`);
        }
      }
    });
  }
}

test("the split is a function of the seed", () => {
  const dataset = made(400, 9);
  assert.deepEqual(both(splitDataset({ dataset, seed: 1 })), both(splitDataset({ dataset, seed: 1 })));
  assert.notDeepEqual(both(splitDataset({ dataset, seed: 1 })), both(splitDataset({ dataset, seed: 2 })));
});
test("when no whole group fits any more, one that brings the count closer is taken, and no other", () => {
  const fours = {
    name: "fours",
    labels: ["a"],
    examples: Array.from({ length: 40 }, (_, index) => ({ index, text: `t${index >> 2}`, label: 0 })),
  };
  const size = (fraction: number) => splitDataset({ dataset: fours, seed: 1, fraction }).heldOut.examples.length;
  assert.deepEqual([size(0.1), size(0.15), size(0.18)], [4, 4, 8]);
});
test("unlabelled data can be split too", () => {
  const dataset = { ...made(400, 9), labels: [], examples: made(400, 9).examples.map((e) => ({ ...e, label: -1 })) };
  const { heldOut } = splitDataset({ dataset, seed: 1, fraction: 0.25 });
  assert.ok(Math.abs(heldOut.examples.length - 100) <= 2);
});
test("beside labelled examples unlabelled ones train, but for those that share text with held-out ones", () => {
  const labelled = made(400, 9);
  const others = Array.from({ length: 300 }, (_, at) => ({
    index: 400 + at,
    text: at < 20 ? labelled.examples[at].text : `u${at} v${at} x${at} y${at}`,
    label: -1,
  }));
  const dataset = { ...labelled, examples: [...labelled.examples, ...others] };
  const { train, heldOut } = splitDataset({ dataset, seed: 1, fraction: 0.25 });
  const count = (side: Dataset) => side.examples.filter(({ label }) => label >= 0).length;
  assert.ok(Math.abs(count(heldOut) - 100) <= 4, `${count(heldOut)}`);
  assert.equal(train.examples.length - count(train) + heldOut.examples.length - count(heldOut), 300);
  const held = new Set(heldOut.examples.flatMap(({ text, label }) => (label >= 0 ? [text] : [])));
  for (const { text, label } of heldOut.examples) assert.ok(label >= 0 || held.has(text) || !text.startsWith("u"), text);
});
test("bad fractions, and texts that cannot be parted, are refused", () => {
  for (const fraction of [0, 1, -0.1, Number.NaN]) {
    assert.throws(() => splitDataset({ dataset: made(40, 1), seed: 1, fraction }), { code: "data/bad-fraction" });
  }
  const same = {
    name: "same",
    labels: ["a"],
    examples: Array.from({ length: 20 }, (_, index) => ({ index, text: "hi", label: 0 })),
  };
  assert.throws(() => splitDataset({ dataset: same, seed: 1 }), {
    code: "data/split",
    message: /1 group of shared text, the largest of 20 examples/,
  });
});

test("too few examples to hold any out are counted, and what is needed is said", () => {
  const rows = (counts: readonly number[]): Parameters<typeof splitDataset>[0]["dataset"] => ({
    name: "few.csv",
    labels: counts.map((_, label) => `${label}`),
    examples: counts
      .flatMap((count, label) => Array<number>(count).fill(label))
      .map((label, index) => ({ index, text: `text number ${index}`, label })),
  });
  for (const counts of [[4, 4], [2, 1], [4]]) {
    assert.throws(() => splitDataset({ dataset: rows(counts), seed: 1 }), {
      code: "data/split",
      message: `few.csv: expected at least 5 examples of one class, to hold out 0.1 of them, got ${Math.max(...counts)} of one class. Add examples, or give a validation file.`,
    });
  }
  assert.equal(splitDataset({ dataset: rows([5, 4]), seed: 1 }).heldOut.examples.length, 1);
  assert.throws(() => splitDataset({ dataset: { ...rows([4]), task: "regression" }, seed: 1 }), {
    message: /^few\.csv: expected at least 5 examples, to hold out 0\.1 of them, got 4\. Add examples/,
  });
});
