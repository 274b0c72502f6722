import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type AttentionPlan, dense, planKeep, random, slidingWindow, topK } from "../attention/index.ts";
import { initialise, parseEncoderConfig, withLabels } from "../models/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import type { TaskName } from "../tasks/index.ts";
import { createForward, type Forward, weightTensors } from "./forward.ts";
import { featuresOf } from "./start/probe.ts";
import { tinyConfig, tinySentences, tinyTokenizer } from "./tiny-run.fixture.ts";

const runtime = await createRuntime({ threads: 1 });
const config = parseEncoderConfig(tinyConfig);
// far from 0, so that patterns decide something: at 0.02 all keys get nearly the same weight
const parameters = new Map([...initialise(config, 3)].map(([name, values]) => [name, values.map((x) => 4 * x)]));
const { padTokenId } = tinyTokenizer;
const open: Forward[] = [];
after(() => Promise.all(open.map((forward) => forward.release())));

async function forwardOf(plan: AttentionPlan, batchSize: number, seed = 5): Promise<Forward> {
  const forward = await createForward({
    runtime,
    config,
    plan,
    parameters: () => weightTensors(config, parameters),
    seed,
    batchSize,
    padTokenId,
  });
  open.push(forward);
  return forward;
}

const sentences = tinySentences(40);
const largest = (a: readonly number[][], b: readonly number[][]): number =>
  Math.max(...a.flatMap((row, at) => row.map((value, c) => Math.abs(value - b[at][c]))));

const plans: Readonly<Record<string, AttentionPlan>> = {
  dense: { pattern: dense() },
  topK: { pattern: topK({ sparsity: 0.8 }) },
  random: { pattern: random({ sparsity: 0.8 }) },
  slidingWindow: { pattern: slidingWindow({ sparsity: 0.8 }) },
  "topK in one layer and two heads": { pattern: topK({ sparsity: 0.8 }), layers: [1], heads: [0, 3] },
};

for (const [name, plan] of Object.entries(plans)) {
  describe(name, () => {
    test("a sentence's logits are the same alone, in a small batch and in one batch of all", async () => {
      const [alone, small, all] = await Promise.all(
        [1, 7, 64].map(async (size) => (await forwardOf(plan, size)).evaluate(sentences)),
      );
      assert.ok(largest(alone.logits, small.logits) <= 1e-5);
      assert.ok(largest(alone.logits, all.logits) <= 1e-5);
      assert.deepEqual([alone.pairs, small.pairs], [all.pairs, all.pairs]);
    });
    test("results stand in the order of the examples, whatever that is", async () => {
      const forward = await forwardOf(plan, 7);
      const [forwards, backwards] = [await forward.evaluate(sentences), await forward.evaluate(sentences.toReversed())];
      assert.ok(largest(forwards.logits, backwards.logits.toReversed()) <= 1e-5);
    });
    test("two evaluations agree in every bit", async () => {
      const forward = await forwardOf(plan, 16);
      assert.deepEqual(await forward.evaluate(sentences), await forward.evaluate(sentences));
    });
    test("probabilities sum to 1 and have the logits' order", async () => {
      const { logits, probabilities } = await (await forwardOf(plan, 16)).evaluate(sentences);
      probabilities.forEach((row, at) => {
        assert.ok(Math.abs(row[0] + row[1] - 1) < 1e-12);
        assert.equal(row[0] > row[1], logits[at][0] > logits[at][1]);
      });
    });
  });
}

for (const name of ["dense", "random", "slidingWindow"]) {
  test(`${name}: kept pairs are those of the reference masks, head by head`, async () => {
    const plan = plans[name];
    const { pairs } = await (await forwardOf(plan, 16)).evaluate(sentences);
    let [kept, valid] = [0, 0];
    for (const { index, inputIds } of sentences) {
      const n = inputIds.length;
      for (let layer = 0; layer < config.layers; layer++) {
        for (let head = 0; head < config.heads; head++) {
          const key = { seed: 5, step: 0, layer, head, example: index };
          const view = { n, scores: new Float32Array(n * n), allowed: new Uint8Array(n * n).fill(1), key, heads: config.heads };
          kept += planKeep(plan, view).reduce((sum, bit) => sum + bit, 0);
          valid += n * n;
        }
      }
    }
    assert.deepEqual(pairs, { valid, kept });
    assert.equal(name === "dense", kept === valid);
  });
}

