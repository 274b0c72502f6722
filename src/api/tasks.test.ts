import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { topK } from "../attention/index.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import type { FreshModel } from "./fresh-model.ts";
import { type TrainResult, type TrainSettings, train } from "./train-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-tasks-"));
after(() => rmSync(work, { recursive: true, force: true }));

const tiny: FreshModel = {
  kind: "fresh",
  vocabularySize: 200,
  config: {
    ...{ model_type: "bert", hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64 },
    ...{ max_position_embeddings: 32, type_vocab_size: 2, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
  },
};
const fillers = ["the", "of", "a", "and", "then", "very", "quite", "here"];
/** Pseudo-random but always the same. */
const pick = <T>(list: readonly T[], seed: number): T => list[((seed * 2654435761) >>> 0) % list.length];
const sentence = (words: readonly string[], seed: number): string =>
  [pick(fillers, seed), words[0], pick(fillers, seed + 7), ...words.slice(1), pick(fillers, seed + 13), String(seed)]
    .filter((word) => word !== undefined)
    .join(" ");

async function trained(name: string, rows: readonly object[], settings: Partial<TrainSettings> = {}): Promise<TrainResult> {
  const data = join(work, `${name}.jsonl`);
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join("\n"));
  const attention = topK({ sparsity: 0.3 });
  const fixed = { model: tiny, data, attention, learningRate: 5e-3, perDeviceTrainBatchSize: 16, threads: 1 } as const;
  return (await train({ ...fixed, numTrainEpochs: 12, evalStrategy: "no", ...settings }).result)!;
}

describe("multi-label classification", () => {
  const colours = ["red", "green", "blue"];
  const rows = Array.from({ length: 160 }, (_, at) => {
    const holds = colours.filter((_, c) => ((at >> c) & 1) === 1);
    return { text: sentence(holds, at), labels: holds };
  });

  test("learns which classes hold, and says all of them, or none", async () => {
    const { metrics, primary, classes, model } = await trained("colours", rows, { numTrainEpochs: 40 });
    assert.equal(model.config.task, "multi_label_classification");
    assert.deepEqual([primary, classes], ["microF1", null]);
    assert.ok(metrics.microF1 > 0.95, `micro-F1 ${metrics.microF1}`);
    model.save(join(work, "colours"), { onnx: false });
    const loaded = await Classifier.load(join(work, "colours"));
    const said = async (text: string): Promise<string[]> => (await loaded.predict(text)).map(({ label }) => label).sort();
    assert.deepEqual(await said(rows[5].text), ["blue", "red"]);
    assert.deepEqual(await said(rows[8].text), []);
    assert.equal((await loaded.predict("the red of and 3", { topK: 3 })).length, 3);
  });
  test("labels may be written into one cell, and names that training has not seen are refused", async () => {
    const inCells = rows.map(({ text, labels }) => ({ text, labels: labels.join("|") }));
    const { metrics } = await trained("cells", inCells, { task: "multi_label_classification", numTrainEpochs: 1 });
    assert.ok(metrics.subsetAccuracy >= 0);
    const validation = join(work, "other.jsonl");
    writeFileSync(validation, `${JSON.stringify({ text: "the pink", labels: ["pink"] })}\n`);
    await assert.rejects(trained("unknown", rows, { validation }), { code: "data/unknown-label" });
  });
});

describe("a validation file of another kind", () => {
  const sets = Array.from({ length: 40 }, (_, at) => ({ text: sentence([], at), labels: ["red", "blue"].slice(at % 2) }));
  const validation = join(work, "validation.csv");

  test("is read as the task that is trained, whatever it looks like", async () => {
    writeFileSync(validation, "text,labels\nthe red,red\nthe blue,blue\n");
    const { evaluated } = await trained("lists", sets, { validation, numTrainEpochs: 1 });
    assert.deepEqual(
      evaluated.dataset.examples.map(({ label, labels }) => [label, labels]),
      [
        [-1, [1]],
        [-1, [0]],
      ],
    );
  });
  test("in memory it is refused, as is training data of another task than was asked for", async () => {
    const dataset = { name: "mine", labels: ["red", "blue"], examples: [{ index: 0, text: "the red", label: 0 }] };
    await assert.rejects(trained("lists", sets, { validation: dataset }), {
      code: "data/columns",
      message: /^mine: expected labels of multi_label_classification, as in training, got single_label_classification/,
    });
    const numbers = train({ data: dataset, model: tiny, task: "regression" });
    await assert.rejects(numbers.result, { code: "data/columns", message: /^mine: expected labels of regression, as asked/ });
  });
});

