import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type RecipeFacts, recipeFor, recipes, secondsOf } from "./index.ts";

/** MiniLM on sentences of 25 tokens. */
const facts = (changed: Partial<RecipeFacts>): RecipeFacts => ({
  ...{
    rows: 1000,
    classes: 4,
    leastOfAClass: 250,
    watched: false,
    evaluated: false,
    hiddenSize: 384,
    flopsPerExample: 0.55e9,
    timeBudget: 300,
  },
  ...changed,
});
const chosen = (changed: Partial<RecipeFacts>) => recipeFor("auto", facts(changed)).name;

test("the recipe follows from the rows of a class, and from all of them", () => {
  assert.equal(chosen({ rows: 32, leastOfAClass: 8 }), "few");
  assert.equal(chosen({ rows: 200, leastOfAClass: 50 }), "few");
  assert.equal(chosen({ rows: 200, leastOfAClass: 50, twoTexts: true }), "some", "likeness says little of two texts");
  assert.equal(chosen({ rows: 400, leastOfAClass: 100 }), "some");
  assert.equal(chosen({ rows: 490, classes: 77, leastOfAClass: 6 }), "few");
  assert.equal(chosen({ rows: 616, classes: 77, leastOfAClass: 8 }), "some", "fine-tuning is as accurate, and faster");
  assert.equal(chosen({ rows: 4000 }), "some");
  assert.equal(chosen({ rows: 50_000 }), "many");
  assert.equal(chosen({ rows: 32, leastOfAClass: 8, watched: true }), "some", "there is nothing to watch");
  assert.equal(chosen({ rows: 32, leastOfAClass: 8, eightBits: true }), "some", "there is no update that rounds");
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

test("pairs have a recipe of their own, in large batches, whatever their number", () => {
  assert.deepEqual(
    [40, 50_000].map((rows) => chosen({ rows, classes: 0, pairs: true })),
    ["pairs", "pairs"],
  );
  const given = facts({ rows: 50_000, classes: 0, pairs: true, timeBudget: 3000 });
  const { options, probe, folds } = recipeFor("auto", given).choose(given);
  assert.deepEqual([options.numTrainEpochs, options.perDeviceTrainBatchSize, probe, folds], [1, 64, false, 0]);
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

test("seconds count the epochs that options leave to transformers' defaults, and updates where these are given", () => {
  const given = facts({ rows: 1000 });
  const seconds = (options: Parameters<typeof secondsOf>[1]["options"]) => secondsOf(given, { options });
  assert.equal(seconds({}), seconds({ numTrainEpochs: 3 }));
  assert.equal(seconds({ maxSteps: 125, perDeviceTrainBatchSize: 16, numTrainEpochs: 9 }), seconds({ numTrainEpochs: 2 }));
  assert.ok(seconds({}) > 0);
});

describe("a budget that is too short for all epochs", () => {
  const epochsOf = ({ contrastive, options }: ReturnType<(typeof recipes)[number]["choose"]>): number =>
    contrastive?.epochs ?? options.numTrainEpochs ?? 0;
  for (const name of ["few", "some", "many"])
    test(`${name}: is said, with a budget that has room for them`, () => {
      for (const rows of [6, 40, 300, 3000])
        for (const evaluated of [false, true])
          for (const flopsPerExample of [0.55e9, 4.3e9, 23e9]) {
            const given = facts({ rows, flopsPerExample, evaluated, leastOfAClass: Math.max(1, Math.floor(rows / 4)) });
            const choice = recipeFor(name, given).choose(given);
            const wanted = choice.short?.epochs ?? epochsOf(choice);
            assert.equal(choice.short === undefined, epochsOf(choice) >= wanted);
            const enough = recipeFor(name, given).choose({ ...given, timeBudget: choice.short?.timeBudget ?? 300 });
            assert.deepEqual([epochsOf(enough), enough.short], [wanted, undefined]);
          }
    });
  test("BERT base has room for one epoch of a thousand rows in the default budget", () => {
    const given = facts({ flopsPerExample: 4.3e9, hiddenSize: 768 });
    const choice = recipeFor("auto", given).choose(given);
    assert.deepEqual([choice.options.numTrainEpochs, choice.short], [1, { epochs: 5, timeBudget: 1620 }]);
  });
});

test("where rows to evaluate on are given, the whole budget is for one model", () => {
  for (const name of ["few", "some"]) {
    const given = facts({ rows: 100, leastOfAClass: 25, flopsPerExample: 12e9, evaluated: true });
    const [alone, folded] = [given, { ...given, evaluated: false }].map((each) => recipeFor(name, each).choose(each));
    assert.equal(alone.folds, 0);
    assert.ok(secondsOf(given, alone) > 0.75 * given.timeBudget || alone.short === undefined);
    assert.ok(secondsOf(given, alone) >= 2 * secondsOf(given, folded));
    assert.ok(secondsOf(given, alone) <= given.timeBudget);
  }
});
