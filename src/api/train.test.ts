import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../../test/tiny-model.fixture.ts";
import { random, slidingWindow } from "../attention/index.ts";
import type { Dataset } from "../data/index.ts";
import { demoCorpora } from "../studies/index.ts";
import { scalarsOf } from "../trackers/index-node.ts";
import { resolveOptions } from "../training/index.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import { drawn, type TrainResult, type TrainSettings, train } from "./train-node.ts";
import type { TrainEvent } from "./training/train-settings.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-train-"));
after(() => rmSync(work, { recursive: true, force: true }));
const model = writeTinyModel(join(work, "model"));
const data = writeReviews(work, "train.tsv", 200);
const settings = (changes: Partial<TrainSettings> = {}): TrainSettings => ({
  data,
  model,
  attention: slidingWindow({ sparsity: 0.6 }),
  learningRate: 2e-3,
  maxSteps: 4,
  threads: 1,
  ...changes,
});
async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("large data are looked through aloud, and it stops there when it is told to", async () => {
  const large = join(work, "large.tsv");
  const rows = "a fine film of its kind\tpositive\na dull film of its kind\tnegative\n".repeat(170_000); // more than a piece of 8 MB
  writeFileSync(large, `sentence\tlabel\n${rows}`);
  const stop = new AbortController();
  const run = train(settings({ data: large, streaming: true, signal: stop.signal }));
  const events: TrainEvent[] = [];
  for await (const event of run) {
    events.push(event);
    stop.abort();
  }
  assert.equal(await run.result, null);
  const total = rows.length + "sentence\tlabel\n".length;
  assert.equal(events.length, 1);
  const { done, ...said } = events[0] as Extract<TrainEvent, { type: "reading" }>;
  assert.deepEqual(said, { type: "reading", name: "large.tsv", total });
  assert.ok(done > 0 && done < total);
});

