import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { joined } from "../../files/index.ts";
import { initialise, modelFiles, parameterSpecs, parseEncoderConfig, writeSafetensors } from "../../models/index.ts";
import { nodeEnvironment } from "../environment/environment-node.ts";
import { executeRun } from "../execute.ts";
import type { RunResult, RunSpec } from "../spec.ts";
import { tinyConfig, tinyRun, tinySentences } from "../tiny-run.fixture.ts";

const layers = tinyConfig.num_hidden_layers;
const run = async (changes: Partial<RunSpec>): Promise<RunResult> =>
  (await executeRun(tinyRun({ keepWeights: true, ...changes }), nodeEnvironment, { onEvent: () => {} }))!;
/** No update: what is read at the end is the start. */
const untouched = { maxSteps: -1, numTrainEpochs: 0, evalStrategy: "no" } as const;

describe("a head that starts as a logistic regression", () => {
  test("knows the training examples better than one drawn at random", async () => {
    const data = { train: tinySentences(200), selection: undefined, reported: tinySentences(40, "reported") };
    const [drawn, probed] = [await run({ data, options: untouched }), await run({ data, options: untouched, probe: true })];
    assert.ok(probed.record.trainLoss < drawn.record.trainLoss - 0.01, `${probed.record.trainLoss}, ${drawn.record.trainLoss}`);
    assert.equal(probed.record.steps, 0);
  });
  test("counts rare classes as class weights say", async () => {
    const weighted = await run({ options: untouched, probe: true, classWeights: [1, 50] });
    const said = weighted.record.probabilities.map(([, positive]) => positive > 0.5);
    assert.ok(said.filter(Boolean).length > 0.9 * said.length, "nearly everything is said to be the class that weighs 50");
  });
});

describe("the mean of all tokens", () => {
  test("is one more layer, which the sparse plan leaves alone", async () => {
    const { config, plan, record, weights } = await run({ pooling: "mean", options: { maxSteps: 2 } });
    assert.equal(config.layers, layers + 1);
    assert.deepEqual(
      plan.layers,
      Array.from({ length: layers }, (_, layer) => layer),
    );
    assert.ok(record.effectiveSparsity > 0 && [...weights!.values()].every((values) => values.every(Number.isFinite)));
  });
  test("is taken where it is better, and the better of the two accuracies is told", async () => {
    const { frozenAccuracy, config } = await run({ pooling: "best", options: untouched });
    assert.ok(frozenAccuracy! >= 0 && frozenAccuracy! <= 1);
    assert.ok([layers, layers + 1].includes(config.layers));
  });
});

test("a contrastive run gives weights, and no figures where nothing is reported", async () => {
  const data = { train: tinySentences(64), selection: undefined, reported: undefined };
  const options = { maxSteps: 6, evalStrategy: "no", evalSteps: undefined } as const;
  const { weights, record, config } = await run({ task: "contrastive", labels: [], classes: 2, data, options, pooling: "mean" });
  assert.equal(record.steps, 6);
  assert.equal(config.layers, layers + 1);
  assert.ok(![...weights!.keys()].some((name) => name.startsWith("classifier")));
});

test("a head that was fitted is not said to be drawn at random; a pooler that the folder lacked is", async () => {
  const config = parseEncoderConfig({ ...tinyConfig, model_type: "bert" });
  const weights = new Map([...initialise(config, 1)].filter(([name]) => !/pooler|classifier/.test(name)));
  const file = modelFiles(config, initialise(config, 1));
  const files = new Map(Array.from(file, ([name, pieces]) => [name, joined(pieces)]));
  const specs = parameterSpecs(config).filter(({ name }) => weights.has(name));
  const tensors = new Map(specs.map(({ name, shape }) => [name, { shape, data: weights.get(name)! }]));
  files.set("model.safetensors", joined(writeSafetensors(tensors)));
  const fresh = async (changes: Partial<RunSpec>) =>
    (await run({ model: { kind: "files", files }, options: untouched, ...changes })).freshParameters;
  assert.deepEqual(await fresh({}), [
    "bert.pooler.dense.weight",
    "bert.pooler.dense.bias",
    "classifier.weight",
    "classifier.bias",
  ]);
  assert.deepEqual(await fresh({ probe: true }), ["bert.pooler.dense.weight", "bert.pooler.dense.bias"]);
  assert.deepEqual(await fresh({ probe: true, pooling: "mean" }), []);
});
