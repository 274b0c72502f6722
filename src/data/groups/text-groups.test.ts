import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../random/index.ts";
import type { Example } from "../types.ts";
import { type GroupingOptions, groupByText, groupsForFolds, normaliseText } from "./text-groups.ts";

const examples = (...texts: (string | [string, string])[]): Example[] =>
  texts.map((text, index) =>
    typeof text === "string" ? { index, text, label: 0 } : { index, text: text[0], pair: text[1], label: 0 },
  );
const groups = (texts: (string | [string, string])[], options?: GroupingOptions): number[] => [
  ...groupByText(examples(...texts), options),
];

test("comparison ignores case, spaces, punctuation and width, and takes ideographs one by one", () => {
  assert.equal(normaliseText("It 's  GREAT !"), "it s great");
  assert.equal(normaliseText("Ｆｉｎｅ, ｆｉｌｍ…"), "fine film");
  assert.equal(normaliseText("我喜欢tea"), "我 喜 欢 tea");
  assert.equal(normaliseText(" :-) "), ":-)");
});
test("equal texts are one group", () => {
  assert.deepEqual(groups(["A fine tune", "another one", "a fine  tune!"]), [0, 1, 0]);
});
test("a text of four words inside another is in its group; on word boundaries only", () => {
  assert.deepEqual(groups(["what a truly fine little tune", "a truly fine little", "truly fine little tun"]), [0, 0, 2]);
});
test("groups are transitive: two texts that hold a third", () => {
  assert.deepEqual(groups(["so slow but never ever dull", "slow but never ever", "a slow but never ever tune"]), [0, 0, 0]);
});
test("a short text joins the only group that holds it", () => {
  assert.deepEqual(groups(["a kettle sings all day", "kettle sings", "kettle"]), [0, 0, 0]);
});
test("a short text that several groups hold stays alone, and glues nothing", () => {
  assert.deepEqual(groups(["a kettle sings all day", "my kettle leaks most days", "kettle"]), [0, 1, 2]);
});
test("both texts of a pair count, and tie what shares either", () => {
  assert.deepEqual(
    groups([
      ["one premise here", "first claim"],
      ["one premise here", "second claim"],
      ["third", "second claim"],
      ["x", "y"],
    ]),
    [0, 0, 0, 3],
  );
});
test("equality leaves contained texts apart; none leaves everything apart", () => {
  assert.deepEqual(groups(["a b c d e", "a b c d", "A b c d e"], { groupBy: "equality" }), [0, 1, 0]);
  assert.deepEqual(groups(["a b", "a b"], { groupBy: "none" }), [0, 1]);
});

test("groups for folds: contained texts too, unless their group is larger than a fold", () => {
  const others = ["a kettle sings all day", "my neighbour reads old maps", "ten boats left this morning"];
  const inside = examples("the tune was fine", "we say the tune was fine", ...others, "The tune was fine!");
  assert.deepEqual([...groupsForFolds(inside, 2)], [0, 0, 2, 3, 4, 0]);
  assert.deepEqual([...groupsForFolds(inside, 3)], [0, 1, 2, 3, 4, 0]);
});

test("groups for folds: a text that most pairs share does not count, equal rows always do", () => {
  const asked = ["the boat left", "The boat left!", "old maps", "a kettle", "one more tune", "old maps"];
  const pairs = asked.map((text, index) => ({ text, pair: "is it about this?", label: 0, index }));
  assert.deepEqual([...groupByText(pairs, { groupBy: "equality" })], [0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...groupsForFolds(pairs, 3)], [0, 0, 2, 3, 4, 2]);
  assert.deepEqual([...groupsForFolds(pairs, 3, "equality")], [0, 0, 2, 3, 4, 2]);
  assert.deepEqual([...groupsForFolds(pairs.with(0, { ...pairs[0], pair: "another one" }), 3)], [0, 1, 2, 3, 4, 2]);
});

test("groups for folds from equality on: contained texts are not kept together", () => {
  const inside = examples("the tune was fine", "we say the tune was fine", "a kettle sings", "ten boats");
  assert.deepEqual([...groupsForFolds(inside, 2)], [0, 0, 2, 3]);
  assert.deepEqual([...groupsForFolds(inside, 2, "equality")], [0, 1, 2, 3]);
});

/** The three rules word for word, by comparing all texts with all others. */
function plainGroups(all: readonly Example[], minWords: number): number[] {
  const texts = [...new Set(all.flatMap(({ text, pair }) => [text, ...(pair === undefined ? [] : [pair])]).map(normaliseText))];
  const group = new Map(texts.map((text) => [text, text]));
  const merge = (a: string, b: string) => {
    const [from, to] = [group.get(a)!, group.get(b)!];
    for (const [text, name] of group) if (name === from) group.set(text, to);
  };
  const wordCount = (text: string) => text.split(" ").length;
  const holders = (inner: string) => texts.filter((outer) => outer !== inner && ` ${outer} `.includes(` ${inner} `));
  for (const { text, pair } of all) if (pair !== undefined) merge(normaliseText(text), normaliseText(pair));
  for (const inner of texts) if (wordCount(inner) >= minWords) for (const outer of holders(inner)) merge(inner, outer);
  for (let length = minWords - 1; length > 0; length--) {
    const joins = texts.flatMap((inner) => {
      if (wordCount(inner) !== length) return [];
      const others = new Set(holders(inner).map((outer) => group.get(outer)!));
      others.delete(group.get(inner)!);
      return others.size === 1 ? [[inner, [...others][0]]] : [];
    });
    for (const [inner, outer] of joins) merge(inner, outer);
  }
  const names = all.map(({ text }) => group.get(normaliseText(text))!);
  return names.map((name) => names.indexOf(name));
}

test("the index agrees with comparing everything with everything, on random texts", () => {
  let draw = 0;
  const pick = (n: number) => Math.floor(uniform({ seed: 5, step: 0, site: "texts" }, draw++) * n);
  let glued = 0;
  for (let round = 0; round < 150; round++) {
    const words = 2 + pick(25);
    const text = () => Array.from({ length: 1 + pick(9) }, () => `w${pick(words)}`).join(" ");
    const all = examples(...Array.from({ length: 40 }, () => (pick(4) ? text() : ([text(), text()] as [string, string]))));
    const minWords = 1 + pick(5);
    const got = [...groupByText(all, { minWords })];
    assert.deepEqual(got, plainGroups(all, minWords), `round ${round}`);
    glued += got.filter((group, at) => group !== at).length;
  }
  assert.ok(glued > 500 && glued < 5500, `${glued} of 6000 glued: the texts test nothing`);
});