describe("regression", () => {
  const grades = ["awful", "poor", "fine", "good", "great"];
  const rows = Array.from({ length: 200 }, (_, at) => ({ text: sentence([grades[at % 5]], at), label: (at % 5) - 1.5 }));

  test("learns numbers, negative ones too, and predicts one", async () => {
    const { metrics, primary, model } = await trained("grades", rows, { task: "regression" });
    assert.equal(primary, "pearson");
    assert.ok(metrics.pearson > 0.95 && metrics.mse < 0.3, JSON.stringify(metrics));
    assert.ok(Math.abs(metrics.loss - metrics.mse) < 1e-9);
    const [{ label, score }] = await model.predict("the awful of and 3");
    assert.equal(label, "label");
    assert.ok(Math.abs(score + 1.5) < 0.6, `${score}`);
  });
  test("what is no number is refused with its line", async () => {
    const broken = [...rows.slice(0, 3), { text: "the", label: "many" }];
    await assert.rejects(trained("broken", broken, { task: "regression" }), {
      code: "data/broken-row",
      message: /broken\.jsonl:4/,
    });
  });
  test("class weights have no meaning there", async () => {
    const settings = { task: "regression", classWeights: "balanced" } as const;
    await assert.rejects(trained("weighted", rows, settings), { code: "training/class-weights" });
  });
});

describe("token classification", () => {
  const names = ["anna", "ben", "carl"];
  const places = ["rome", "oslo"];
  const rows = Array.from({ length: 200 }, (_, at) => {
    const words = sentence([pick(names, at), pick(places, at + 3)], at).split(" ");
    const tags = words.map((word) => (names.includes(word) ? "B-PER" : places.includes(word) ? "B-LOC" : "O"));
    return { tokens: words, ner_tags: tags };
  });

  test("learns a tag for each word, scores spans, and tags words of a text", async () => {
    const { metrics, primary, model, evaluated } = await trained("names", rows);
    assert.deepEqual([model.config.task, primary], ["token_classification", "f1"]);
    assert.ok(metrics.f1 > 0.95 && metrics.tokenAccuracy > 0.95, JSON.stringify(metrics));
    assert.equal(evaluated.encoded!.length, evaluated.dataset.examples.length);
    const said = await model.predict("then anna here rome");
    assert.deepEqual(
      said.map(({ word, label }) => [word, label]),
      [
        ["then", "O"],
        ["anna", "B-PER"],
        ["here", "O"],
        ["rome", "B-LOC"],
      ],
    );
  });
  test("as many tags as words are wanted, and a list of words", async () => {
    const short = [...rows.slice(0, 2), { tokens: ["a", "b"], ner_tags: ["O"] }];
    await assert.rejects(trained("short", short), { code: "data/broken-row", message: /short\.jsonl:3/ });
    const plain = rows.map(({ tokens, ner_tags }) => ({ text: tokens.join(" "), tags: ner_tags }));
    await assert.rejects(trained("plain", plain, { task: "token_classification" }), { code: "data/broken-row" });
  });
});

describe("class weights", () => {
  // the text says nothing of the label, so that a model can learn no more than how often each class is
  const rows = Array.from({ length: 200 }, (_, at) => ({ text: sentence([], 7 * at), label: at % 10 === 0 ? "rare" : "common" }));
  test("balanced weights make a rare class count alike", async () => {
    const said = async (classWeights?: "balanced" | number[]): Promise<number> => {
      const { evaluated, model } = await trained("rare", rows, { classWeights, numTrainEpochs: 4 });
      const rare = model.config.labels.indexOf("rare");
      return evaluated.probabilities.reduce((sum, row) => sum + row[rare], 0) / evaluated.probabilities.length;
    };
    const [plain, balanced, explicit] = [await said(), await said("balanced"), await said([1, 9])];
    assert.ok(balanced > 2 * plain, `mean probability of the rare class ${plain}, balanced ${balanced}`);
    assert.ok(explicit > 2 * plain, `with weights 1 and 9: ${explicit}`);
  });
  test("one weight a class, each above 0", async () => {
    for (const classWeights of [[1], [1, 0], [1, Number.NaN]])
      await assert.rejects(trained("weights", rows, { classWeights }), { code: "training/class-weights" });
  });
});
