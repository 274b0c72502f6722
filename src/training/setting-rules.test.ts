import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { topK } from "../attention/index.ts";
import * as rules from "./setting-rules.ts";

const owner = { name: "train", code: "training/bad-option" };

describe("settings of the API", () => {
  const cases: readonly (readonly [string, rules.SettingRule, readonly unknown[], readonly unknown[]])[] = [
    ["flag", rules.flag, [true, false], [0, "true", null]],
    ["text", rules.text, ["a"], ["", 3, null]],
    ["texts", rules.texts, ["a", ["a", "b"], []], [3, ["a", 3], ""]],
    ["whole", rules.whole(1), [1, 7], [0, 1.5, "1", Number.NaN]],
    ["oneOf", rules.oneOf(["head", "tail"]), ["head"], ["hea", 0]],
    ["callback", rules.callback, [() => {}], [3, {}]],
    ["seed", rules.seed, [0, -3, 42], [0.5, "1", Infinity]],
    ["abortSignal", rules.abortSignal, [new AbortController().signal], [{ aborted: false }, true]],
    [
      "source",
      rules.source,
      ["a.csv", ["a.csv", "b.csv"], new Blob([]), { labels: [], examples: [] }],
      ["", [], [3], {}, { examples: [] }, null],
    ],
    [
      "attention",
      rules.attention,
      [topK({ sparsity: 0.5 }), { pattern: topK({ sparsity: 0.5 }) }],
      ["topK", {}, { pattern: "topK" }, topK, null],
    ],
  ];
  for (const [name, rule, right, wrong] of cases) {
    test(name, () => {
      for (const value of right) rules.checkRules(owner, { [name]: value }, { [name]: rule });
      for (const value of wrong)
        assert.throws(() => rules.checkRules(owner, { [name]: value }, { [name]: rule }), {
          code: "training/bad-option",
          message: new RegExp(`^${name}: expected `),
        });
    });
  }

  test("what is left out is not checked, unless it is needed", () => {
    rules.checkRules(owner, { data: undefined }, { data: rules.text, signal: rules.abortSignal });
    assert.throws(() => rules.checkRules(owner, {}, { data: { ...rules.text, required: true } }), {
      message: "data: expected a text that is not empty, got none.",
    });
  });

  test("a name that nobody reads is refused, and the nearest one is named", () => {
    assert.throws(() => rules.checkNames(owner, { fold: 3 }, ["folds", "seed"]), {
      message: "train: expected options among folds, seed, got fold. Did you mean folds?",
    });
    for (const settings of [undefined, null, 3]) {
      assert.throws(() => rules.checkNames(owner, settings as never, []), { message: /^train: expected an object of settings/ });
    }
  });

  test("a close choice is named, and an object by what is in it", () => {
    const pooling = rules.oneOf(["first", "mean"]);
    assert.throws(() => rules.checkRules(owner, { pooling: "men" }, { pooling }), { message: /got men\. Did you mean mean\?$/ });
    assert.throws(() => rules.checkRules(owner, { pooling: { mean: true } }, { pooling }), {
      message: /got an object with mean\.$/,
    });
  });
});
