import assert from "node:assert/strict";
import { test } from "node:test";
import { CrispError } from "../errors/index.ts";
import { foreignTrainingOptions } from "../training/index.ts";
import { parseArguments } from "./parse-arguments.ts";
import type { OptionTable } from "./verb.ts";
import { DATA_OPTIONS, TRAINING_OPTIONS } from "./verbs/training-options.ts";

const table = {
  learning_rate: { type: "number", help: "", default: 2e-5, min: 0, aliases: ["lr"] },
  save_total_limit: { type: "integer", help: "", min: 1, max: 100 },
  eval_strategy: { type: "string", help: "", choices: ["no", "steps", "epoch"], default: "epoch" },
  output_dir: { type: "string", help: "" },
  shuffle: { type: "boolean", help: "", default: true },
  load_best_model_at_end: { type: "boolean", help: "" },
  seeds: { type: "integers", help: "" },
  columns: { type: "list", help: "" },
} as const satisfies OptionTable;

const parse = (...argv: string[]) => parseArguments("crisp train", argv, table, [{ name: "data", help: "", required: true }]);
const options = (...argv: string[]) => parse("data.csv", ...argv).options;

test("without options every default is there and nothing counts as given", () => {
  const { options: values, given } = parse("data.csv");
  assert.equal(values.learningRate, 2e-5);
  assert.equal(values.shuffle, true);
  assert.equal(values.loadBestModelAtEnd, false);
  assert.equal(values.outputDir, undefined);
  assert.equal(given.size, 0);
});

for (const form of [
  ["--learning_rate", "3e-5"],
  ["--learning-rate", "3e-5"],
  ["--learning_rate=3e-5"],
  ["--learning-rate=3e-5"],
  ["--learningRate=3e-5"],
  ["--lr", "3e-5"],
]) {
  test(`${form.join(" ")} sets learningRate`, () => {
    const { options: values, given } = parse("data.csv", ...form);
    assert.equal(values.learningRate, 3e-5);
    assert.deepEqual([...given], ["learningRate"]);
  });
}

const booleans: [argv: string[], shuffle: boolean, best: boolean][] = [
  [["--load_best_model_at_end"], true, true],
  [["--load-best-model-at-end=true"], true, true],
  [["--load_best_model_at_end", "True"], true, true],
  [["--load_best_model_at_end", "False"], true, false],
  [["--load_best_model_at_end", "--no-load-best-model-at-end"], true, false],
  [["--no-shuffle"], false, false],
  [["--no_shuffle"], false, false],
  [["--shuffle=false"], false, false],
];
for (const [argv, shuffle, best] of booleans) {
  test(`${argv.join(" ")} means shuffle ${shuffle}, best ${best}`, () => {
    assert.equal(options(...argv).shuffle, shuffle);
    assert.equal(options(...argv).loadBestModelAtEnd, best);
  });
}

test("a boolean does not swallow the positional behind it", () => {
  assert.deepEqual(parse("--load_best_model_at_end", "data.csv").positionals, ["data.csv"]);
});

test("lists take commas and repetition; other options take the last value", () => {
  assert.deepEqual(options("--seeds", "1,2", "--seeds=3").seeds, [1, 2, 3]);
  assert.deepEqual(options("--columns", "a, b").columns, ["a", "b"]);
  assert.equal(options("--output_dir=a", "--output_dir=b=c").outputDir, "b=c");
});

test("after -- everything is positional, and a lone dash always is", () => {
  assert.deepEqual(parseArguments("crisp x", ["-", "--", "--learning_rate", "--"], table).positionals, [
    "-",
    "--learning_rate",
    "--",
  ]);
});

test("--help is accepted without the required arguments", () => {
  assert.equal(parse("--help").options.help, true);
  assert.equal(parse("-h").options.help, true);
});

