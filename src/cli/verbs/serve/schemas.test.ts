import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelFacts } from "./model-messages.ts";
import { schemasOf } from "./schemas.ts";

const texts: ModelFacts = { reads: "texts", pairs: "possible", ofWords: false, fields: ["label", "score"], task: "made up" };

/** What inputs a body means, or undefined where it is refused. */
function inputs(facts: Partial<ModelFacts>, body: unknown): unknown {
  const { data } = schemasOf({ ...texts, ...facts }, 3, 100)
    .of(body)
    .safeParse(body);
  return data;
}

test("one text and several, with pairs or without, are what predict's rows are", () => {
  assert.deepEqual(inputs({}, { text: "a" }), [{ text: "a" }]);
  assert.deepEqual(inputs({}, { text: "a", pair: "b" }), [{ text: "a", pair: "b" }]);
  assert.deepEqual(inputs({}, { texts: ["a", { text: "b" }, { text: "c", pair: "d" }] }), [
    { text: "a" },
    { text: "b" },
    { text: "c", pair: "d" },
  ]);
});

test("empty texts, wrong types, unknown keys, no texts and too many are refused", () => {
  const bodies = [
    ...[null, 1, "a", [], ["a"], {}, { text: "" }, { text: " \n" }, { text: 1 }, { text: ["a"] }, { text: "a", other: 1 }],
    ...[{ texts: [] }, { texts: "a" }, { texts: ["a", ""] }, { texts: ["a", null] }, { texts: ["a", "b", "c", "d"] }],
    ...[{ text: "a", texts: ["a"] }, { texts: [{ text: "a", label: "x" }] }, { text: "a", pair: "" }, { image: "AAAA" }],
  ];
  for (const body of bodies) assert.equal(inputs({}, body), undefined, JSON.stringify(body));
});

test("a model of pairs wants both texts, and one that reads no pairs refuses a second", () => {
  assert.deepEqual(inputs({ pairs: "always" }, { texts: [{ text: "a", pair: "b" }] }), [{ text: "a", pair: "b" }]);
  for (const body of [{ text: "a" }, { texts: ["a"] }, { texts: [{ text: "a" }] }])
    assert.equal(inputs({ pairs: "always" }, body), undefined, JSON.stringify(body));
  assert.equal(inputs({ pairs: "never" }, { text: "a", pair: "b" }), undefined);
});

test("a model of words takes lists of them, one text or several", () => {
  const words = { text: "a b", words: ["a", "b"] };
  const facts = { pairs: "never", ofWords: true } as const;
  assert.deepEqual(inputs(facts, { text: ["a", "b"] }), [words]);
  assert.deepEqual(inputs(facts, { texts: [["a", "b"], "a b", { text: ["a", "b"] }] }), [words, { text: "a b" }, words]);
  assert.equal(inputs(facts, { texts: [[]] }), undefined);
});

test("a model of images takes their bytes, never paths of this machine", () => {
  const facts = { reads: "images", pairs: "never" } as const;
  assert.deepEqual(inputs(facts, { image: "AQID" }), [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(inputs(facts, { images: ["AQID", "BAU="] }), [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)]);
  for (const body of [{ image: "/etc/passwd.png" }, { image: "" }, { text: "a" }, { images: [{ path: "x" }] }])
    assert.equal(inputs(facts, body), undefined, JSON.stringify(body));
});

test("its own examples are bodies that a model takes", () => {
  for (const facts of [texts, { ...texts, pairs: "always" }, { ...texts, pairs: "never", ofWords: true }] as const) {
    const schemas = schemasOf(facts, 3, 100);
    assert.equal(schemas.examples.length, 2);
    for (const body of schemas.examples) assert.ok(schemas.of(body).safeParse(body).success, JSON.stringify(body));
  }
});
