import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultOptions, resolveOptions } from "./options.ts";

test("undefined means the default", () => {
  assert.deepEqual(resolveOptions({ learningRate: undefined, saveSteps: undefined }), defaultOptions);
});

describe("what is no option is refused by name", () => {
  const bad: [Record<string, unknown>, string][] = [
    [{ learningRate: -1 }, "learningRate: expected a number of at least 0, got -1."],
    [{ learningRate: Number.NaN }, "learningRate: expected a number of at least 0, got NaN."],
    [{ learningRate: Infinity }, "learningRate: expected a number of at least 0, got Infinity."],
    [{ perDeviceTrainBatchSize: 0 }, "perDeviceTrainBatchSize: expected a whole number of examples, at least 1, got 0."],
    [{ gradientAccumulationSteps: 1.5 }, "gradientAccumulationSteps: expected a whole number of batches, at least 1, got 1.5."],
    [{ adamBeta1: 1 }, "adamBeta1: expected a number in [0, 1), got 1."],
    [{ lrSchedulerType: "cosine" }, "lrSchedulerType: expected one of linear, constant, got cosine."],
    [{ evalStrategy: "steps" }, "evalSteps: expected updates between evaluations, got none. evalStrategy is steps."],
    [
      { evalStrategy: "no", earlyStoppingPatience: 2 },
      "evalStrategy: expected steps or epoch, got no. earlyStoppingPatience needs evaluations to compare.",
    ],
    [
      { evalStrategy: "no", loadBestModelAtEnd: true },
      "evalStrategy: expected steps or epoch, got no. loadBestModelAtEnd needs evaluations to compare.",
    ],
    [
      { quantizationAware: "int8", loraRank: 8 },
      "quantizationAware: expected no loraRank beside it, got 8. " +
        "What is rounded are the weights with adapters merged in: train those for an epoch more.",
    ],
    [{ saveTotalLimit: 0 }, "saveTotalLimit: expected a whole number of checkpoints, at least 1, got 0."],
  ];
  for (const [given, message] of bad) {
    test(JSON.stringify(given), () => assert.throws(() => resolveOptions(given), { code: "training/bad-option", message }));
  }
  for (const name of ["learning_rate", "constructor"]) {
    test(name, () => {
      const message = new RegExp(
        `^train: expected options among learningRate, .*, got ${name}\\.( Did you mean learningRate\\?)?$`,
      );
      assert.throws(() => resolveOptions({ [name]: 1 }), { code: "training/bad-option", message });
    });
  }
});

test("other trainers' names are led to ours", () => {
  for (const [name, own] of [
    ["epochs", "numTrainEpochs"],
    ["batchSize", "perDeviceTrainBatchSize"],
    ["batch_size", "perDeviceTrainBatchSize"],
    ["lr", "learningRate"],
  ]) {
    assert.throws(() => resolveOptions({ [name]: 1 }), { message: new RegExp(`got ${name}\\. Did you mean ${own}\\?$`) });
  }
});