const mistakes: [argv: string[], code: string, message: string][] = [
  [["d", "--learning_rate", "abc"], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got abc."],
  [["d", "--learning_rate=-1"], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got -1."],
  [["d", "--learning_rate", "-1"], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got -1."],
  [["d", "--learning_rate="], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got nothing."],
  [["d", "--learning_rate", "NaN"], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got NaN."],
  [["d", "--learning_rate"], "cli/bad-option", "crisp train --learning_rate: expected a number of at least 0, got nothing."],
  [["d", "--output_dir", "--shuffle"], "cli/bad-option", "crisp train --output_dir: expected a value, got nothing."],
  [
    ["d", "--save_total_limit", "2.5"],
    "cli/bad-option",
    "crisp train --save_total_limit: expected a whole number from 1 to 100, got 2.5.",
  ],
  [
    ["d", "--save_total_limit", "101"],
    "cli/bad-option",
    "crisp train --save_total_limit: expected a whole number from 1 to 100, got 101.",
  ],
  [
    ["d", "--eval_strategy", "step"],
    "cli/bad-option",
    "crisp train --eval_strategy: expected one of no, steps, epoch, got step. Did you mean steps?",
  ],
  [["d", "--shuffle=maybe"], "cli/bad-option", "crisp train --shuffle: expected true or false, got maybe."],
  [["d", "--seeds", "1,,2"], "cli/bad-option", "crisp train --seeds: expected whole numbers, with commas, got 1,,2."],
  [["d", "--seeds", "1,x"], "cli/bad-option", "crisp train --seeds: expected whole numbers, with commas, got x."],
  [
    ["d", "--lerning_rate", "1"],
    "cli/unknown-option",
    "crisp train: unknown option --lerning_rate. Did you mean --learning_rate?",
  ],
  [
    ["d", "--no-learning-rate"],
    "cli/unknown-option",
    "crisp train: unknown option --no-learning-rate. Did you mean --learning_rate?",
  ],
  [["d", "--zzzzzzzz"], "cli/unknown-option", "crisp train: unknown option --zzzzzzzz. Try: crisp train --help"],
  [[], "cli/missing-argument", "crisp train: expected <data>, got nothing. Try: crisp train --help"],
  [["d", "e"], "cli/extra-argument", "crisp train: unexpected argument e. Try: crisp train --help"],
];
for (const [argv, code, message] of mistakes) {
  test(`"${argv.join(" ")}" fails with ${code}`, () => {
    assert.throws(
      () => parse(...argv),
      (error) => error instanceof CrispError && error.code === code && assert.equal(error.message, message) === undefined,
    );
  });
}

test("an unbounded number says just that", () => {
  const free: OptionTable = { learning_rate: { type: "number", help: "" } };
  assert.throws(() => parseArguments("crisp train", ["--learning_rate", "abc"], free), {
    message: "crisp train --learning_rate: expected a number, got abc.",
  });
});

test("every default of the training options passes its own option's rules", () => {
  for (const [name, spec] of Object.entries<OptionTable[string]>(TRAINING_OPTIONS)) {
    if (spec.default === undefined || spec.type === "boolean") continue;
    const { options: values } = parseArguments("crisp train", [`--${name}=${spec.default}`], TRAINING_OPTIONS);
    assert.ok(Object.values(values).includes(spec.default), name);
  }
});

test("names that people know from other trainers are taken where they mean the same, or said to mean nothing", () => {
  const options = { ...TRAINING_OPTIONS, ...DATA_OPTIONS };
  const read = (...argv: string[]) => parseArguments("crisp train", argv, options, undefined, foreignTrainingOptions).options;
  const familiar = read("--epochs", "4", "--batch-size", "8", "--max_length=64", "--lr", "1e-4");
  const { numTrainEpochs, perDeviceTrainBatchSize, maxSeqLength, learningRate } = familiar;
  assert.deepEqual([numTrainEpochs, perDeviceTrainBatchSize, maxSeqLength, learningRate], [4, 8, 64, 1e-4]);
  assert.throws(() => read("--fp16"), {
    code: "cli/unknown-option",
    message: "crisp train: unknown option --fp16. Crisp trains in float32. Leave it out.",
  });
});
