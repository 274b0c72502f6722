import assert from "node:assert/strict";
import { test } from "node:test";
import { CrispError, expectedGot } from "../errors/index.ts";
import { resolveOptions } from "../training/index.ts";
import { inOptionNames } from "./option-names.ts";
import { train } from "./verbs/train.ts";

const shown = (error: CrispError): string => inOptionNames(error, train.options).message;

test("checks that speak the API's names are told in those of the command line", () => {
  const thrown = (options: object): string => {
    try {
      resolveOptions(options);
    } catch (error) {
      return shown(error as CrispError);
    }
    return "";
  };
  assert.equal(thrown({ learningRate: -1 }), "--learning_rate: expected a number of at least 0, got -1.");
  assert.equal(
    thrown({ evalStrategy: "no", earlyStoppingPatience: 2 }),
    "--eval_strategy: expected steps or epoch, got no. --early_stopping_patience needs evaluations to compare.",
  );
  assert.equal(
    shown(expectedGot("training/bad-option", "streaming", "no maxTrainSamples beside it", 5)),
    "--streaming: expected no --max_train_samples beside it, got 5.",
  );
});

test("names that differ in code, and those of a run's description", () => {
  const columns = expectedGot(
    "data/columns",
    "a.csv",
    "one column that must be the text",
    '"a" or "b"',
    "Name it with textColumn.",
  );
  assert.match(shown(columns), /Name it with --text_column_name\.$/);
  assert.match(shown(expectedGot("a/b", "attention.layers", "layers from 0 to 5", 6)), /^--attention_layers: expected/);
  const other = expectedGot("checkpoint/other-run", "c.crisp", "options.learningRate 0.1, as now", 0.2);
  assert.equal(shown(other), "c.crisp: expected --learning_rate 0.1, as now, got 0.2.");
});

test("what the user gave, paths and plain words stay", () => {
  const same = [
    expectedGot("data/unknown-label", "learningRate.csv:3", "a label", "learningRate"),
    expectedGot("data/unreadable", "runs/learningRate", "a seed, a device", "none"),
    new CrispError("a/b", "crisp: no such learningRateX."),
  ];
  for (const error of same) assert.equal(inOptionNames(error, train.options), error);
});

test("the cause and the stack remain", () => {
  const error = expectedGot("training/bad-option", "learningRate", "more", 0);
  error.cause = new Error("deeper");
  const { cause, stack } = inOptionNames(error, train.options);
  assert.equal(cause, error.cause);
  assert.match(stack!, /--learning_rate: expected more, got 0\.\n/);
});