describe("train()", () => {
  const loggingDir = join(work, "tensorboard");
  let result: TrainResult;
  let events: TrainEvent[];
  before(async () => {
    const run = train(settings({ numTrainEpochs: 3, maxSteps: -1, reportTo: "tensorboard", loggingDir, runName: "reviews" }));
    // two who listen at once, and one who comes late, hear the same
    const [first, second] = await Promise.all([collect(run), collect(run)]);
    assert.deepEqual(second, first);
    events = first;
    result = (await run.result)!;
    assert.deepEqual(await collect(run), events);
  });

  test("tells what it reads, does and finds, in this order", () => {
    const order = [...new Set(events.map(({ type }) => type))];
    assert.deepEqual(order, ["recipe", "data", "estimated", "started", "step", "evaluated", "finished"]);
    const first = events.find(({ type }) => type === "data")!;
    assert.ok(first.type === "data" && first.heldOut === 20 && first.columns?.text === "sentence");
    assert.equal(events.filter(({ type }) => type === "evaluated").length, 3);
  });
  test("tells trackers of every update, of each evaluation and of the end, and a name of none is refused", async () => {
    const [file, ...others] = readdirSync(join(loggingDir, "reviews"));
    assert.deepEqual(others, []);
    const logged = [...scalarsOf(readFileSync(join(loggingDir, "reviews", file)))];
    const count = (tag: string): number => logged.filter(({ tags }) => tags.includes(tag)).length;
    const updates = events.filter(({ type }) => type === "step").length;
    assert.deepEqual(["train/loss", "eval/loss", "final/effective_sparsity"].map(count), [updates, 3, 1]);
    await assert.rejects(train(settings({ reportTo: "wandb" })).result, /Take tensorboard/);
  });
  test("gives the metrics of the held-out examples, sparsity on and off", () => {
    const { metrics, classes, evaluated, majority } = result;
    assert.equal(evaluated.dataset.examples.length, 20);
    assert.equal(evaluated.probabilities.length, 20);
    assert.equal(
      classes!.classes.reduce((sum, { support }) => sum + support, 0),
      20,
    );
    assert.ok(majority >= 0.5 && majority < 1);
    const { accuracy, accuracySparsityOff, effectiveSparsity } = result.model.card.metrics;
    assert.equal(accuracy, metrics.accuracy);
    assert.ok(accuracySparsityOff >= 0 && Math.abs(effectiveSparsity - 0.6) < 0.05);
  });
  test("the card names the start model, every option, the split and what computed", () => {
    const { split, options, about, runtime } = result.model.card;
    assert.equal(split, "held out");
    assert.equal(about?.startModel, "model");
    assert.equal(runtime?.threads, 1);
    assert.deepEqual(options, resolveOptions({ learningRate: 2e-3, numTrainEpochs: 3, maxSteps: -1 }));
  });
  test("attention of the last layer, averaged over heads: rows that sum to 1, of the window's keys alone", async () => {
    const example = result.model.encodeText(result.evaluated.dataset.examples[0].text);
    const rows = (await result.model.attention(example))!;
    assert.equal(rows.length, example.inputIds.length);
    for (const row of rows) {
      assert.equal(row.length, rows.length);
      assert.ok(Math.abs(row.reduce((sum, share) => sum + share, 0) - 1) < 1e-5);
    }
    assert.ok(rows[0].includes(0));
  });
  test("names in the result what the model folder lacked", () => assert.deepEqual(result.freshParameters, []));

  test("a saved classifier loads again and predicts the same to the last bit", async () => {
    const folder = join(work, "saved");
    result.model.save(folder);
    const loaded = await Classifier.load(folder);
    assert.deepEqual(loaded.card, JSON.parse(JSON.stringify(result.model.card)));
    const texts = result.evaluated.dataset.examples.map(({ text }) => text);
    const predicted = await loaded.predict(texts, { topK: 2 });
    assert.deepEqual(predicted, await result.model.predict(texts, { topK: 2 }));
    predicted.forEach((labels, at) => {
      for (const { label, score } of labels) {
        const known = result.evaluated.probabilities[at][loaded.config.labels.indexOf(label)];
        assert.ok(Math.abs(score - known) < 1e-5, "and as the evaluation found");
      }
      assert.ok(labels[0].score >= labels[1].score);
    });
    const [alone] = await loaded.predict(texts[0]);
    assert.equal(alone.label, predicted[0][0].label);
    assert.ok(Math.abs(alone.score - predicted[0][0].score) < 1e-5);
    assert.deepEqual(await loaded.predict([]), []);
    assert.deepEqual(loaded.card.columns, { text: "sentence", label: "label" });
  });

  test("a card that lacks what a model needs is named", async () => {
    const folder = join(work, "bad-card");
    result.model.save(folder);
    rmSync(join(folder, ".crisp-files.json"));
    for (const [text, message] of [
      ["{", /crisp\.json: expected JSON/],
      ["null", /crisp\.json: expected a JSON object/],
      ["{}", /crisp\.json: expected attention to be an object/],
    ] as const) {
      writeFileSync(join(folder, "crisp.json"), text);
      await assert.rejects(Classifier.load(folder), { code: "model/bad-card", message });
    }
  });
  test("a folder in the place of one of its files is named", async () => {
    const folder = join(work, "folder-for-card");
    result.model.save(folder);
    rmSync(join(folder, ".crisp-files.json"));
    rmSync(join(folder, "crisp.json"));
    mkdirSync(join(folder, "crisp.json"));
    await assert.rejects(Classifier.load(folder), {
      code: "model/unreadable",
      message: /crisp\.json: expected a readable file, got a folder\. Download the model again\.$/,
    });
  });
  test("ids that the model has no row for are refused when it is loaded: of padding in its card, and of its tokenizer", async () => {
    const folder = join(work, "bad-ids");
    result.model.save(folder);
    rmSync(join(folder, ".crisp-files.json"));
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
    const write = (name: string, json: object): void => writeFileSync(join(folder, name), JSON.stringify(json));
    const card = read("crisp.json");
    for (const padTokenId of [-1, 9000]) {
      write("crisp.json", { ...card, padTokenId });
      await assert.rejects(Classifier.load(folder), {
        code: "model/bad-card",
        message: /crisp\.json: expected padTokenId (below \d+|to be a whole number of at least 0), .*got (-1|9000)\./,
      });
    }
    write("crisp.json", card);
    await Classifier.load(folder);
    const tokenizer = read("tokenizer.json");
    tokenizer.model.vocab.zebra = 9000;
    write("tokenizer.json", tokenizer);
    await assert.rejects(Classifier.load(folder), {
      code: "model/tokenizer",
      message: /expected a tokenizer of at most \d+ ids, the model's vocabulary, got 9001\. Take both from one model\.$/,
    });
  });
  test("a folder that was never trained is refused", () => assert.rejects(Classifier.load(model), { code: "model/not-trained" }));
});

