import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writeFruit, writeTinyVit } from "../../src/runs/tiny-images.fixture.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-cli-images-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyVit(join(work, "vit"));
const fruit = await writeFruit(join(work, "fruit"), 60);
const recipe = ["--model", model, "--learning_rate", "3e-3", "--num_train_epochs", "3", "--per_device_train_batch_size", "16"];
const out = join(work, "fruit-model");

test("train, eval and predict: from a folder of images to labels", async () => {
  // a copy, and a class folder's image under the other name, so that there is something to count and to get wrong
  copyFileSync(join(fruit, "apple", "0000.png"), join(fruit, "apple", "copy.png"));
  const args = ["train", "fruit", ...recipe, "--attention", "topK(sparsity=0.6)"];
  const trained = await crisp(args, { cwd: work });
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /fruit \(training\) {2}1\d\d images · 2 classes \(apple \d+, berry \d+\) · \d duplicate/);
  assert.doesNotMatch(trained.stdout, /tokens|truncated|columns/);
  assert.match(trained.stdout, /held out {2}accuracy \S+ \(95 % 0\.\d+ to \d\.\d+\) · with sparsity off/);
  assert.match(trained.stdout, /try: npx crisp-attention predict fruit-model image\.jpg/);
  for (const file of [
    "model.safetensors",
    "preprocessor_config.json",
    "crisp.json",
    "onnx/model.onnx",
    "errors.csv",
    "right-answers.json",
  ])
    assert.ok(existsSync(join(out, file)), file);
  assert.ok(!existsSync(join(out, "tokenizer.json")));

  const mixed = await writeFruit(join(work, "mixed"), 6, { first: 500 });
  copyFileSync(join(mixed, "apple", "0500.png"), join(mixed, "berry", "apple-in-truth.png"));
  const evaluated = await crisp(["eval", out, mixed, "--output_dir", join(work, "evaluated")]);
  assert.equal(evaluated.code, 0, evaluated.stderr);
  assert.match(evaluated.stdout, /13 images of mixed/);
  const [header, ...rows] = readFileSync(join(work, "evaluated", "errors.csv"), "utf8")
    .trim()
    .split("\n");
  assert.equal(header, "row,label,predicted,score,image");
  assert.ok(
    rows.some((row) => /^\d+,berry,apple,0\.\d+,.*berry\/apple-in-truth\.png$/.test(row)),
    rows.join("\n"),
  );
  const [line] = readFileSync(join(work, "evaluated", "predictions.jsonl"), "utf8").split("\n");
  assert.match(JSON.parse(line).image, /apple\/0500\.png$/);

  const paths = [join(mixed, "apple", "0501.png"), join(mixed, "berry", "0501.png")];
  const named = await crisp(["predict", out, ...paths]);
  assert.deepEqual(
    named.stdout
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row))
      .map(({ image, label }) => [image, label]),
    [
      [paths[0], "apple"],
      [paths[1], "berry"],
    ],
  );
  const piped = await crisp(["predict", out], { input: `${paths.join("\n")}\n` });
  assert.equal(piped.stdout, named.stdout);
  const folder = await crisp(["predict", out, mixed, "--top_k", "2"]);
  const all = folder.stdout
    .trim()
    .split("\n")
    .map((row) => JSON.parse(row));
  assert.deepEqual([all.length, all[0].labels.length], [13, 2]);
});

test("what cannot be read is one line", async () => {
  const refused = async (args: readonly string[], message: RegExp, input = ""): Promise<void> => {
    const { code, stderr } = await crisp(args, { input, cwd: work });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n {4}at /);
  };
  await refused(["predict", out], /^"where is my refund": expected the path of an image.*no such file/m, "where is my refund\n");
  const reviews = writeReviews(work, "reviews.tsv", 40);
  await refused(["predict", out, reviews], /reviews\.tsv: expected a PNG, JPEG, WebP, GIF or BMP image/);
  await refused(["eval", out, reviews], /reviews\.tsv: expected a folder with a folder of images for each class/);
  await refused(["train", reviews, "--model", model], /reviews\.tsv: expected a folder with a folder of images for each class/);
  await refused(
    ["train", "fruit", "--model", model, "--problem_type", "regression", "--output_dir", "x"],
    /--problem_type: expected single/,
  );

  const texts = writeTinyModel(join(work, "texts"));
  await refused(
    ["train", "fruit", "--model", texts, "--output_dir", "y"],
    /fruit: expected texts, as the model reads them, got a folder/,
  );
  const trained = await crisp(["train", reviews, "--model", texts, "--max_steps", "2", "--output_dir", join(work, "text-model")]);
  assert.equal(trained.code, 0, trained.stderr);
  const image = join(fruit, "apple", "0001.png");
  await refused(["predict", "text-model", image], /0001\.png: expected texts, as the model reads them/);
  await refused(["eval", "text-model", "fruit"], /fruit: expected texts, as the model reads them/);
  const two = await crisp(["predict", "text-model", reviews, reviews], { cwd: work });
  assert.deepEqual([two.code, /expected one file of texts/.test(two.stderr)], [2, true]);

  writeFileSync(join(fruit, "berry", "0009.png"), readFileSync(image).subarray(0, 90));
  await refused(["train", "fruit", ...recipe, "--output_dir", "z"], /berry\/0009\.png: expected a complete PNG image/);
});
