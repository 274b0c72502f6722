// Both ends of training in a browser, over a message channel instead of a worker, on WebAssembly.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { writeReviews, writeTinyModel } from "../../../test/tiny-model.fixture.ts";
import { random, slidingWindow } from "../../attention/index.ts";
import { nodeEnvironment } from "../../runs/index-node.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { memoryStorage } from "../../training/checkpoints/memory-storage.fixture.ts";
import type { Prediction } from "../classifier/classifier.ts";
import { Classifier } from "../classifier/classifier-node.ts";
import { demoEncoder } from "../fresh-model.ts";
import { train as trainInNode } from "../train-node.ts";
import type { TrainEvent } from "../training/train-settings.ts";
import { describeIn, loadBaseIn, loadModelIn, trainIn, type WebClassifier, type WorkerPort } from "./client.ts";
import type { FromWorker, ToWorker, WorkerTrainSettings } from "./messages.ts";
import { trainingSession } from "./session.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-session-"));
after(() => rmSync(work, { recursive: true, force: true }));
const modelFolder = writeTinyModel(join(work, "model"));
const dataFile = writeReviews(work, "train.tsv", 120);
const data = new File([readFileSync(dataFile)], "train.tsv");
const model = new Map(
  ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"].map((name) => [
    name,
    new Blob([readFileSync(join(modelFolder, name))]),
  ]),
);
const fresh = demoEncoder({ vocabularySize: 200 });
const common = { attention: slidingWindow({ sparsity: 0.6 }), learningRate: 2e-3, maxSteps: 6, threads: 1 };
const saved = new Map<string, Map<string, Uint8Array>>();

/** A session at the other end of a channel, so that all is cloned as on its way to a worker. */
function connect(): WorkerPort & { lose(why: string): void; readonly closed: boolean } {
  const { port1, port2 } = new MessageChannel();
  const environment = {
    ...nodeEnvironment,
    createRuntime: () => createRuntime({ device: "wasm", threads: 1 }),
    async openCheckpoints(run: string) {
      saved.set(run, saved.get(run) ?? new Map());
      return memoryStorage(saved.get(run));
    },
  };
  const receive = trainingSession(environment, (message, transfer) => port2.postMessage(message, transfer));
  port2.on("message", (message: ToWorker) => void receive(message));
  let lost: ((why: string) => void) | undefined;
  let closed = false;
  after(() => port1.close());
  return {
    post: (message) => port1.postMessage(message),
    onMessage: (listener) => void port1.on("message", (message: FromWorker) => listener(message)),
    onLost: (listener) => void (lost = listener),
    close() {
      closed = true;
      port1.close();
      void receive({ type: "stop" }); // what ending a worker does to a training
    },
    lose: (why) => lost!(why),
    get closed() {
      return closed;
    },
  };
}

const settings = (changes: Partial<WorkerTrainSettings> = {}): WorkerTrainSettings => ({ data, model, ...common, ...changes });
async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
/** What must be equal of two trained models. */
const weightsOf = async (files: Promise<Map<string, Uint8Array>>) => Buffer.from((await files).get("model.safetensors")!);

for (const [texts, own] of Object.entries({
  texts: {},
  "texts in windows": { longTexts: "chunks", maxLength: 8, docStride: 2 } as const,
}))
  test(`${texts}: gives the events, metrics and weights that train() in Node gives on the same runtime`, async () => {
    const run = trainIn(connect(), settings(own));
    const there = trainInNode({ data: dataFile, model: modelFolder, ...common, ...own, device: "wasm" });
    const [events, expected] = await Promise.all([collect(run), collect(there)]);
    assert.deepEqual(
      events.map(({ type }) => type),
      expected.map(({ type }) => type),
    );
    const [result, inNode] = [(await run.result)!, (await there.result)!];
    assert.deepEqual(result.metrics, inNode.metrics);
    assert.deepEqual(result.evaluated, inNode.evaluated);
    assert.deepEqual(await weightsOf(result.model.files()), await weightsOf(inNode.model.files()));
    await result.model.close();
  });

test("an attention that is no pattern is refused on the page, which would not get it to the worker", async () => {
  for (const attention of ["topK", { pattern: "topK" }]) {
    const run = trainIn(connect(), settings({ attention: attention as never }));
    await assert.rejects(run.result, { code: "pattern/bad-plan", message: /^attention: expected a pattern, such as topK/ });
  }
});

test("a map of files trains in Node too, as their folder does", async () => {
  const [a, b] = await Promise.all(
    [modelFolder, model].map(async (from) => (await trainInNode({ data: dataFile, model: from, ...common }).result)!),
  );
  assert.deepEqual(await weightsOf(a.model.files()), await weightsOf(b.model.files()));
});