test("topK keeps ceil(0.2 n) keys of every query, and only in the layers and heads of its plan", async () => {
  const keptOf = async (plan: AttentionPlan): Promise<number> =>
    (await (await forwardOf(plan, 16)).evaluate(sentences)).pairs.kept;
  const rows = sentences.map(({ inputIds: { length: n } }) => ({ n, k: Math.max(1, Math.ceil(0.2 * n - 1e-9)) }));
  const places = config.layers * config.heads;
  const sum = (of: (row: { n: number; k: number }) => number): number => rows.reduce((total, row) => total + of(row), 0);
  assert.equal(await keptOf(plans.topK), places * sum(({ n, k }) => n * k));
  const spared = places - 2;
  assert.equal(
    await keptOf(plans["topK in one layer and two heads"]),
    2 * sum(({ n, k }) => n * k) + spared * sum(({ n }) => n * n),
  );
});

test("attention rows sum to 1 and are exactly 0 outside the window", async () => {
  const plan = { pattern: slidingWindow({ radius: 2 }) };
  const forward = await forwardOf(plan, 16);
  const layers = await forward.attention(sentences[0]);
  assert.deepEqual(await forward.attention(sentences[0], "last"), layers.slice(-1));
  const n = sentences[0].inputIds.length;
  assert.equal(layers.length, config.layers);
  for (const probabilities of layers) {
    assert.equal(probabilities.length, config.heads * n * n);
    for (let row = 0; row < config.heads * n; row++) {
      const keys = [...probabilities.subarray(row * n, (row + 1) * n)];
      assert.ok(Math.abs(keys.reduce((a, b) => a + b) - 1) < 1e-5);
      for (const [key, share] of keys.entries()) assert.equal(share > 0, Math.abs(key - (row % n)) <= 2);
    }
  }
});

test("random draws by seed and example: another seed keeps as many pairs, but others", async () => {
  const [five, six] = await Promise.all(
    [5, 6].map(async (seed) => (await forwardOf(plans.random, 16, seed)).evaluate(sentences)),
  );
  assert.deepEqual(five.pairs, six.pairs);
  assert.ok(largest(five.logits, six.logits) > 1e-4);
});

test("parameters are read at each call, so a trainer's own arrays serve", async () => {
  const own = new Map([...parameters].map(([name, values]) => [name, values.slice()]));
  const forward = await createForward({
    runtime,
    config,
    plan: plans.dense,
    parameters: () => weightTensors(config, own),
    seed: 1,
    batchSize: 8,
    padTokenId,
  });
  open.push(forward);
  await forward.evaluate(sentences);
  own.get("classifier.weight")!.fill(0);
  own.get("classifier.bias")!.set([1, 3]);
  assert.deepEqual((await forward.evaluate(sentences.slice(0, 1))).logits, [[1, 3]]);
});

test("an aborted signal ends an evaluation between batches with its reason", async () => {
  const stop = new AbortController();
  const evaluation = (await forwardOf(plans.dense, 1)).evaluate(sentences, stop.signal);
  setTimeout(() => stop.abort(), 2);
  await assert.rejects(evaluation, (error) => error === stop.signal.reason);
});

describe("a model with damaged weights gives no answer", () => {
  const damaged = (value: number, task: TaskName = config.task) => {
    const broken = withLabels(config, config.labels, task);
    const weights = initialise(broken, 3);
    for (const [name, values] of weights) if (name.endsWith("LayerNorm.bias")) values.fill(value);
    const parameters = weightTensors(broken, weights);
    const { vocabSize: vocabularySize } = config;
    return {
      ...{ runtime, config: broken, plan: { pattern: dense() }, seed: 5, batchSize: 4, padTokenId, parameters: () => parameters },
      masking: { maskTokenId: 4, vocabularySize, specialIds: new Set<number>(), probability: 0.5 },
    };
  };
  const refused = (what: string) => ({
    code: "model/not-finite",
    message: new RegExp(`^the model: expected ${what}, got (NaN|-?Infinity)\\. Its weights are damaged`),
  });
  for (const value of [Number.NaN, Infinity]) {
    test(`${value} in logits, a loss or features`, async () => {
      const [classes, tokens] = await Promise.all([createForward(damaged(value)), createForward(damaged(value, "masked_lm"))]);
      open.push(classes, tokens);
      const some = sentences.slice(0, 6);
      await assert.rejects(classes.evaluate(some), refused("logits of finite numbers for example \\d"));
      await assert.rejects(tokens.evaluate(some), refused("a loss of finite numbers for \\d examples"));
      await assert.rejects(featuresOf(some, damaged(value)), refused("features of finite numbers for example \\d"));
    });
  }
});
