import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type RecipeFacts, recipeFor, recipes, secondsOf } from "./index.ts";

/** MiniLM on sentences of 25 tokens. */
const facts = (changed: Partial<RecipeFacts>): RecipeFacts => ({
  ...{ rows: 1000, classes: 4, leastOfAClass: 250, watched: false, hiddenSize: 384, flopsPerExample: 0.55e9, timeBudget: 300 },
  ...changed,
});
const chosen = (changed: Partial<RecipeFacts>) => recipeFor("auto", facts(changed)).name;

test("the recipe follows from the rows of a class, and from all of them", () => {
  assert.equal(chosen({ rows: 32, leastOfAClass: 8 }), "few");
  assert.equal(chosen({ rows: 200, leastOfAClass: 50 }), "some");
  assert.equal(chosen({ rows: 4000 }), "some");
  assert.equal(chosen({ rows: 50_000 }), "many");
  assert.equal(chosen({ rows: 32, leastOfAClass: 8, watched: true }), "some", "there is nothing to watch");
  assert.equal(chosen({ rows: 32, classes: 0 }), "some", "there is nothing to draw together");
  assert.throws(() => recipeFor("fwe", facts({})), { code: "training/bad-option", message: /Did you mean few\?/ });
});

describe("whatever the data", () => {
  for (const { name } of recipes)
    test(`${name}: the same facts give the same choice`, () => {
      for (const rows of [6, 40, 300, 3000, 60_000]) {
        const given = facts({ rows, leastOfAClass: Math.max(1, Math.floor(rows / 4)) });
        assert.deepEqual(recipeFor(name, given).choose(given), recipeFor(name, given).choose(given));
      }
    });
  for (const name of ["few", "some"])
    test(`${name}: folds and model fit into the budget, or rows are held out`, () => {
      for (const rows of [6, 40, 300, 499])
        for (const flopsPerExample of [0.1e9, 1e9, 50e9])
          for (const timeBudget of [10, 300, 3000]) {
            const given = facts({ rows, flopsPerExample, timeBudget, leastOfAClass: Math.floor(rows / 4) });
            const choice = recipeFor(name, given).choose(given);
            if (choice.folds > 0) assert.ok((choice.folds + 1) * secondsOf(given, choice) <= timeBudget);
          }
    });
});

test("a class of one row leaves nothing to cross-validate", () => {
  const given = facts({ rows: 20, leastOfAClass: 1 });
  assert.equal(recipeFor("auto", given).choose(given).folds, 0);
});

test("narrow encoders learn faster, and wide ones slower", () => {
  const rate = (hiddenSize: number) => recipeFor("some", facts({})).choose(facts({ hiddenSize })).options.learningRate;
  assert.deepEqual([384, 768, 1024].map(rate), [1e-4, 5e-5, 3.8e-5]);
});

test("huggingface is transformers' recipe, untouched", () => {
  assert.deepEqual(recipeFor("huggingface", facts({})).choose(facts({})), {
    probe: false,
    options: {},
    folds: 0,
    holdsOut: true,
  });
});