describe("a trained model", () => {
  test("predicts, and its files load again here, and in Node", async () => {
    const { model: trained, evaluated } = (await trainIn(connect(), settings({ model: fresh })).result)!;
    assert.deepEqual([trained.labels, trained.pairs], [["negative", "positive"], false]);
    assert.equal(trained.task, "single_label_classification");
    const texts = evaluated.dataset.examples.map(({ text }) => text);
    const predicted = await trained.predict(texts, { topK: 2 });
    for (const [at, labels] of predicted.entries()) {
      for (const { label, score } of labels) {
        assert.ok(Math.abs(score - evaluated.probabilities[at][trained.labels.indexOf(label)]) < 1e-5);
      }
    }
    const [alone] = await trained.predict(texts[0]);
    assert.equal(alone.label, predicted[0][0].label);

    const files = await trained.files();
    const [again, once] = [await loadModelIn(connect(), files), await trained.files()];
    assert.deepEqual(once, files, "the model is still whole after its files were handed over");
    assert.deepEqual(await again.predict(texts, { topK: 2 }), predicted);
    const folder = writeTinyModel(join(work, "saved"));
    mkdirSync(join(folder, "onnx"));
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    const inNode = await (await Classifier.load(folder)).predict(texts);
    assert.deepEqual(
      inNode.map(([{ label }]) => label),
      predicted.map(([{ label }]) => label),
    );
    await Promise.all([trained.close(), again.close()]);
  });
  test("asked for two things at once, answers each", async () => {
    const { model: trained } = (await trainIn(connect(), settings({ attention: random({ sparsity: 0.5 }) })).result)!;
    const [one, two, files] = await Promise.all([trained.predict("a fine film"), trained.predict(["a", "b"]), trained.files()]);
    assert.deepEqual([one.length, two.length, files.has("crisp.json")], [1, 2, true]);
    await trained.close();
    await assert.rejects(trained.predict("a fine film"), { code: "model/closed" });
  });
  test("of tokens, it answers each word of a text", async () => {
    const row = (i: number): string => JSON.stringify({ tokens: ["a", "film", `of ${i}`], tags: ["O", "B-THING", "O"] });
    const words = new File([Array.from({ length: 40 }, (_, i) => row(i)).join("\n")], "words.jsonl");
    const columns = { textColumn: "tokens", labelColumn: "tags" };
    const { model: trained, metrics } = (await trainIn(connect(), settings({ data: words, columns })).result)!;
    assert.equal(trained.task, "token_classification");
    assert.ok(metrics.tokenAccuracy >= 0);
    assert.deepEqual(
      (await trained.predict("a film")).map(({ word }) => word),
      ["a", "film"],
    );
    await trained.close();
  });
  test("refuses one text where it was trained on pairs, and can then continue", async () => {
    const pairs = new File(
      ["a,b,label\n", ...Array.from({ length: 40 }, (_, i) => `film ${i},book ${i},${i % 2}\n`)],
      "pairs.csv",
    );
    const columns = { textColumn: "a", pairColumn: "b" };
    const { model: trained } = (await trainIn(connect(), settings({ data: pairs, columns })).result)!;
    assert.equal(trained.pairs, true);
    await assert.rejects(trained.predict("film 1"), { code: "model/needs-pairs" });
    assert.equal((await trained.predict({ text: "film 1", pair: "book 1" })).length, 1);
    await trained.close();
  });
});

test("reads gzip, a blob without a name, and examples in memory", async () => {
  const { dataset } = (await trainIn(connect(), settings()).result)!.evaluated;
  const sources = [new File([gzipSync(readFileSync(dataFile))], "train.tsv.gz"), new Blob([readFileSync(dataFile)]), dataset];
  for (const source of sources) {
    const { model: trained } = (await trainIn(connect(), settings({ data: source, maxSteps: 1 })).result)!;
    assert.deepEqual(trained.labels, dataset.labels);
    await trained.close();
  }
});

