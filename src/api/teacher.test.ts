import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { modelZip } from "../models/index.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import { type TrainResult, type TrainSettings, train } from "./train-node.ts";
import { openTeacher } from "./training/teacher-node.ts";
import type { TrainEvent } from "./training/train-settings.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-teacher-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const data = writeReviews(work, "train.tsv", 120);
const teacher = join(work, "teacher-model");
const settings = (changes: Partial<TrainSettings> = {}): TrainSettings => ({
  ...{ data, model, learningRate: 2e-3, numTrainEpochs: 3, threads: 1, evalStrategy: "no" },
  ...changes,
});
const trained = async (changes: Partial<TrainSettings>): Promise<TrainResult> => (await train(settings(changes)).result)!;
const fileIn = (folder: string, name: string): [string, Uint8Array][] =>
  statSync(join(folder, name)).isFile() ? [[name, readFileSync(join(folder, name))]] : [];
const weightsOf = async (result: TrainResult): Promise<Uint8Array> =>
  (await result.model.files({ onnx: false })).get("model.safetensors")!;

describe("a teacher", () => {
  let student: TrainResult;
  const events: TrainEvent[] = [];
  before(async () => {
    (await trained({})).model.save(teacher, { onnx: false });
    const run = train(settings({ teacher, seed: 7 }));
    for await (const event of run) events.push(event);
    student = (await run.result)!;
  });

  test("is asked about every training row once, before the first update, and the card names it and how it was heard", () => {
    const asked = events.flatMap((event) => (event.type === "phase" && event.name === "teacher" ? [event] : []));
    assert.deepEqual([asked.at(-1)!.done, asked.at(-1)!.steps], [108, 108]);
    assert.ok(events.indexOf(asked.at(-1)!) < events.findIndex(({ type }) => type === "started"));
    const { about, options } = student.model.card;
    assert.equal(about?.teacher, "teacher-model");
    assert.deepEqual([options.distillationAlpha, options.distillationTemperature], [0.5, 2]);
    student.model.save(join(work, "student"), { onnx: false });
    assert.match(
      readFileSync(join(work, "student", "README.md"), "utf8"),
      /Teacher, whose outputs were learned .*`teacher-model`/,
    );
  });

  test("changes what is learned, and is learned alike from what crisp predict writes of it, in JSON and CSV", async () => {
    const plain = await trained({ seed: 7 });
    assert.notDeepEqual(await weightsOf(plain), await weightsOf(student));
    const { logits: own } = await student.model.evaluate(student.model.encode(student.evaluated.dataset));
    for (const name of ["said.jsonl", "said.csv"]) {
      const file = join(work, name);
      const command = ["src/cli/main.ts", "predict", teacher, data, "--top_k", "2", "--output_file", file];
      assert.equal(spawnSync(process.execPath, command).status, 0);
      const other = await trained({ seed: 7, teacher: file });
      assert.equal(other.model.card.about?.teacher, name);
      const { logits } = await other.model.evaluate(other.model.encode(other.evaluated.dataset));
      // probabilities are read back as logits to float32's last bits
      for (const [row, values] of own.entries())
        for (const [c, value] of values.entries())
          assert.ok(Math.abs(value - logits[row][c]) < 1e-3, `${value}, ${logits[row][c]}`);
    }
  });

  test("is told by what it answers from, wherever it lies, and by nothing that it answers", async () => {
    const hashOf = async (from: string | Classifier): Promise<string> => (await openTeacher(from, { onNote: () => {} })).hash;
    const own = await hashOf(teacher);
    assert.match(own, /^[0-9a-f]{64}$/);
    const copy = join(work, "copy");
    cpSync(teacher, copy, { recursive: true });
    const zip = join(work, "teacher.zip");
    writeFileSync(zip, modelZip(new Map(readdirSync(copy).flatMap((name) => fileIn(copy, name)))));
    for (const same of [copy, zip, await Classifier.load(teacher)]) assert.equal(await hashOf(same), own);
    const changed = (name: string, change: (json: Record<string, unknown>) => void): Promise<string> => {
      const folder = mkdtempSync(join(work, "changed-"));
      cpSync(teacher, folder, { recursive: true });
      // what Crisp did not write so is no model of Crisp's
      rmSync(join(folder, ".crisp-files.json"), { force: true });
      const json = JSON.parse(readFileSync(join(folder, name), "utf8"));
      change(json);
      writeFileSync(join(folder, name), JSON.stringify(json));
      return hashOf(folder);
    };
    assert.equal(await changed("crisp.json", (card) => void (card.metrics = {})), own);
    assert.notEqual(await changed("crisp.json", (card) => void (card.maxLength = 9)), own);
    assert.notEqual(await changed("tokenizer_config.json", (json) => void (json.do_lower_case = false)), own);
    assert.notEqual(await hashOf(student.model), own);
  });

  test("is asked in batches of the size that evaluations have", async () => {
    const asked = await Classifier.load(teacher);
    const sizes: unknown[] = [];
    const evaluate = asked.evaluate.bind(asked);
    asked.evaluate = (examples, options) => {
      sizes.push(options?.batchSize);
      return evaluate(examples, options);
    };
    await trained({ teacher: asked, perDeviceEvalBatchSize: 7, maxSteps: 1 });
    assert.deepEqual(sizes, [7]);
  });

  test("speaks of rows without a label, which train and are never evaluated", async () => {
    const lines = readFileSync(data, "utf8").trimEnd().split("\n");
    const halved = lines.map((line, at) => (at > 60 ? line.replace(/\t[^\t]*$/, "\t") : line));
    const file = join(work, "half.tsv");
    writeFileSync(file, `${halved.join("\n")}\n`);
    await assert.rejects(trained({ data: file }), { code: "data/broken-row" });
    const all: TrainEvent[] = [];
    const run = train(settings({ data: file, teacher: await Classifier.load(teacher) }));
    for await (const event of run) all.push(event);
    const { evaluated, metrics, baselines } = (await run.result)!;
    assert.ok(evaluated.dataset.examples.length === 6 && evaluated.dataset.examples.every(({ label }) => label >= 0));
    const { summary } = all.find((event) => event.type === "data")!;
    assert.equal(summary.splits[0].rows, 114);
    assert.ok(metrics.accuracy >= 0 && baselines.every(({ score }) => score >= 0));
  });

  test("of other labels, of too few rows or beside folds is refused", async () => {
    const refused = (changes: Partial<TrainSettings>, code: string, message: RegExp) =>
      assert.rejects(trained(changes), { code, message });
    const other = join(work, "other.tsv");
    writeFileSync(other, readFileSync(data, "utf8").replaceAll("positive", "good"));
    await refused(
      { data: other, teacher },
      "training/teacher",
      /^teacher teacher-model: expected the labels of other.tsv \(.*good.*\), got /,
    );
    const said = (rows: readonly object[]): string => {
      const file = join(work, "few.jsonl");
      writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
      return file;
    };
    const [sure, half] = [
      {
        labels: [
          { label: "positive", score: 0.9 },
          { label: "negative", score: 0.1 },
        ],
      },
      { labels: [{ label: "positive", score: 0.9 }] },
    ];
    await refused({ teacher: said([sure]) }, "training/teacher", /expected a row for each of the 120 rows of train.tsv, got 1/);
    await refused(
      { teacher: said([sure, half]) },
      "training/teacher",
      /^few.jsonl:2: expected a number for each of positive, negative/,
    );
    await refused({ teacher: said([{ text: "fine" }]) }, "training/teacher", /expected a column labels, or score, got text/);
    await refused({ teacher: join(work, "nowhere") }, "training/teacher", /no such file/);
    await refused({ teacher, folds: 3 }, "training/bad-option", /^folds: expected 0 beside a teacher, got 3/);
    await refused({ teacher, contrastiveEpochs: 1 }, "training/bad-option", /^contrastiveEpochs: expected 0 beside a teacher/);
    const few = { teacher, preset: "few", numTrainEpochs: undefined, learningRate: undefined };
    await refused(few, "training/bad-option", /^preset: expected a recipe that fine-tunes, so that a teacher is heard, got few/);
  });
});

test("a student of fewer layers starts from those of a deeper model, and its folder says how many it has", async () => {
  const { model: saved } = await trained({ numHiddenLayers: 1 });
  assert.equal(saved.config.layers, 1);
  const config = JSON.parse(new TextDecoder().decode((await saved.files({ onnx: false })).get("config.json")));
  assert.equal(config.num_hidden_layers ?? config.n_layers, 1);
  assert.equal(saved.card.options.numHiddenLayers, 1);
  await assert.rejects(trained({ numHiddenLayers: 9 }), {
    code: "training/bad-option",
    message: /^numHiddenLayers: expected at most the model's/,
  });
});
