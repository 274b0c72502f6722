import assert from "node:assert/strict";
import { test } from "node:test";
import { declaredConfigs, formatOf, guessedSplits, splitsOf } from "./dataset-files.ts";
import { parseDatasetName } from "./dataset-name.ts";

const card = (yaml: string) => `---\n${yaml}---\n`;

for (const [name, paths, expected] of [
  [
    "numbered parts",
    ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/validation_matched-00000-of-00001.parquet"],
    { train: 2, validation_matched: 1 },
  ],
  ["numbered parts with a hash behind them", ["data/test-00000-of-00001-0f1e.parquet"], { test: 1 }],
  ["words in file names", ["train.csv", "my_dev.csv", "reviews-test.csv"], { train: 1, validation: 1, test: 1 }],
  ["words in folder names", ["train/a.csv", "train/b.csv", "valid/a.csv", "eval/a.csv"], { train: 2, validation: 1, test: 1 }],
  ["words with numbers", ["train1.jsonl", "train_2.jsonl", "val.jsonl"], { train: 2, validation: 1 }],
  ["no words", ["a.csv", "b.csv"], { train: 2 }],
  ["words inside other words", ["latest.csv", "devices.csv"], { train: 2 }],
  ["several formats: that of most files", ["train.csv", "test.csv", "train.parquet"], { train: 1, test: 1 }],
  ["as many of each format: Parquet", ["train.csv", "test.csv", "train.parquet", "test.parquet"], { train: 1, test: 1 }],
  ["descriptions beside the data", ["dataset_infos.json", "train.json", ".hidden/train.json"], { train: 1 }],
  ["nothing to read", ["a.png", "README.md"], {}],
] as const) {
  test(`splits are told by file names: ${name}`, () => {
    const counts = Object.fromEntries(Object.entries(guessedSplits(paths)).map(([split, found]) => [split, found.length]));
    assert.deepEqual(counts, expected);
  });
}

test("splits of one folder do not look at the folder's own name", () => {
  assert.deepEqual(guessedSplits(["test/train.csv", "test/dev.csv", "other/test.csv"], "test"), {
    train: ["test/train.csv"],
    validation: ["test/dev.csv"],
  });
});

for (const [name, yaml, patterns] of [
  ["one pattern", "configs:\n- config_name: default\n  data_files: a.csv\n", { train: ["a.csv"] }],
  ["a list of patterns", 'configs:\n- data_files:\n  - "a/*.csv"\n  - b.csv\n', { train: ["a/*.csv", "b.csv"] }],
  [
    "splits with a path each",
    "configs:\n- data_files:\n  - split: train\n    path: a.csv\n  - split: test\n    path: b.csv\n",
    { train: ["a.csv"], test: ["b.csv"] },
  ],
  [
    "splits with several paths",
    'configs:\n- data_files:\n  - split: train\n    path:\n    - a.csv\n    - b.csv\n  - split: test\n    path: ["c.csv"]\n',
    { train: ["a.csv", "b.csv"], test: ["c.csv"] },
  ],
  ["a mapping of splits", "configs:\n- data_files:\n    train: a.csv\n    test: b.csv\n", { train: ["a.csv"], test: ["b.csv"] }],
  ["a data_dir before the patterns", "configs:\n- data_dir: ./data/\n  data_files: a.csv\n", { train: ["data/a.csv"] }],
] as const) {
  test(`a card declares data_files as ${name}`, () => {
    assert.deepEqual(declaredConfigs(card(yaml)), [
      { name: "default", isDefault: false, patterns, folder: yaml.includes("data_dir") ? "data" : undefined },
    ]);
  });
}

test("a card without configs declares none", () => {
  for (const text of ["# Title\n", card("language: en\n"), ""]) assert.equal(declaredConfigs(text), undefined);
});

test("of several subsets the default one is taken: by its flag, by its name", () => {
  const paths = ["a.csv", "b.csv"];
  const configs = (second: string) =>
    card(`configs:\n- config_name: one\n  data_files: a.csv\n- config_name: ${second}\n`.replace(/$/, "  data_files: b.csv\n"));
  assert.deepEqual(splitsOf("x/y", paths, { readme: configs("default") }), { config: "default", splits: { train: ["b.csv"] } });
  assert.deepEqual(splitsOf("x/y", paths, { readme: configs("two\n  default: true") }), {
    config: "two",
    splits: { train: ["b.csv"] },
  });
});

test("a subset with a data_dir alone is told by the names in it", () => {
  const readme = card("configs:\n- config_name: en\n  data_dir: en\n- config_name: de\n  data_dir: de\n");
  const paths = ["en/train.csv", "en/test.csv", "de/train.csv"];
  assert.deepEqual(splitsOf("x/y", paths, { readme, config: "en" }).splits, { train: ["en/train.csv"], test: ["en/test.csv"] });
});

test("formats are told by the ending, with or without gz", () => {
  const formats = ["a.parquet", "a.csv.gz", "a.JSONL", "a.tsv", "a.json", "a.txt", "csv"].map(formatOf);
  assert.deepEqual(formats, ["parquet", "csv", "jsonl", "tsv", "json", undefined, undefined]);
});

test("known names lead to their repositories, others are taken as they are", () => {
  assert.deepEqual(parseDatasetName("glue/mrpc"), { id: "nyu-mll/glue", config: "mrpc" });
  assert.deepEqual(parseDatasetName("imdb"), { id: "stanfordnlp/imdb", config: undefined });
  assert.deepEqual(parseDatasetName("ada/reviews"), { id: "ada/reviews", config: undefined });
  assert.deepEqual(parseDatasetName("ada/reviews/en"), { id: "ada/reviews", config: "en" });
  for (const name of ["a/b/c/d", "glue/mrpc/x"]) assert.throws(() => parseDatasetName(name), { code: "hub/bad-name" });
});
