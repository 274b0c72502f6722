import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import type { TrainEvent } from "../../api/index.ts";
import { type TrainResult, type TrainSettings, train } from "../../api/index-node.ts";
import { slidingWindow } from "../../attention/index.ts";
import { renderTrainReport, type TrainReport } from "../../report/index.ts";
import { shownFacts, shownOptions } from "./shown-settings.ts";
import { trainReport } from "./train-report.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-train-report-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const rowsOf = (name: string, rows: readonly object[]): string => {
  writeFileSync(join(work, name), rows.map((row) => JSON.stringify(row)).join("\n"));
  return join(work, name);
};

interface Trained {
  readonly result: TrainResult;
  readonly report: (changes?: {
    readonly result?: TrainResult;
    readonly baselines?: TrainReport["baselines"];
  }) => Promise<TrainReport>;
  readonly notes: string[];
}

async function trained(changes: Partial<TrainSettings>): Promise<Trained> {
  const run = train({ data: "", model, learningRate: 2e-3, maxSteps: 4, threads: 1, device: "cpu", ...changes });
  let summary: Extract<TrainEvent, { type: "data" }>["summary"] | undefined;
  for await (const event of run) if (event.type === "data") summary = event.summary;
  const result = (await run.result)!;
  const notes: string[] = [];
  const course = { steps: [], evaluations: [] };
  const parts = { name: "m", command: "crisp train", facts: [], options: [], course, summary: summary! };
  return {
    result,
    notes,
    report: ({ result: other = result, baselines } = {}) =>
      trainReport(other, { ...parts, ...(baselines && { baselines }), onNote: (text) => notes.push(text) }),
  };
}

describe("one class a text", async () => {
  const attention = slidingWindow({ sparsity: 0.6 });
  const { result, report, notes } = await trained({ data: writeReviews(work, "train.tsv", 200), attention });
  const baselines = [{ name: "TF-IDF", score: 0.7 }];
  const found = await report({ baselines });

  test("figures, baselines, classes, confusions and calibration are those of the result", () => {
    assert.equal(found.primary.value, result.metrics.accuracy);
    assert.equal(found.primary.lowerIsBetter, false);
    assert.ok(found.primary.interval!.low < found.primary.value && found.primary.value < found.primary.interval!.high);
    assert.deepEqual(found.baselines, baselines);
    assert.equal(found.majority?.accuracy, result.majority);
    assert.deepEqual([found.evaluated.split, found.evaluated.rows, found.trained.rows], ["held out", 20, 180]);
    assert.deepEqual([found.classes, found.confusion], [result.classes!.classes, result.classes!.confusion]);
    assert.equal(
      found.calibration!.bins.reduce((sum, { count }) => sum + count, 0),
      20,
    );
    assert.equal(found.pairs, undefined);
    assert.ok(found.effectiveSparsity! > 0.5);
    assert.equal(found.figures[0].off, result.model.card.metrics.accuracySparsityOff);
  });
  test("mistakes have the words of their text, and where the last layer looks", () => {
    assert.equal(found.mistakes.total, Math.round(20 * (1 - result.metrics.accuracy)));
    assert.ok(found.mistakes.total > 0);
    for (const { text, attention: seen } of found.mistakes.shown) {
      assert.deepEqual(
        seen!.map(({ token }) => token),
        result.model.tokenizer.tokens(result.model.tokenizer.encodeAll(text)),
      );
      assert.ok(seen!.every(({ share }) => share >= 0 && share <= 1));
    }
    assert.deepEqual(notes, []);
  });
  test("where attention fails, the report is written without it, and that is said once", async () => {
    const broken = Object.assign(Object.create(result.model) as TrainResult["model"], {
      encodeText: () => assert.fail("no device"),
    });
    for (const name of ["reads", "tokenizer"] as const) Object.defineProperty(broken, name, { value: result.model[name] });
    const without = await report({ result: { ...result, model: broken } });
    assert.ok(without.mistakes.shown.every(({ attention: seen }) => seen === undefined));
    assert.deepEqual(notes, ["report: without attention, as no device"]);
  });
  test("facts name model, plan, data, seed, versions and device", () => {
    const facts = new Map(shownFacts(result, { start: "my-encoder", data: "train.tsv" }));
    for (const [name, value] of [
      ["start model", "my-encoder"],
      ["attention", "slidingWindow(sparsity=0.6)"],
      ["training data", "train.tsv"],
      ["held-out data", "train.tsv (held out)"],
      ["columns", "sentence, label"],
      ["seed", "42"],
      ["device", "cpu, 1 thread"],
    ])
      assert.equal(facts.get(name), value, name);
  });
});