test("models with adapters share an encoder in one worker, and each is given back alone", async () => {
  const settingsOf = (seed: number) => settings({ preset: "huggingface", learningRate: 2e-2, loraRank: 2, seed });
  const base = await loadBaseIn(connect(), model);
  const expected: (readonly Prediction[])[] = [];
  const loaded: WebClassifier[] = [];
  for (const seed of [1, 2]) {
    const { model: trained } = (await trainIn(connect(), settingsOf(seed)).result)!;
    const files = await trained.files();
    files.delete("model.safetensors");
    expected.push(await trained.predict("a fine film", { topK: 2 }));
    await trained.close();
    loaded.push(await base.load(files));
  }
  const answers = await Promise.all(loaded.map((each) => each.predict("a fine film", { topK: 2 })));
  for (const [at, row] of answers.entries()) {
    for (const [rank, { score }] of row.entries()) assert.ok(Math.abs(score - expected[at][rank].score) < 1e-5);
  }
  await loaded[0].close();
  await assert.rejects(loaded[0].predict("a fine film"), { code: "model/closed" });
  assert.deepEqual(await loaded[1].predict("a fine film", { topK: 2 }), answers[1]);
  await assert.rejects(base.load(model), { code: "model/not-trained" });
  await base.close();
  await assert.rejects(loaded[1].predict("a fine film"), { code: "model/closed" });
});

describe("stopping", () => {
  test("gives null behind a checkpoint, and the run continues from there to the same weights", async () => {
    const whole = (await trainIn(connect(), settings({ model: fresh })).result)!;
    const stop = new AbortController();
    const port = connect();
    const run = trainIn(port, settings({ model: fresh, checkpoints: "stopped", signal: stop.signal }));
    for await (const event of run) if (event.type === "step" && event.step === 3) stop.abort();
    assert.equal(await run.result, null);
    assert.ok(port.closed, "the worker is ended");
    assert.match([...saved.get("stopped")!.keys()].join(), /^checkpoint-[345]\.crisp$/);

    const resumed = trainIn(connect(), settings({ model: fresh, checkpoints: "stopped" }));
    const events = await collect(resumed);
    assert.ok(events.some((event) => event.type === "note" && /^continues after update [345]$/.test(event.text)));
    assert.deepEqual(await weightsOf((await resumed.result)!.model.files()), await weightsOf(whole.model.files()));
  });
  test("before the start is heard too", async () => {
    assert.equal(await trainIn(connect(), settings({ maxSteps: 1_000_000, signal: AbortSignal.abort() })).result, null);
  });
});

describe("errors", () => {
  const wrong: readonly (readonly [string, Partial<WorkerTrainSettings>, string])[] = [
    ["a broken file", { data: new File(['text,label\n"never closed,1\n'], "broken.csv") }, "data/broken-row"],
    [
      "a model without weights",
      { model: new Map([...model].filter(([name]) => name !== "model.safetensors")) },
      "model/no-weights",
    ],
    [
      "a model without a tokenizer",
      { model: new Map([...model].filter(([name]) => !name.startsWith("tok"))) },
      "data/unreadable",
    ],
    ["an option out of range", { learningRate: -1 }, "training/bad-option"],
    ["a loss that is no number", { learningRate: 1e30, warmupSteps: 0, maxGradNorm: 0, maxSteps: 20 }, "training/not-finite"],
  ];
  for (const [name, change, code] of wrong) {
    test(`${name}: its code comes through the events and the result, and the worker is ended`, async () => {
      const port = connect();
      const run = trainIn(port, settings(change));
      await assert.rejects(collect(run), { code });
      await assert.rejects(run.result, { code });
      assert.ok(port.closed);
    });
  }
  test("an encoder of a family that is none, told by its config.json alone", async () => {
    const only = (config: string) => describeIn(connect(), new Map([["config.json", new Blob([config])]]), "ada/tiny");
    const { model_type: family, ...config } = JSON.parse(readFileSync(join(modelFolder, "config.json"), "utf8"));
    const facts = await only(JSON.stringify({ ...config, model_type: family }));
    assert.deepEqual(Object.keys(facts).sort(), ["family", "hiddenSize", "layers", "reads"]);
    assert.deepEqual([facts.family, facts.reads, facts.layers > 0 && facts.hiddenSize > 0], [family, "texts", true]);
    await assert.rejects(only(JSON.stringify({ ...config, model_type: "gpt2" })), {
      code: "config/unknown-family",
      message: /^ada\/tiny\/config\.json: .*got "gpt2"/,
    });
    await assert.rejects(only("{"), { code: "config/type" });
  });
  test("files of a model that was never trained", () =>
    assert.rejects(loadModelIn(connect(), model), { code: "model/not-trained" }));
  test("a worker that dies", async () => {
    const port = connect();
    const run = trainIn(port, settings({ maxSteps: 1_000_000 }));
    for await (const { type } of run) {
      if (type !== "step") continue;
      port.lose("out of memory");
      break;
    }
    await assert.rejects(run.result, { code: "run/lost", message: /got "out of memory"/ });
  });
});
