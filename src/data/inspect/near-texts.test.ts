import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { uniform } from "../../random/index.ts";
import { NearTexts, sharedPairs, sketchOf, type TextSketch } from "./near-texts.ts";

let draw = 0;
const pick = (n: number): number => Math.floor(uniform({ seed: 5, step: 0, site: "near" }, draw++) * n);
const sentence = (words: number): string[] => Array.from({ length: words }, () => `word${pick(3000)}`);
const sketch = (words: readonly string[]): TextSketch => sketchOf(words.join(" "))!;

describe("near texts", () => {
  test("one word of twenty changed is found, other texts are not", () => {
    const near = new NearTexts();
    const texts = Array.from({ length: 2000 }, () => sentence(20));
    texts.forEach((words, id) => {
      assert.equal(near.find(sketch(words)), undefined);
      near.add(sketch(words), id);
    });
    let found = 0;
    texts.forEach((words, id) => {
      const like = near.find(sketch(words.with(pick(20), "changed")));
      if (like !== undefined) assert.equal(like, id);
      found += like === undefined ? 0 : 1;
    });
    assert.ok(found >= 1980, `${found} of 2000`);
    for (let i = 0; i < 500; i++) assert.equal(near.find(sketch(sentence(20))), undefined);
  });
  test("what is shared is counted in pairs of neighbouring words", () => {
    const [a, b] = ["a b c d e f g h", "a b c d e f g i"].map((text) => sketchOf(text)!);
    // of nine pairs each, seven are in both: all but "g h", "h <end>" and "g i", "i <end>"
    assert.equal(sharedPairs(a, b), 7 / 11);
    assert.equal(sharedPairs(a, a), 1);
    assert.equal(sharedPairs(a, sketchOf("h g f e d c b a")!), 0);
  });
  test("texts of fewer than five words are left aside", () => {
    assert.equal(sketchOf("where is my refund"), undefined);
    assert.ok(sketchOf("where is my refund now"));
  });
  test("the same opening a thousand times costs no comparison of each with each", () => {
    const near = new NearTexts();
    const opening = sentence(40);
    const started = performance.now();
    for (let id = 0; id < 5000; id++) {
      const one = sketch([...opening, ...sentence(20)]);
      near.find(one);
      near.add(one, id);
    }
    assert.ok(performance.now() - started < 20_000);
  });
});
