import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readSafetensors } from "../../src/models/index.ts";
import type { StudyResults } from "../../src/studies/index.ts";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-cli-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const train = writeReviews(work, "train.tsv", 600);
const test200 = writeReviews(work, "test.tsv", 200, "reported");
const recipe = [
  "--model",
  model,
  "--learning_rate",
  "2e-3",
  "--num_train_epochs",
  "4",
  "--attention",
  "slidingWindow(sparsity=0.6)",
];
const json = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;

test("train, eval and predict: from a file to a saved folder and labels from a pipe", async () => {
  const out = join(work, "reviews-model");
  const trained = await crisp(["train", train, ...recipe, "--output_dir", out, "--license", "apache-2.0", "--language", "en,de"]);
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(trained.stdout, /train\.tsv \(training\) {2}540 rows · 2 classes \(negative 268, positive 272\)/);
  assert.match(trained.stdout, /majority baseline: always "positive" is right on 50\.0 %/);
  const said = trained.stdout.replace(/\n +/g, " "); // folded at 80 columns
  assert.match(said, /M parameters · 68 updates · about .* GB/);
  assert.match(said, /held out {2}accuracy 0\.\d+ \(95 % 0\.\d+ to \d\.\d+\) · with sparsity off 0\.\d+ · macro-F1/);
  assert.deepEqual(
    readdirSync(out).filter((name) => name !== "checkpoints"),
    [
      ".crisp-files.json",
      "README.md",
      "config.json",
      "crisp.json",
      "crisp_attention.py",
      "errors.csv",
      "model.safetensors",
      "onnx",
      "report.html",
      "right-answers.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ],
  );
  assert.match(readFileSync(join(out, "README.md"), "utf8"), /^license: apache-2\.0$/m);
  const card = json<{ metrics: { accuracy: number } }>(join(out, "crisp.json"));
  assert.ok(card.metrics.accuracy >= 0.85, `accuracy ${card.metrics.accuracy}`);
  const mistakes = readFileSync(join(out, "errors.csv"), "utf8").trim().split("\n").length - 1;
  assert.equal(mistakes, Math.round(60 * (1 - card.metrics.accuracy)));
  const kept = json<{ right: number[]; rows: string[][] }>(join(out, "right-answers.json"));
  assert.deepEqual([kept.right.length, kept.right[0] + kept.right[1], kept.rows.length], [2, 60 - mistakes, 60 - mistakes]);

  assert.match(trained.stdout, /^report {2}.*reviews-model\/report\.html$/m);
  const report = readFileSync(join(out, "report.html"), "utf8");
  assert.ok(report.includes(`Right on ${(100 * card.metrics.accuracy).toFixed(1)} % of 60 held-out rows`));
  assert.match(report, /It beats always answering “positive” \(50\.0\s%\)/);
  assert.match(report, /aria-label="Loss over 68 updates, /);
  assert.match(report, /class="confusion"/);
  if (mistakes > 0) assert.match(report, /<span class="seen"/);
  assert.match(report, /<div class="given"><dt>--learning_rate<\/dt>/);
  assert.doesNotMatch(report, /<script|https?:|NaN|undefined/);

  const log = readFileSync(join(out, "checkpoints", "run.log.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const types = log.map((line) => (JSON.parse(line) as { type: string }).type);
  assert.equal(types.filter((type) => type === "step").length, 68);
  assert.equal(types.filter((type) => type === "evaluated").length, 4);
  assert.equal(types.at(-1), "finished");

  const evaluated = await crisp(["eval", out, test200, "--json", "--output_dir", join(work, "evaluated")]);
  const record = JSON.parse(evaluated.stdout.trim());
  assert.equal(record.examples, 200);
  assert.ok(record.accuracy > 0.8 && record.accuracySparsityOff < record.accuracy, "the window helps on this corpus");
  assert.equal(
    readFileSync(join(work, "evaluated", "predictions.jsonl"), "utf8")
      .trim()
      .split("\n").length,
    200,
  );

  const lines = readFileSync(test200, "utf8").trim().split("\n").slice(1, 21);
  const texts = lines.map((line) => line.split("\t")[0]);
  const predicted = await crisp(["predict", out, "--top_k", "2"], { input: `${texts.join("\n")}\n` });
  const labels = predicted.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    labels.map(({ text }) => text),
    texts,
  );
  const right = labels.filter(({ label }, at) => label === lines[at].split("\t")[1]).length;
  assert.ok(right >= 14, `${right} of 20 right`);
  for (const { labels: both } of labels) assert.ok(Math.abs(both[0].score + both[1].score - 1) < 1e-6);

  const asJson = join(work, "texts.jsonl");
  writeFileSync(asJson, `${texts.map((text) => JSON.stringify({ text })).join("\n")}\n`);
  const fromFile = await crisp(["predict", out, asJson]);
  const again = fromFile.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).score);
  assert.deepEqual(
    again,
    labels.map(({ score }) => score),
  );
});

test("a second training in a folder is refused while the first continues, and one that fails leaves what was there", async () => {
  const out = join(work, "shared");
  const args = [...recipe, "--output_dir", out];
  let second: ReturnType<typeof crisp> | undefined;
  // long enough for another process to start
  const first = await crisp(["train", train, ...args, "--num_train_epochs", "20"], {
    onText: (text) => {
      if (/updates\s+· about|updates ·\s+about/.test(text)) second ??= crisp(["train", train, ...args, "--overwrite_output_dir"]);
    },
  });
  assert.equal(first.code, 0, first.stderr);
  const { code, stderr } = await second!;
  assert.equal(code, 1);
  assert.match(stderr, /expected no other training in this folder, got process \d+ on /);

  const before = readdirSync(out, { recursive: true }).sort();
  const typo = ["train", train, "--model", join(work, "modle"), "--output_dir", out, "--overwrite_output_dir"];
  assert.equal((await crisp(typo)).code, 1);
  assert.deepEqual(readdirSync(out, { recursive: true }).sort(), before);
  assert.ok(before.some((name) => /checkpoint-\d+\.crisp$/.test(`${name}`)));

  const readme = join(out, "README.md");
  const card = readFileSync(readme, "utf8");
  writeFileSync(readme, `${card}Trained for the demo on Friday.\n`);
  const changed = await crisp(["train", train, ...args, "--overwrite_output_dir"]);
  assert.match(
    changed.stderr,
    /README\.md: expected no file, or one as Crisp wrote it, got one that somebody else made or changed/,
  );
  writeFileSync(readme, card);
  const again = await crisp(["train", train, ...args, "--overwrite_output_dir", "--num_train_epochs", "1"]);
  assert.equal(again.code, 0, again.stderr);
  const checkpoints = readdirSync(join(out, "checkpoints"), { recursive: true });
  assert.deepEqual(checkpoints.sort(), [
    "2",
    ...["checkpoint-17.crisp", "command.json", "run.log.jsonl"].map((name) => join("2", name)),
  ]);

  const fresh = join(work, "never");
  assert.equal((await crisp(["train", train, "--model", join(work, "modle"), "--output_dir", fresh])).code, 1);
  assert.ok(!existsSync(fresh));
});

test("Ctrl-C writes a checkpoint, and the resumed run ends with the same weights bit for bit", async () => {
  const [whole, parts] = [join(work, "whole"), join(work, "parts")];
  // long enough to be interrupted, with dropout and accumulation
  const long = [...recipe, "--num_train_epochs", "12", "--gradient_accumulation_steps", "2"];
  const uninterrupted = await crisp(["train", train, ...long, "--output_dir", whole]);
  assert.equal(uninterrupted.code, 0, uninterrupted.stderr);
  const stopped = await crisp(["train", train, ...long, "--output_dir", parts], { interruptOn: /step 18 · epoch 2/ });
  assert.equal(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /stopping after this step/);
  assert.match(stopped.stdout, new RegExp(`^stopped; to continue: crisp train --resume_from_checkpoint ${parts}$`, "m"));
  assert.ok(!existsSync(join(parts, "model.safetensors")));
  // the whole command, and one that agrees in part, mean the same
  const again = await crisp(["train", train, ...long, "--resume_from_checkpoint", parts], { interruptOn: /step 27 · epoch 3/ });
  assert.equal(again.code, 130, again.stderr);
  const short = ["train", "--resume_from_checkpoint", parts];
  const changed = await crisp([...short, "--learning_rate", "1e-3"]);
  assert.match(changed.stderr, /checkpoint-\d+\.crisp: expected --learning_rate 0\.001, as now, got 0\.002/);
  const resumed = await crisp([...short, "--epochs", "12"]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /continues after update \d+/);
  assert.ok(readFileSync(join(whole, "model.safetensors")).equals(readFileSync(join(parts, "model.safetensors"))));
  // losses are the same to the last digit, so whole curves are
  const curve = (folder: string) =>
    /aria-label="Loss over[\s\S]*?<\/svg>/.exec(readFileSync(join(folder, "report.html"), "utf8"))![0];
  assert.equal(curve(parts), curve(whole));

  const other = await crisp(["train", train, ...long, "--learning_rate", "1e-3", "--resume_from_checkpoint", parts]);
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /checkpoint-\d+\.crisp: expected --learning_rate 0\.001, as now, got 0\.002/);
});

