// With no options at all: what is chosen, what is said of it, and what is said when nothing was learned.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { hash32 } from "../../src/random/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-box-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const rowsOf = (count: number): string[] =>
  readFileSync(writeReviews(work, "all.tsv", count), "utf8")
    .trimEnd()
    .split("\n");
const [header, ...rows] = rowsOf(400);
const write = (name: string, lines: readonly string[]): string => {
  const path = join(work, name);
  writeFileSync(path, `${[header, ...lines].join("\n")}\n`);
  return path;
};
const train = (file: string, name: string, ...more: string[]) =>
  crisp(["train", file, "--model", model, "--output_dir", join(work, name), "--no_onnx", ...more]);
const cardOf = (name: string) => JSON.parse(readFileSync(join(work, name, "crisp.json"), "utf8"));

test("few labels: the recipe is said, figures are cross-validated, and the card holds it all", async () => {
  const { code, stdout, stderr } = await train(write("few.tsv", rows.slice(0, 40)), "few");
  assert.equal(code, 0, stderr);
  const said = stdout.replace(/\n +/g, " ");
  assert.match(
    said,
    /recipe {2}few \(40 rows, 2 labels\): 16 contrastive epochs, then a logistic regression as the head; cross-validated in 5 folds/,
  );
  assert.match(said, /cross-validated {2}accuracy 0\.\d+ \(95 % 0\.\d+ to [01]\.\d+\)/);
  for (const name of ["majority class", "TF-IDF + logistic regression", "frozen encoder + logistic regression"])
    assert.match(stdout, new RegExp(`${name.replace("+", "\\+")} [01]\\.\\d{3}`));
  const { recipe, split, metrics } = cardOf("few");
  assert.deepEqual([recipe.name, recipe.folds, recipe.probe, split], ["few", 5, true, "cross-validated"]);
  assert.ok(metrics.accuracy >= 0 && metrics.accuracy <= 1);
});

test("the same command twice gives the same bytes", async () => {
  const file = write("twice.tsv", rows.slice(40, 80));
  for (const name of ["once", "again"]) assert.equal((await train(file, name)).code, 0);
  const [once, again] = ["once", "again"].map((name) => readFileSync(join(work, name, "model.safetensors")));
  assert.ok(once.equals(again));
  assert.deepEqual(cardOf("once").metrics.accuracy, cardOf("again").metrics.accuracy);
});

test("some labels, with a test file: all rows are trained on, and the test file is what is judged", async () => {
  const file = write("some.tsv", rows.slice(0, 200));
  const { code, stdout, stderr } = await train(file, "some", "--test_file", write("test.tsv", rows.slice(200)));
  assert.equal(code, 0, stderr);
  assert.match(
    stdout.replace(/\n +/g, " "),
    /recipe {2}some \(200 rows, 2 labels\): a logistic regression as the head, then fine-tuning for 12 epochs at/,
  );
  assert.match(stdout, /^test {2}accuracy/m);
  const { about, recipe, split } = cardOf("some");
  assert.deepEqual([about.rows.train, recipe.folds, split], [200, 0, "test"]);
});

test("an option of the recipe brings back transformers' own, exactly", async () => {
  const file = write("plain.tsv", rows.slice(0, 100));
  for (const [name, more] of [
    ["typed", ["--learning_rate", "2e-5", "--num_train_epochs", "1"]],
    ["preset", ["--preset", "huggingface", "--num_train_epochs", "1"]],
  ] as const) {
    const { code, stdout, stderr } = await train(file, name, ...more);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /recipe {2}huggingface/);
  }
  const [typed, preset] = ["typed", "preset"].map((name) => readFileSync(join(work, name, "model.safetensors")));
  assert.ok(typed.equals(preset));
});

describe("nothing learned is said", () => {
  const relabelled = (lines: readonly string[], label: (at: number) => number): string[] =>
    lines.map((line, at) => `${line.split("\t")[0]}\t${label(at) === 1 ? "positive" : "negative"}`);
  const cases: Readonly<Record<string, readonly string[]>> = {
    "random labels": relabelled(rows.slice(0, 120), (at) => hash32({ seed: 7, step: 0, site: "labels" }, at) & 1),
    "all texts equal": relabelled(
      rows.slice(0, 60).map(() => rows[0]),
      (at) => at % 2,
    ),
    "10 rows of noise": relabelled(rows.slice(0, 10), (at) => Number(at === 2 || at === 5 || at === 6 || at === 9)),
  };
  for (const [name, lines] of Object.entries(cases))
    test(name, async () => {
      const out = name.replaceAll(" ", "-");
      const { code, stdout, stderr } = await train(write(`${out}.tsv`, lines), out);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^(perhaps )?learned nothing/m, stdout);
    });
});

test("a class of 3 rows is trained, and counts in as many folds as it has rows", async () => {
  const rare = rows.filter((line) => line.endsWith("positive")).slice(0, 3);
  const others = rows.filter((line) => line.endsWith("negative")).slice(0, 40);
  const { code, stdout, stderr } = await train(write("rare.tsv", [...rare, ...others]), "rare");
  assert.equal(code, 0, stderr);
  assert.match(stdout.replace(/\n +/g, " "), /cross-validated in 3 folds/);
});
