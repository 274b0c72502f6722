import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pipeline } from "@huggingface/transformers";
import { topK } from "../attention/index.ts";
import { Classifier } from "./classifier/classifier-node.ts";
import type { FreshModel } from "./fresh-model.ts";
import { type TrainSettings, train } from "./train-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-embedding-"));
after(() => rmSync(work, { recursive: true, force: true }));

const tiny: FreshModel = {
  kind: "fresh",
  vocabularySize: 300,
  config: {
    ...{ model_type: "bert", hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64 },
    ...{ max_position_embeddings: 32, type_vocab_size: 2, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
  },
};
/** Things have one name in questions, and another one in answers: only training can say which belong together. */
const things = Array.from({ length: 16 }, (_, at) => [`ask${"abcdefghijklmnop"[at]}`, `tell${"abcdefghijklmnop"[at]}`]);
const places = ["north", "south", "east", "west", "up", "down", "left", "right"];
const rows = Array.from({ length: 512 }, (_, at) => {
  const [ask, tell] = things[at % 16];
  const [place, other] = [places[(at >> 4) % 8], places[(at >> 7) % 4]];
  return { anchor: `where is the ${ask} ${place} ${other}`, positive: `${other} ${tell} it lies ${place}`, at };
});
const isHeldOut = ({ at }: { readonly at: number }): boolean => (at + (at >> 4) + (at >> 7)) % 8 === 3;
const validation = rows.filter(isHeldOut);
const training = rows.filter((row) => !isHeldOut(row));

function file(name: string, lines: readonly object[]): string {
  const path = join(work, name);
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join("\n"));
  return path;
}

async function trained(data: readonly object[], settings: Partial<TrainSettings> = {}) {
  const run = train({
    ...{ model: tiny, data: file("pairs.jsonl", data), validation: file("validation.jsonl", validation), task: "embedding" },
    ...{ learningRate: 5e-3, perDeviceTrainBatchSize: 32, numTrainEpochs: 12, evalStrategy: "epoch", threads: 1, ...settings },
  });
  const curve: Readonly<Record<string, number>>[] = [];
  for await (const event of run) if (event.type === "evaluated") curve.push(event.point.figures!);
  return { ...(await run.result)!, curve };
}

describe("training for embeddings", () => {
  test("texts find what belongs to them, far more often than by chance, as the loss falls", async () => {
    const { metrics, primary, curve, model, baselines } = await trained(training, { attention: topK({ sparsity: 0.2 }) });
    assert.equal(primary, "accuracyAt1");
    assert.deepEqual(baselines, []);
    // chance: 1 of 64
    assert.ok(metrics.accuracyAt1 > 0.9, JSON.stringify(curve));
    assert.ok(metrics.mrrAt10 >= metrics.accuracyAt1);
    assert.ok(metrics.loss < 0.7 * curve[0].loss, JSON.stringify(curve));

    const folder = join(work, "model");
    assert.deepEqual(model.save(folder), []);
    const loaded = await Classifier.load(folder);
    assert.equal(loaded.config.task, "embedding");
    const { anchor, positive } = validation[0];
    const [first, second, other] = await loaded.embed([anchor, { text: positive }, validation[1].positive]);
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, at) => sum + x * b[at], 0);
    assert.equal(first.length, 32);
    assert.ok(Math.abs(dot(first, first) - 1) < 1e-5);
    assert.ok(dot(first, second) > dot(first, other));
    const said = await loaded.predict(anchor);
    assert.ok(first.every((x, at) => Math.abs(x - said[at].score) < 1e-5));

    const embed = await pipeline("feature-extraction", folder);
    const theirs = (await embed([anchor, positive], { pooling: "mean", normalize: true })).tolist() as number[][];
    await embed.dispose();
    for (const [at, own] of [first, second].entries())
      assert.ok(Math.max(...own.map((x, place) => Math.abs(x - theirs[at][place]))) < 1e-5);
    const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
    assert.deepEqual(json("config.json").architectures, ["BertModel"]);
    assert.equal(json("1_Pooling/config.json").word_embedding_dimension, 32);
    assert.equal(json("sentence_bert_config.json").max_seq_length, model.card.maxLength);
    assert.match(readFileSync(join(folder, "README.md"), "utf8"), /import AutoModel, AutoTokenizer/);
  });

  test("third texts train as negatives, in batches that need not be full", async () => {
    const triplets = training.map((row, at) => ({ ...row, negative: training[(at + 1) % training.length].positive }));
    const { curve, evaluated } = await trained(triplets, { numTrainEpochs: 3, perDeviceTrainBatchSize: 50 });
    assert.ok(curve[2].loss < curve[0].loss, JSON.stringify(curve));
    assert.equal(evaluated.dataset.examples.length, 64);
  });

  test("left alone, a tenth is held out, and the recipe is its own", async () => {
    const run = train({
      model: tiny,
      preset: "pairs",
      data: file("own.jsonl", rows.slice(0, 128)),
      task: "embedding",
      threads: 1,
    });
    const seen: string[] = [];
    for await (const event of run) {
      if (event.type === "recipe") seen.push(event.recipe.name, String(event.recipe.options.perDeviceTrainBatchSize));
      if (event.type === "data") seen.push(String(event.heldOut));
    }
    assert.deepEqual(seen, ["pairs", "64", "13"]);
    assert.ok((await run.result)!.metrics.accuracyAt1 >= 0);
  });

  test("pairs are not read from disk as they are needed", async () => {
    const run = train({ model: tiny, data: file("disk.jsonl", rows), task: "embedding", streaming: true });
    await assert.rejects(run.result, { code: "training/bad-option", message: /^streaming: expected data in memory for pairs/ });
  });

  test("a model of something else has no embeddings", async () => {
    const labelled = rows.slice(0, 64).map(({ anchor, at }) => ({ text: anchor, label: at % 2 }));
    const data = file("labelled.jsonl", labelled);
    const { model } = (await train({ model: tiny, data, numTrainEpochs: 1, threads: 1 }).result)!;
    await assert.rejects(model.embed(["where"]), { code: "model/no-embedding", message: /got single_label_classification/ });
  });
});
