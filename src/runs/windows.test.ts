import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { dense, random } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { createTokenizer, type Encoded, encodeDataset } from "../data/index.ts";
import { buildModel, initialise, parameterSpecs, parseEncoderConfig } from "../models/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { demoCorpora, demoTokenizer } from "../studies/index.ts";
import { createTrainStep, resolveOptions } from "../training/index.ts";
import { batchSource } from "./batches.ts";
import { nodeEnvironment } from "./environment/environment-node.ts";
import { examplesInMemory } from "./examples.ts";
import { executeRun } from "./execute.ts";
import { taskFigures } from "./figures.ts";
import { createForward, type Forward, weightTensors } from "./forward.ts";
import type { RunResult, RunSpec } from "./spec.ts";
import { featuresOf } from "./start/probe.ts";
import { atFirst, tinyConfig, tinyRun } from "./tiny-run.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-windows-"));
after(() => rmSync(work, { recursive: true, force: true }));
const runtime = await createRuntime({ threads: 1 });
const tokenizer = createTokenizer({ ...demoTokenizer(), maxLength: 8, longTexts: "chunks", docStride: 2 });
const head = tokenizer.fit({ maxLength: 8 });
const corpus = demoCorpora()[0].train;
const texts = (count: number, by = tokenizer): Encoded[] =>
  encodeDataset(by, { ...corpus, examples: corpus.examples.slice(0, count) });
const config = { ...parseEncoderConfig(tinyConfig), hiddenDropout: 0, attentionDropout: 0, classifierDropout: 0 };
const weights = new Map([...initialise(config, 3)].map(([name, values]) => [name, values.map((x) => 4 * x)]));
const tensors = weightTensors(config, weights);
const settings = { runtime, config, parameters: () => tensors, seed: 5, padTokenId: tokenizer.padTokenId };

async function forward<Result>(use: (forward: Forward) => Promise<Result>, plan = dense(), batchSize = 64): Promise<Result> {
  const made = await createForward({ ...settings, plan: { pattern: plan }, batchSize });
  try {
    return await use(made);
  } finally {
    await made.release();
  }
}

test("a text's logits are the same alone and among others, under a random pattern too", async () => {
  const all = texts(30);
  assert.ok(all.some(({ others }) => others && others.length > 1));
  for (const plan of [dense(), random({ sparsity: 0.6 })])
    await forward(async (made) => {
      const together = (await made.evaluate(all)).logits;
      for (const [at, example] of all.entries()) {
        const [alone] = (await made.evaluate([example])).logits;
        for (const [c, value] of alone.entries()) assert.ok(Math.abs(value - together[at][c]) <= 1e-5);
      }
    }, plan);
});

test("logits are the mean of the windows', each evaluated as a text of its own, and pairs are counted in all", async () => {
  const all = texts(12);
  const { logits, pairs } = await forward((made) => made.evaluate(all));
  let valid = 0;
  for (const [at, { others = [], ...first }] of all.entries()) {
    const windows = [first, ...others.map((other) => ({ ...first, ...other }))];
    const own = await forward((made) => made.evaluate(windows));
    valid += own.pairs.valid;
    logits[at].forEach((value, c) => {
      const mean = own.logits.reduce((sum, row) => sum + row[c], 0) / windows.length;
      assert.ok(Math.abs(value - mean) <= 1e-5);
    });
  }
  assert.equal(pairs.valid, valid);
});

test("a head on the mean features of a text's windows gives the mean of their logits", async () => {
  const all = texts(12);
  const features = await featuresOf(all, { ...settings, plan: { pattern: dense() }, batchSize: 64 });
  const { logits } = await forward((made) => made.evaluate(all));
  const [weight, bias] = ["classifier.weight", "classifier.bias"].map((name) => weights.get(name)!);
  const D = config.hiddenSize;
  for (const [at, row] of features.entries())
    for (const [c, value] of logits[at].entries()) {
      const said = row.reduce((sum, x, d) => sum + x * weight[c * D + d], bias[c]);
      assert.ok(Math.abs(value - said) <= 1e-4, `${value}, ${said}`);
    }
});

