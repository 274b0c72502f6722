import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ModelCardParts, modelCard } from "../../src/export/index.ts";
import { withLabels } from "../../src/models/index.ts";
import { families } from "./cases.fixture.ts";

const config = withLabels(families.bert, ["billing", "legal"]);
const parts: ModelCardParts = {
  name: "tickets-model",
  config,
  nominalSparsity: 0.8,
  files: { onnx: true, quantized: true, python: true },
  notes: [],
  card: {
    crisp: "1.2.3",
    attention: { pattern: "topK(sparsity=0.8)", layers: [0, 1] },
    maxLength: 64,
    seed: 7,
    columns: { text: "body", label: "team" },
    metrics: { accuracy: 0.9, accuracySparsityOff: 0.875, loss: 0.25, effectiveSparsity: 0.731, trainLoss: 0.125, seconds: 61.4 },
    options: { learningRate: 2e-5, numTrainEpochs: 3 },
    about: {
      baseModel: "ada/encoder",
      datasets: ["ada/tickets"],
      language: ["en"],
      licence: "mit",
      rows: { train: 900, evaluated: 100 },
    },
  },
};
const text = modelCard(parts);
const [, front, body] = text.split("---\n");

describe("a model card", () => {
  test("says what stays of long texts, as other libraries cut them otherwise", () => {
    assert.match(text, /- Texts are cut to 64 tokens, special tokens included\n/);
    const both = modelCard({ ...parts, card: { ...parts.card, longTexts: "head_tail" } });
    assert.match(
      both,
      /special tokens included: the first quarter of them and the last three\. Other libraries keep the first ones/,
    );
  });
  test("says that held-out examples that chose the weights flatter the model", () => {
    const chosen = (split: "held out" | "test", options: object) =>
      /flatter/.test(modelCard({ ...parts, card: { ...parts.card, split, options: { ...parts.card.options, ...options } } }));
    const stopping = { earlyStoppingPatience: 2 };
    assert.deepEqual(
      [
        chosen("held out", { loadBestModelAtEnd: true }),
        chosen("held out", stopping),
        chosen("held out", {}),
        chosen("test", stopping),
      ],
      [true, true, false, false],
    );
  });
  test("begins with the Hub's metadata", () => {
    const lines = [
      "library_name: transformers",
      "pipeline_tag: text-classification",
      "license: mit",
      'base_model: "ada/encoder"',
      "language:",
      '- "en"',
      "datasets:",
      '- "ada/tickets"',
      '- "transformers.js"',
      "metrics:",
      '- "accuracy"',
      "model-index:",
      "      value: 0.9",
    ];
    for (const line of lines) assert.ok(front.split("\n").includes(line), line);
    assert.ok(text.startsWith("---\n"));
  });
  test("gives each figure with sparsity on and off", () => {
    assert.match(body, /\| metric \| sparsity on \| sparsity off \|/);
    assert.match(body, /\| accuracy \| 0\.9000 \| 0\.8750 \|/);
    assert.match(body, /\| trainLoss \| 0\.1250 \| {2}\|/);
    assert.match(body, /dense attention \(held-out accuracy 0\.8750; with its sparsity 0\.9000\)/);
  });
  test("says what the data, the attention and the recipe were", () => {
    const said = [
      "- Columns: text `body`, label `team`",
      "- Examples: 900 for training, 100 for the figures below",
      "- Classes (2): `billing`, `legal`",
      "- Layers: 0, 1; heads: all",
      "- Nominal sparsity: 80.0 %",
      "- Effective sparsity: 73.1 % of",
      "- Crisp 1.2.3, seed 7",
      "- Training took 61 s",
      "| learningRate | 0.00002 |",
    ];
    for (const line of said) assert.ok(body.includes(line), line);
  });
  test("says whether its figures are about held-out or test examples, and what computed them", () => {
    const about = (changes: Partial<ModelCardParts["card"]>) => modelCard({ ...parts, card: { ...parts.card, ...changes } });
    assert.match(body, /^On examples that were held out from training, and evaluated while it went on;/m);
    const test = about({
      split: "test",
      classWeights: [1, 2.5],
      runtime: { name: "onnxruntime-node", version: "1.2", device: "cpu", threads: 1 },
      about: {
        startModel: "my-encoder",
        rows: { train: 900, evaluated: 100 },
        files: { train: "a.csv", evaluated: "b.csv" },
      },
    });
    assert.match(test, /^On a test split that was read once, after training/m);
    assert.match(test, /- Examples: 900 for training, 100 \(test\) for the figures below/);
    assert.match(test, /dense attention \(test accuracy 0\.8750/);
    assert.match(test, /^- Files: `a\.csv` for training, `b\.csv` for the figures below$/m);
    assert.match(test, /^- Start model: `my-encoder`$/m);
    assert.match(test, /^- Computed by onnxruntime-node 1\.2 on cpu, 1 thread$/m);
    assert.match(test, /^\| classWeights \| \[1,2\.5\] \|$/m);
    assert.doesNotMatch(test, /held.out|^base_model/m);
    assert.match(about({ split: "held out" }), /100 \(held-out\) for the figures below/);
  });
  test("shows how each library loads the folder, and no more than is there", () => {
    for (const line of [
      'Classifier.load("tickets-model")',
      '"./tickets-model"',
      'crisp_attention.load("tickets-model")',
      '"q8"',
    ]) {
      assert.ok(body.includes(line), line);
    }
    const bare = modelCard({ ...parts, files: { onnx: false, quantized: false, python: false }, notes: ["No ONNX: too large."] });
    assert.doesNotMatch(bare, /transformers\.js|crisp_attention\.load/);
    assert.match(bare, /^> No ONNX: too large\.$/m);
  });
  test("of a dense model has no column for sparsity, and unknown facts are left out", () => {
    const { about: _, columns: __, ...card } = parts.card;
    const dense = modelCard({
      ...parts,
      card: { ...card, attention: { pattern: "dense" } },
      files: { ...parts.files, python: false },
      nominalSparsity: 0,
    });
    assert.doesNotMatch(dense, /sparsity on|base_model|datasets:|Columns|Examples:|undefined|NaN/);
    assert.match(dense, /\| metric \| value \|/);
    assert.match(dense, /^license: unknown$/m);
  });
  test("names the task's own classes of either library", () => {
    const tokens = modelCard({ ...parts, config: withLabels(families.bert, ["O", "B"], "token_classification") });
    assert.match(tokens, /^pipeline_tag: token-classification$/m);
    assert.match(tokens, /AutoModelForTokenClassification/);
    assert.match(tokens, /pipeline\("token-classification"/);
  });
  test("is not broken by backticks and line ends in labels", () => {
    const odd = modelCard({ ...parts, config: withLabels(families.bert, ["a`b", "c\nd"]) });
    assert.match(odd, /- Classes \(2\): `a b`, `c\\nd`$/m);
  });
  test("nothing of others forges markup: labels, names, options, metrics", () => {
    const hostile = 'x\n# Forged\u001b[2J | `<b>` [a](b)"';
    const about = { startModel: hostile, datasets: [hostile], licence: hostile, files: { train: hostile, evaluated: hostile } };
    const card = {
      ...parts.card,
      ...{ crisp: hostile, options: { [hostile]: hostile, named: { [hostile]: [hostile] } }, metrics: { [hostile]: 1 } },
      ...{ columns: { text: hostile, label: hostile }, about: { ...parts.card.about, ...about } },
    };
    const config = withLabels(families.bert, [hostile, "pos"]);
    const odd = modelCard({ ...parts, name: hostile, config, card: card as unknown as ModelCardParts["card"], notes: [hostile] });
    assert.doesNotMatch(odd, /^# Forged/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(odd, /[\u0000-\u0009\u000b-\u001f]/);
    const lines = odd.split("\n").filter((line) => line.includes("Forged"));
    assert.ok(lines.length >= 12, `${lines.length}`);
    for (const line of lines.filter((line) => line.startsWith("|"))) {
      const sides = line.replace(/\\./g, "").split("|").length - 1;
      assert.ok(sides === 3 || sides === 4, line);
    }
    const prose = lines.filter((line) => /^(#|- Crisp|- Computed|An? )/.test(line));
    assert.ok(prose.length >= 2);
    for (const line of prose) assert.doesNotMatch(line.slice(line.indexOf("x\\")), /(?<!\\)[<`]|\]\(/);
  });
});
