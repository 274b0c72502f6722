import assert from "node:assert/strict";
import { test } from "node:test";
import { pretrainingDefaults } from "../../api/index-node.ts";
import { defaultOptions, type TrainingOptions } from "../../training/index.ts";
import { pretrain } from "./pretrain.ts";
import { TRAINING_OPTIONS } from "./training-options.ts";

test("defaults that the command line shows are those of the library", () => {
  const names = Object.entries(TRAINING_OPTIONS).map(([name, option]) => {
    const camelCase = name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    return [camelCase, "default" in option ? option.default : undefined] as const;
  });
  const shared = names.filter(([name, value]) => name in defaultOptions && value !== undefined);
  assert.ok(shared.length >= 15, `only ${shared.length} options compared`);
  for (const [name, value] of shared) assert.equal(defaultOptions[name as keyof TrainingOptions], value, name);
});

test("crisp pretrain and pretrain() train at the same rate", () => {
  assert.equal(pretrain.options.learning_rate.default, pretrainingDefaults.learningRate);
  assert.notEqual(pretrainingDefaults.learningRate, defaultOptions.learningRate);
});
