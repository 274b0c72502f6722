import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkMasking, maskTokens } from "./masking.ts";

const rules = { probability: 0.15, maskTokenId: 4, vocabularySize: 1000, specialIds: new Set([0, 2, 3, 4]) };
const row = (length: number): Int32Array => Int32Array.from({ length }, (_, at) => (at === 0 ? 2 : at === length - 1 ? 3 : 500));

describe("maskTokens", () => {
  test("hides 15 % of the words: 80 % become the mask, 10 % another word, 10 % stay", () => {
    let [words, hidden, masks, others, kept] = [0, 0, 0, 0, 0];
    for (let example = 0; example < 400; example++) {
      const { inputIds, places, labels } = maskTokens(row(252), rules, { seed: 1, epoch: 0, example });
      words += 250;
      hidden += places.length;
      for (const [at, place] of places.entries()) {
        assert.equal(labels[at], 500);
        if (inputIds[place] === 4) masks++;
        else if (inputIds[place] === 500) kept++;
        else others++;
      }
      assert.deepEqual([inputIds[0], inputIds[251]], [2, 3], "special tokens stay");
      for (let at = 0; at < 252; at++) assert.ok(places.includes(at) || inputIds[at] === row(252)[at]);
    }
    // five standard deviations
    const near = (count: number, of: number, share: number): boolean =>
      Math.abs(count - of * share) < 5 * Math.sqrt(of * share * (1 - share));
    assert.ok(near(hidden, words, 0.15), `${hidden} of ${words}`);
    assert.ok(near(masks, hidden, 0.8) && near(others, hidden, 0.1) && near(kept, hidden, 0.1), `${[masks, others, kept]}`);
  });
  test("is the same for the same key, and another for another seed, epoch or example", () => {
    const of = (key: { seed: number; epoch: number; example: number }): string =>
      JSON.stringify(maskTokens(row(200), rules, key).inputIds);
    const key = { seed: 1, epoch: 2, example: 3 };
    assert.equal(of(key), of({ ...key }));
    const others = [
      { ...key, seed: 2 },
      { ...key, epoch: -1 },
      { ...key, example: 4 },
    ].map(of);
    assert.equal(new Set([of(key), ...others]).size, 4);
  });
  test("random words are spread over the vocabulary, and never special", () => {
    const drawn = new Set<number>();
    for (let example = 0; example < 2000; example++) {
      const { inputIds, places } = maskTokens(row(102), { ...rules, probability: 0.9 }, { seed: 5, epoch: 0, example });
      for (const place of places) if (![4, 500].includes(inputIds[place])) drawn.add(inputIds[place]);
    }
    assert.ok(drawn.size === 995, `${drawn.size} of the 995 words that are neither special nor the one that stood there`);
    assert.ok([0, 2, 3, 4].every((id) => !drawn.has(id)));
  });
  test("a share outside (0, 1) is refused", () => {
    for (const probability of [0, 1, -0.1, Number.NaN])
      assert.throws(() => checkMasking({ probability }), { code: "data/bad-masking" });
  });
});