test("figures of a test split are said to be so", async () => {
  const { split, model: trained } = (await train(settings({ test: writeReviews(work, "test.tsv", 30, "reported") })).result)!;
  assert.deepEqual([split, trained.card.split], ["test", "test"]);
});

test("a test file is read by the columns of the training file, though by itself it would be read by others", async () => {
  const table = (name: string, question: string, reply: string): string => {
    const rows = Array.from({ length: 40 }, (_, at) => `${question} ${at},${reply} ${at},${at % 2 ? "sales" : "legal"}`);
    writeFileSync(join(work, name), `question,reply,team\n${rows.join("\n")}\n`);
    return join(work, name);
  };
  const [long, short] = ["where on earth may the parcel of my neighbour be", "gone"];
  const run = train(settings({ data: table("asked.csv", long, short), test: table("later.csv", short, long) }));
  assert.equal((await run.result)!.evaluated.dataset.examples[0].text, `${short} 0`);
});

test("under a random pattern too a text's scores are the same alone and among others", async () => {
  const { model: classifier } = (await train(settings({ attention: random({ sparsity: 0.8 }) })).result)!;
  const texts = demoCorpora()[0]
    .reported.examples.slice(0, 12)
    .map(({ text }) => text);
  const together = await classifier.predict(texts);
  const alone = await Promise.all(texts.map((text) => classifier.predict(text)));
  for (const [at, [best]] of together.entries()) assert.ok(Math.abs(best.score - alone[at][0].score) < 1e-5);
});

test("an aborted signal gives null, and the events end without finished", async () => {
  const stop = new AbortController();
  const run = train(settings({ maxSteps: 1_000_000, signal: stop.signal }));
  const types: string[] = [];
  for await (const { type } of run) {
    types.push(type);
    if (type === "step") stop.abort();
  }
  assert.equal(await run.result, null);
  assert.ok(!types.includes("finished"));
});

describe("an error comes through the events and through the result", () => {
  const wrong: readonly (readonly [string, Partial<TrainSettings>, string])[] = [
    ["no such file", { data: join(work, "none.tsv") }, "data/unreadable"],
    ["no such model", { model: join(work, "none") }, "model/no-folder"],
    ["an option out of range", { learningRate: -1 }, "training/bad-option"],
    ["an unknown option", { learningrate: 1 } as object, "training/bad-option"],
    ["no data", { data: undefined }, "training/bad-option"],
    ["no model", { model: undefined }, "training/bad-option"],
    ["a pattern as a text", { attention: "topK" as never }, "training/bad-option"],
    ["a task that is none", { task: "clasification" as never }, "training/bad-option"],
    ["a column that nobody reads", { columns: { label: "sentiment" } as object }, "training/bad-option"],
    ["checkpoints that are no folder", { checkpoints: 3 as never }, "training/bad-option"],
    [
      "a label out of range",
      { data: { name: "made", labels: ["a", "b"], examples: [0, 1, 2].map((label) => ({ index: label, text: "x", label })) } },
      "data/bad-dataset",
    ],
    ["a layer that the model lacks", { attention: { pattern: slidingWindow({ radius: 1 }), layers: [9] } }, "pattern/bad-plan"],
    ["a loss that is no number", { learningRate: 1e30, warmupSteps: 0, maxGradNorm: 0, maxSteps: 20 }, "training/not-finite"],
  ];
  for (const [name, change, code] of wrong) {
    test(name, async () => {
      const run = train(settings(change));
      await assert.rejects(collect(run), { code });
      await assert.rejects(run.result, { code });
    });
  }
});