test("the loss that is trained is the one that is evaluated, and a batch in parts has the gradients of the whole", async () => {
  const train = texts(16);
  const most = Math.max(...train.map(({ others = [] }) => 1 + others.length));
  const options = resolveOptions({ perDeviceTrainBatchSize: 16 });
  const spec = tinyRun();
  const graph = buildModel(config, { training: true, windows: true });
  const losses: number[] = [];
  const gradients: number[][] = [];
  for (const rows of [most, 1000]) {
    const examples = { ...examplesInMemory(train), texts: rows };
    const batches = batchSource(spec, examples, options, { pattern: dense() }, 1);
    const contexts: readonly BatchContext[] = batches.contexts(0, 0, { step: 0, lossDivisor: 16 });
    assert.ok(contexts.every(({ lengths }) => lengths.length <= Math.max(rows, 16)));
    assert.equal(contexts.length > 1, rows === most);
    const parameters = parameterSpecs(config);
    const step = await createTrainStep<BatchContext>(graph, { runtime, parameters, values: weights, largest: batches.largest });
    losses.push(await step.run(contexts, { seed: 1, step: 0 }));
    const still = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 1 };
    await step.state.update(still);
    // without moments of before the first moment is the gradient
    const all: Float32Array[] = [];
    for (const { name } of step.state.trained) all.push(await step.state.read(`m ${name}`));
    gradients.push(all.flatMap((values) => [...values]));
    await step.release();
  }
  const evaluated = await forward((made) => made.evaluate(train));
  const { loss } = taskFigures({ task: config.task, labels: spec.labels }, evaluated, train);
  for (const own of losses) assert.ok(Math.abs(own - loss) <= 1e-5, `${own}, ${loss}`);
  const [parts, whole] = gradients;
  const difference = Math.hypot(...parts.map((value, at) => value - whole[at]));
  assert.ok(difference <= 1e-5 * Math.hypot(...whole), `${difference} of ${Math.hypot(...whole)}`);
});

const long: Partial<RunSpec> = {
  data: { train: texts(48), selection: texts(20), reported: texts(20) },
  keepWeights: true,
};
const run = async (changes: Partial<RunSpec>): Promise<RunResult> =>
  (await executeRun(tinyRun({ ...long, ...changes }), nodeEnvironment, { onEvent: () => {} }))!;
const withoutSeconds = ({ record: { seconds, ...record } }: RunResult) => record;

test("a run of texts in windows that was stopped continues to the same weights", async () => {
  const whole = await run({});
  const checkpoints = join(work, "stopped");
  const stop = new AbortController();
  const onEvent = atFirst("evaluated", () => stop.abort());
  const spec = tinyRun({ ...long, checkpoints });
  assert.equal(await executeRun(spec, nodeEnvironment, { signal: stop.signal, onEvent }), null);
  const resumed = await run({ checkpoints });
  assert.deepEqual(withoutSeconds(resumed), withoutSeconds(whole));
  assert.ok(isDeepStrictEqual(resumed.weights, whole.weights));
});

test("texts that fit are trained bit for bit as by their head", async () => {
  const fitting = (by: typeof tokenizer): Partial<RunSpec> => {
    const whole = by.fit({ maxLength: 64, longTexts: by.longTexts });
    return { data: { train: texts(48, whole), selection: texts(20, whole), reported: texts(20, whole) } };
  };
  const [a, b] = [await run(fitting(tokenizer)), await run(fitting(head))];
  assert.deepEqual(withoutSeconds(a), withoutSeconds(b));
  assert.ok(isDeepStrictEqual(a.weights, b.weights));
});

test("a contrastive pass reads one window of a text, and each in its turn", () => {
  const train = texts(16);
  const spec = tinyRun({ task: "contrastive" });
  const batches = batchSource(
    spec,
    examplesInMemory(train),
    resolveOptions({ perDeviceTrainBatchSize: 16 }),
    { pattern: dense() },
    1,
  );
  const seen = new Set<string>();
  for (let epoch = 0; epoch < 12; epoch++) {
    const [{ bindings, inputIds }, ...more] = batches.contexts(epoch, 0, { step: 0, lossDivisor: 16 });
    assert.deepEqual([bindings.B, bindings.S, more.length], [16, 16, 0]);
    for (let row = 0; row < 16; row++) seen.add(ids(inputIds.subarray(row * bindings.n, (row + 1) * bindings.n)));
  }
  for (const { others = [], ...first } of train)
    for (const { inputIds } of [first, ...others]) assert.ok(seen.has(ids(inputIds)));
});

/** Without padding. */
const ids = (row: Int32Array): string => [...row].filter((id) => id !== tokenizer.padTokenId).join(" ");
