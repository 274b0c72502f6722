import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";
import { crisp } from "./command.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-predict-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = join(work, "reviews");
const reviews = writeReviews(work, "test.tsv", 40, "reported");
const run = (...args: string[]) => crisp(["predict", model, ...args], { cwd: work });
const parsed = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

before(async () => {
  const tiny = writeTinyModel(join(work, "tiny"));
  const recipe = ["--model", tiny, "--learning_rate", "2e-3", "--epochs", "2", "--device", "cpu", "--no-onnx"];
  const { code, stderr } = await crisp(["train", writeReviews(work, "train.tsv", 300), ...recipe, "--output_dir", model]);
  assert.equal(code, 0, stderr);
});

test("a table's rows come back whole, its own label beside the predicted one", async () => {
  const { code, stdout, stderr } = await run(reviews);
  assert.equal(code, 0, stderr);
  const lines = readFileSync(reviews, "utf8").trim().split("\n").slice(1);
  const rows = parsed(stdout);
  assert.deepEqual(
    rows.map(({ sentence, label }) => `${sentence}\t${label}`),
    lines,
  );
  assert.deepEqual(Object.keys(rows[0]), ["sentence", "label", "predicted_label", "score"]);
});

describe("--output_file", () => {
  test("is CSV by its ending, whole or not there, and no file is replaced", async () => {
    const done = await run(reviews, "--output_file", "out.csv");
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^wrote 40 rows to out\.csv$/m);
    const written = readFileSync(join(work, "out.csv"), "utf8");
    assert.match(written, /^sentence,label,predicted_label,score\n/);
    assert.equal(written.trimEnd().split("\n").length, 41);
    const again = await run(reviews, "--output_file", "out.csv");
    assert.match(again.stderr, /^out\.csv: expected a new file, got one that is there\./m);
    assert.equal(again.code, 1);
    assert.equal(readFileSync(join(work, "out.csv"), "utf8"), written);
  });
  test("a row that cannot be read leaves nothing", async () => {
    writeFileSync(join(work, "broken.csv"), "sentence,id\nfine,1\ndull\n");
    const { code, stderr } = await run("broken.csv", "--output_file", "broken-out.jsonl");
    assert.match(stderr, /broken\.csv:3: expected 2 cells/);
    assert.equal(code, 1);
    assert.ok(!readdirSync(work).some((name) => name.includes("broken-out")));
    assert.ok(!existsSync(join(work, "broken-out.jsonl")));
  });
});

describe("--threshold", () => {
  test("less probable labels are left out, by calibrated scores, and their share is said", async () => {
    const { temperature } = JSON.parse(readFileSync(join(model, "crisp.json"), "utf8"));
    assert.ok(temperature > 0);
    const [plain, all] = [parsed((await run(reviews)).stdout), parsed((await run(reviews, "--threshold", "0.5")).stdout)];
    all.forEach(({ predicted_label, score }, at) => {
      const p = plain[at].score as number;
      const scaled = 1 / (1 + ((1 - p) / p) ** (1 / temperature));
      assert.ok(Math.abs((score as number) - scaled) < 1e-9);
      assert.equal(predicted_label, plain[at].predicted_label);
    });
    const middle = all.map(({ score }) => score as number).sort((a, b) => a - b)[10];
    const some = await run(reviews, "--threshold", String(middle));
    const unsure = parsed(some.stdout).filter(({ predicted_label }) => predicted_label === null);
    assert.equal(unsure.length, 10);
    assert.ok(unsure.every(({ score }) => (score as number) < middle));
    assert.match(some.stderr, /^no label for 10 of 40 rows \(25\.0 %\), below 0\.\d+; scores calibrated at temperature/m);
    const csv = await run(reviews, "--threshold", "1", "--format", "csv");
    assert.match(csv.stdout.split("\n")[1], /(positive|negative),,0\.\d+$/);
  });
  for (const wrong of ["0", "1.5"]) {
    test(`of ${wrong} is refused`, async () => {
      const { code, stderr } = await run(reviews, "--threshold", wrong);
      assert.match(stderr, /--threshold: expected a (probability|number) .* got/);
      assert.equal(code, 2);
    });
  }
});

test("scores depend on neither the format nor the way in", async () => {
  const scores = (text: string): unknown[] => parsed(text).map(({ score }) => score);
  const lines = readFileSync(reviews, "utf8").trim().split("\n").slice(1);
  const plain = lines.map((line) => line.split("\t")[0]).join("\n");
  const piped = await crisp(["predict", model], { input: plain });
  assert.deepEqual(Object.keys(parsed(piped.stdout)[0]), ["line", "text", "label", "score"]);
  assert.deepEqual(scores(piped.stdout), scores((await run(reviews)).stdout));
});
