import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import { type TrainResult, type TrainSettings, train } from "./train-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-long-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const data = writeReviews(work, "train.tsv", 120);
const windows = { longTexts: "chunks", maxLength: 8, docStride: 2 } as const;
const trained = async (changes: Partial<TrainSettings>): Promise<TrainResult> =>
  (await train({ data, model, learningRate: 2e-3, maxSteps: 4, threads: 1, ...windows, ...changes }).result)!;
const jsonl = (name: string, rows: readonly object[]): string => {
  writeFileSync(join(work, name), rows.map((row) => JSON.stringify(row)).join("\n"));
  return join(work, name);
};

describe("a model of texts in windows", () => {
  let result: TrainResult;
  before(async () => {
    result = await trained({});
  });
  const texts = (): string[] => result.evaluated.dataset.examples.map(({ text }) => text);

  test("says in crisp.json how a text is cut, and in its card how other libraries get the same", () => {
    const { longTexts, docStride, maxWindows, maxLength } = result.model.card;
    assert.deepEqual({ longTexts, docStride, maxLength, maxWindows }, { ...windows, maxWindows: 16 });
    result.model.save(join(work, "saved"));
    const card = readFileSync(join(work, "saved", "README.md"), "utf8");
    assert.match(card, /windows of that length, each of which shares 2 tokens with the one before it, the first 16 of a text/);
    assert.match(card, /return_overflowing_tokens=True, max_length=8, stride=2,/);
  });
  test("loads again and predicts what the evaluation found", async () => {
    result.model.save(join(work, "again"));
    const loaded = await Classifier.load(join(work, "again"));
    assert.ok(loaded.encodeText(texts()[0]).others!.length > 0);
    const predicted = await loaded.predict(texts(), { topK: 2 });
    predicted.forEach((labels, at) => {
      for (const { label, score } of labels) {
        const known = result.evaluated.probabilities[at][loaded.config.labels.indexOf(label)];
        assert.ok(Math.abs(score - known) < 1e-5, `${score}, ${known}`);
      }
    });
    assert.deepEqual(await loaded.predict(texts()), await result.model.predict(texts()));
  });
  test("reads what lies behind the first window", async () => {
    const text = texts()[0];
    const [{ label, score }] = await result.model.predict(text);
    const more = await result.model.predict(`${text} ${text}`, { topK: 2 });
    assert.notEqual(more.find((one) => one.label === label)!.score, score);
  });
});

test("attention of a text in windows is that of its first", async () => {
  const { model: made, evaluated } = await trained({});
  const example = made.encodeText(evaluated.dataset.examples[0].text);
  assert.equal((await made.attention(example))!.length, example.inputIds.length);
});

test("a recipe of few labels trains windows too: its contrastive pass, its head and its baselines", async () => {
  const { model: made, baselines } = await trained({
    preset: "few",
    folds: 2,
    timeBudget: 5,
    learningRate: undefined,
    maxSteps: -1,
  });
  assert.equal(made.card.longTexts, "chunks");
  assert.ok(baselines.some(({ name }) => name.startsWith("frozen encoder")));
});

test("data that stay on disk are cut alike", async () => {
  const [memory, disk] = [await trained({ streaming: false }), await trained({ streaming: true })];
  assert.equal(disk.model.card.docStride, 2);
  const [text] = memory.evaluated.dataset.examples.map((example) => example.text);
  assert.deepEqual(disk.model.encodeText(text), memory.model.encodeText(text));
});

test("several classes and numbers are learned from all windows: what they follow from stands behind the first", async () => {
  const rows = Array.from({ length: 160 }, (_, at) => {
    const first = "this is a film of the and of it and the of";
    return { text: `${first} ${at % 2 ? "fine" : "bad"} of it ${at}`, labels: at % 2 ? ["red"] : ["red", "blue"], value: at % 2 };
  });
  const learn = {
    maxLength: 12,
    numTrainEpochs: 12,
    perDeviceTrainBatchSize: 16,
    maxSteps: -1,
    data: jsonl("behind.jsonl", rows),
  } as const;
  const several = await trained({ ...learn, numTrainEpochs: 40, columns: { labelColumn: "labels" } });
  assert.equal(several.model.config.task, "multi_label_classification");
  assert.ok(several.metrics.microF1 > 0.95, JSON.stringify(several.metrics));
  const numbers = await trained({ ...learn, columns: { labelColumn: "value" }, task: "regression" });
  assert.ok(numbers.metrics.pearson > 0.95, JSON.stringify(numbers.metrics));
  const heads = await trained({
    ...learn,
    columns: { labelColumn: "value" },
    task: "regression",
    longTexts: "head",
    docStride: undefined,
  });
  assert.ok(!(heads.metrics.pearson > 0.5), JSON.stringify(heads.metrics));
});

const pairs = jsonl(
  "pairs.jsonl",
  Array.from({ length: 40 }, (_, at) => ({ premise: `a film ${at}`, hypothesis: `a day ${at}`, label: at % 2 })),
);
const words = jsonl(
  "words.jsonl",
  Array.from({ length: 40 }, (_, at) => ({ tokens: ["film", String(at)], ner_tags: ["B-LOC", "O"] })),
);
for (const [got, settings] of [
  ["pairs of texts", { data: pairs, columns: { textColumn: "premise", pairColumn: "hypothesis" } }],
  ["token_classification", { data: words }],
] as const)
  test(`${got} are refused before anything is trained`, () =>
    assert.rejects(trained(settings), {
      code: "training/bad-option",
      message: `longTexts chunks: expected one text an example, and a task that says one thing of it (its class, its classes or a number), got ${got}. Take head or head_tail.`,
    }));

test("a stride without chunks is refused", () =>
  assert.rejects(trained({ longTexts: "head" }), {
    code: "training/bad-option",
    message: "docStride: expected longTexts chunks beside it, got head.",
  }));
