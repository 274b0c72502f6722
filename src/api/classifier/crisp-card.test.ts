import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseCard } from "./crisp-card.ts";

const whole = { attention: { pattern: "dense" }, maxLength: 64, seed: 1, padTokenId: 0 };
const parse = (card: unknown) => parseCard(new TextEncoder().encode(JSON.stringify(card)), "m/crisp.json");

test("a card of an older version may lack what is not needed to answer", () => {
  assert.deepEqual(parse(whole), { metrics: {}, options: {}, ...whole });
  const rich = {
    ...whole,
    task: "regression",
    metrics: { loss: null, pearson: 0.5 },
    about: { files: { train: "a", evaluated: "b" } },
  };
  assert.deepEqual(parse(rich), { options: {}, ...rich });
});

describe("a field that is not what it must be is named", () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ attention: undefined }, /expected attention to be an object, got nothing/],
    [{ attention: { pattern: 3 } }, /attention\.pattern to be a text, got 3/],
    [
      { attention: { pattern: "dense", layers: "all" } },
      /attention\.layers to be a list of whole numbers, or nothing, got "all"/,
    ],
    [{ task: "toString" }, /task to be one of .*, got "toString"/],
    [{ maxLength: 1e300 }, /maxLength to be a whole number/],
    [{ padTokenId: -1 }, /padTokenId to be a whole number of at least 0, got -1/],
    [{ temperature: 0 }, /temperature to be a number above 0/],
    [{ longTexts: "tail" }, /longTexts to be one of head, head_tail/],
    [{ metrics: { accuracy: "high" } }, /metrics to be an object of numbers/],
    [{ about: { files: { train: [] } } }, /about\.files\.train to be a text/],
  ];
  for (const [change, message] of cases)
    test(String(message), () => assert.throws(() => parse({ ...whole, ...change }), { code: "model/bad-card", message }));
  for (const card of [null, [], 3, "x"])
    test(`not an object: ${JSON.stringify(card)}`, () => assert.throws(() => parse(card), { code: "model/bad-card" }));
});