test("the same seed gives the same weights, another seed others", async () => {
  const [a, b, c] = await Promise.all(
    [7, 7, 8].map(async (seed, at) => {
      const out = join(work, `seed-${at}`);
      const done = await crisp([
        "train",
        train,
        ...recipe,
        "--seed",
        String(seed),
        "--num_train_epochs",
        "1",
        "--output_dir",
        out,
      ]);
      assert.equal(done.code, 0, done.stderr);
      return readFileSync(join(out, "model.safetensors"));
    }),
  );
  assert.ok(a.equals(b));
  assert.ok(!a.equals(c));
});

test("a study of a file: results.json, predictions, report; interrupted, it continues where it was", async () => {
  const out = join(work, "study");
  const command = [
    "study",
    train,
    "--validation_file",
    test200,
    "--model",
    model,
    "--pattern",
    "slidingWindow",
    "--learning_rate",
    "2e-3",
  ];
  const args = [...command, "--seeds", "1,2", "--num_train_epochs", "2", "--output_dir", out];
  const stopped = await crisp([...args, "--json"], { interruptOn: /"type":"run","arm":"light_sparse"/ });
  assert.equal(stopped.code, 130, stopped.stderr);
  const kept = readdirSync(join(out, "runs")).filter((name) => name.endsWith(".json"));
  assert.ok(kept.length >= 1 && kept.length < 8, `${kept.length} runs were kept`);
  const before = kept.map((name) => readFileSync(join(out, "runs", name), "utf8"));

  const finished = await crisp(args);
  assert.equal(finished.code, 0, finished.stderr);
  assert.match(finished.stderr, /\d runs? (was|were) already done/);
  assert.deepEqual(
    kept.map((name) => readFileSync(join(out, "runs", name), "utf8")),
    before,
  );

  const results = json<StudyResults>(join(out, "results.json"));
  assert.deepEqual(results.seeds, [1, 2]);
  assert.deepEqual(
    results.arms.map(({ name }) => name),
    ["dense", "light_sparse", "moderate_sparse", "aggressive_sparse"],
  );
  for (const { name, sparsity, accuracy, evalLoss, trainLoss, flops, seconds, difference, verdict } of results.arms) {
    for (const figure of [accuracy, evalLoss, trainLoss, seconds]) {
      assert.equal(figure.perSeed.length, 2, name);
      assert.ok(Number.isFinite(figure.mean), name);
    }
    assert.ok(flops.core < flops.attention && flops.attention < flops.layer);
    assert.equal(difference === null, name === "dense");
    assert.equal(verdict.word, name === "dense" ? "baseline" : "no verdict", "two seeds get no verdict");
    assert.ok(Math.abs(sparsity.effective - sparsity.nominal) < 0.03, `${name}: ${sparsity.effective}`);
  }
  assert.equal(readFileSync(join(out, "predictions.jsonl"), "utf8").trim().split("\n").length, 8 * 200);
  const report = readFileSync(join(out, "report.html"), "utf8");
  assert.match(report, /aggressive_sparse/);
  assert.doesNotMatch(report, /<script|https?:\/\/(?!www\.w3\.org)/);

  const other = await crisp([...args, "--learning_rate", "1e-3"]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /expected \S+ of the same model, tokenizer, data, arm and options, got another one/);
});

test("a model folder is one that Hugging Face's own file formats describe", () => {
  const { tensors, metadata } = readSafetensors(readFileSync(join(work, "seed-0", "model.safetensors")), "model.safetensors");
  assert.equal(metadata.format, "pt");
  assert.deepEqual(tensors.get("classifier.weight")?.shape, [2, 64]);
  const config = json<{ architectures: string[]; id2label: object }>(join(work, "seed-0", "config.json"));
  assert.deepEqual(config.architectures, ["BertForSequenceClassification"]);
  assert.deepEqual(config.id2label, { 0: "negative", 1: "positive" });
});