test("a regression: pairs of values, the largest errors, and no classes", async () => {
  const rows = Array.from({ length: 60 }, (_, at) => ({ text: `film number ${at % 7}`, label: at / 10 }));
  const { report, result } = await trained({ data: rowsOf("numbers.jsonl", rows), task: "regression" });
  const found = await report();
  assert.equal(found.pairs!.length, result.evaluated.dataset.examples.length);
  assert.deepEqual([found.classes, found.confusion, found.calibration], [undefined, undefined, undefined]);
  const [worst, next] = found.mistakes.shown.map(({ cells }) => Math.abs(Number(cells[2])));
  assert.ok(worst >= next);
  assert.doesNotMatch(renderTrainReport(found), /NaN|undefined/);
});

test("several classes a text: scores of each class, and no confusions", async () => {
  const rows = Array.from({ length: 60 }, (_, at) => ({ text: `film ${at}`, labels: ["a", "b"].slice(at % 2, 1 + (at % 3)) }));
  const { report, result } = await trained({ data: rowsOf("sets.jsonl", rows), task: "multi_label_classification" });
  const found = await report();
  assert.deepEqual(
    found.classes!.map(({ label }) => label),
    result.model.config.labels,
  );
  assert.deepEqual([found.confusion, found.calibration, found.pairs], [undefined, undefined, undefined]);
  assert.equal(found.primary.name, "microF1");
});

test("a tag for each word: scores of each tag over words, mistakes by word", async () => {
  const rows = Array.from({ length: 60 }, (_, at) => ({
    text: ["a", "fine", `film${at}`],
    labels: ["O", "B-X", at % 2 ? "O" : "B-X"],
  }));
  const { report, result } = await trained({ data: rowsOf("words.jsonl", rows) });
  const found = await report();
  const words = result.evaluated.dataset.examples.length * 3;
  assert.equal(
    found.classes!.reduce((sum, { support }) => sum + support, 0),
    words,
  );
  assert.deepEqual(found.mistakes.columns, ["word", "label", "predicted", "score"]);
  assert.ok(found.mistakes.shown.every(({ attention }) => attention!.length >= 1));
});

test("a mean of GLUE's figures has a value and an interval", async () => {
  const { report, result } = await trained({ data: writeReviews(work, "glue.tsv", 120), glue: "mrpc" });
  const { primary } = await report();
  assert.equal(primary.name, "combined_score");
  assert.ok(Math.abs(primary.value - (result.metrics.accuracy + result.metrics.f1) / 2) < 1e-12);
  assert.ok(primary.interval!.low <= primary.value && primary.value <= primary.interval!.high && !primary.lowerIsBetter);
});

test("options: all of the table, those that were given marked, and what has no value", () => {
  const table = {
    learning_rate: { type: "number", help: "" },
    onnx: { type: "boolean", help: "" },
    language: { type: "list", help: "" },
    seed: { type: "integer", help: "" },
  } as const;
  const values = { learningRate: 0.1, onnx: false, language: ["en", "de"] };
  assert.deepEqual(shownOptions(table, values, new Set(["learningRate"])), [
    { name: "--learning_rate", value: "0.1", given: true },
    { name: "--onnx", value: "no", given: false },
    { name: "--language", value: "en, de", given: false },
    { name: "--seed", value: "–", given: false },
  ]);
});