describe("examples in memory", () => {
  const inMemory = (name: string, labels: readonly string[], rows: readonly (readonly [string, number])[]): Dataset => ({
    name,
    labels,
    examples: rows.map(([text, label], index) => ({ index, text, label })),
  });
  const { examples } = demoCorpora()[0].train;
  const rows = examples.slice(0, 40).map(({ text, label }) => [text, label] as const);
  const training = inMemory("train", ["negative", "positive"], rows);

  test("labels in another order mean the same classes", async () => {
    const flipped = rows.map(([text, label]) => [text, 1 - label] as const);
    const [a, b] = await Promise.all(
      [training, inMemory("test", ["positive", "negative"], flipped)].map(
        async (validation) => (await train(settings({ data: training, validation })).result)!,
      ),
    );
    assert.deepEqual(a.metrics, b.metrics);
  });
  for (const [name, dataset, code] of [
    ["a label that training lacks", inMemory("test", ["negative", "neutral"], [["fine", 1]]), "data/unknown-label"],
    ["an example without a label", inMemory("test", ["negative", "positive"], [["fine", -1]]), "data/columns"],
    ["no example", inMemory("test", ["negative", "positive"], []), "data/empty"],
  ] as const) {
    test(`${name} is refused`, () => assert.rejects(train(settings({ data: training, validation: dataset })).result, { code }));
  }
  test("pairs: a model that was trained on them refuses a text alone", async () => {
    const pairs = { ...training, columns: { text: "a", pair: "b", label: "c" } };
    const withPairs = { ...pairs, examples: pairs.examples.map((example) => ({ ...example, pair: "a fine film" })) };
    const { model: classifier } = (await train(settings({ data: withPairs, validation: withPairs })).result)!;
    const { text } = withPairs.examples[0];
    assert.equal((await classifier.predict({ text, pair: "a fine film" })).length, 1);
    await assert.rejects(classifier.predict(text), { code: "model/needs-pairs" });
  });
  test("drawn takes examples from all over the file, always the same, in their order", () => {
    const some = drawn(training, 10);
    assert.equal(some.examples.length, 10);
    const indices = some.examples.map(({ index }) => index);
    assert.deepEqual(
      indices,
      indices.toSorted((a, b) => a - b),
    );
    assert.ok(indices.at(-1)! >= 20);
    assert.deepEqual(drawn(training, 10), some);
    assert.equal(drawn(training, 40), training);
  });
});

test("the tokenizer is read before training, so that a model folder may go away meanwhile", async () => {
  const folder = join(work, "passing");
  cpSync(model, folder, { recursive: true });
  const run = train(settings({ model: folder }));
  for await (const { type } of run) if (type === "started") rmSync(folder, { recursive: true });
  (await run.result)!.model.save(join(work, "kept"));
  const same = (name: string): boolean => readFileSync(join(work, "kept", name)).equals(readFileSync(join(model, name)));
  assert.ok(same("tokenizer.json"));
  const config = (from: string): object => JSON.parse(readFileSync(join(from, "tokenizer_config.json"), "utf8"));
  const sides = { padding_side: "right", truncation_side: "right", model_max_length: 64 };
  const inputs = { model_input_names: ["input_ids", "token_type_ids", "attention_mask"] };
  assert.deepEqual(config(join(work, "kept")), { ...config(model), ...sides, ...inputs });
});
