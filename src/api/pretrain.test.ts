import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { type Encoded, textBlocks } from "../data/index.ts";
import { buildModel, initialise, parseEncoderConfig, withLabels } from "../models/index.ts";
import type { RunEvent } from "../runs/index.ts";
import { fillInputs, weightTensors } from "../runs/index.ts";
import { nodeEnvironment } from "../runs/index-node.ts";
import { executeMasked, type MaskedRunResult, type MaskedRunSpec } from "../runs/masked-run.fixture.ts";
import { atFirst } from "../runs/tiny-run.fixture.ts";
import { topicConfig, topicMasking, topicSentences, topicTokenizer, topicWords } from "../runs/topic-language.fixture.ts";
import { createReferenceRuntime } from "../runtime/index.ts";
import { maskTokens } from "../tasks/index.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-pretrain-"));
after(() => rmSync(work, { recursive: true, force: true }));

const blocksOf = (sentences: readonly string[]): Encoded[] => textBlocks(sentences, topicTokenizer, { lineByLine: true });
const heldOut = blocksOf(topicSentences(120, 2));
const calm = { ...topicConfig, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };

/** A run of 6 updates with dropout and accumulation, over two epochs. */
function tiny({ options, ...changes }: Partial<MaskedRunSpec> = {}): MaskedRunSpec {
  return {
    model: { kind: "fresh", config: topicConfig },
    plan: { pattern: "topK(sparsity=0.5)" },
    data: { train: blocksOf(topicSentences(48, 1)), selection: heldOut.slice(0, 24) },
    masking: topicMasking,
    padTokenId: topicTokenizer.padTokenId,
    options: {
      maxSteps: 6,
      perDeviceTrainBatchSize: 8,
      gradientAccumulationSteps: 2,
      learningRate: 2e-3,
      evalStrategy: "steps",
      evalSteps: 2,
      ...options,
    },
    seed: 1,
    device: "cpu",
    threads: 1,
    ...changes,
  };
}

async function run(spec: MaskedRunSpec): Promise<MaskedRunResult & { losses: number[]; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const result = await executeMasked(spec, nodeEnvironment, { onEvent: (event) => events.push(event) });
  return { ...result!, events, losses: events.flatMap((event) => (event.type === "step" ? [event.loss] : [])) };
}

/** Σ and number of −log p(token) over the masked tokens of blocks, each block alone, in float64. */
async function byHand(
  spec: MaskedRunSpec,
  blocks: readonly Encoded[],
  weights: ReadonlyMap<string, Float32Array>,
  epoch: number,
) {
  const config = withLabels(parseEncoderConfig((spec.model as { config: object }).config), [], "masked_lm");
  const graph = buildModel(config, { training: false });
  const session = await createReferenceRuntime().compile({ logits: graph.logits });
  const wanted = new Set(session.inputs.map(({ name }) => name));
  const tensors = Object.fromEntries(Object.entries(weightTensors(config, weights)).filter(([name]) => wanted.has(name)));
  let [sum, count] = [0, 0];
  for (const { index, inputIds: whole, tokenTypeIds } of blocks) {
    const { inputIds, places, labels } = maskTokens(whole, spec.masking, {
      seed: epoch < 0 ? 0 : spec.seed,
      epoch,
      example: index,
    });
    if (places.length === 0) continue;
    const context = {
      ...{ bindings: { B: 1, n: whole.length, M: places.length }, lengths: Int32Array.of(whole.length) },
      ...{ examples: Int32Array.of(index), inputIds, tokenTypeIds, labels: [-1], masked: { rows: places, labels } },
      ...{ seed: 0, step: 0, training: false, strength: 1, labelSmoothing: 0, lossDivisor: 1 },
    };
    const { logits } = await session.run({ ...tensors, ...fillInputs(graph, context, wanted) });
    labels.forEach((label, at) => {
      const row = Array.from((logits.data as Float32Array).subarray(at * config.vocabSize, (at + 1) * config.vocabSize));
      sum += Math.log(row.reduce((total, x) => total + Math.exp(x), 0)) - row[label];
    });
    count += places.length;
  }
  return { sum, count };
}
const startWeights = (config: object, seed: number) => initialise(withLabels(parseEncoderConfig(config), [], "masked_lm"), seed);

test("a small encoder learns a small language: far below the entropy of its words, and not below what can be known", async () => {
  const options = {
    maxSteps: 150,
    perDeviceTrainBatchSize: 32,
    gradientAccumulationSteps: 1,
    learningRate: 5e-3,
    evalSteps: 150,
  };
  const data = { train: blocksOf(topicSentences(600, 1)), selection: heldOut };
  const { loss, lossSparsityOff, curve } = await run(tiny({ plan: { pattern: "dense" }, data, options }));

  const counts = new Map<number, number>();
  for (const { index, inputIds } of heldOut)
    for (const label of maskTokens(inputIds, topicMasking, { seed: 0, epoch: -1, example: index }).labels)
      counts.set(label, (counts.get(label) ?? 0) + 1);
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  const entropy = [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  assert.ok(entropy > 3 && loss < entropy - 1.2, `${loss} against ${entropy} nats`);
  // words are drawn freely within a topic; only where a fifth of the masked places show a word is there more to know
  assert.ok(loss > 0.8 * Math.log(topicWords), `${loss} nats: the words must shine through somewhere`);
  assert.equal(lossSparsityOff, loss, "dense as it is");
  assert.equal(curve.at(-1)!.evalLoss, loss);
});

test("the loss of an update is the mean over the masked tokens of all its batches, as float64 computes it block by block", async () => {
  const options = { maxSteps: 1, perDeviceTrainBatchSize: 5, gradientAccumulationSteps: 10 };
  const spec = tiny({ model: { kind: "fresh", config: calm }, plan: { pattern: "dense" }, options });
  const { losses, loss, weights } = await run(spec);
  const { sum, count } = await byHand(spec, spec.data.train, startWeights(calm, 1), 0);
  assert.ok(Math.abs(losses[0] - sum / count) < 1e-5, `${losses[0]} against ${sum / count}`);

  const after = await byHand(spec, spec.data.selection, weights, -1);
  assert.ok(Math.abs(loss - after.sum / after.count) < 1e-5, `${loss} against ${after.sum / after.count}`);
});

test("a batch without a masked token adds nothing to its update: no loss, and none to divide by", async () => {
  // unknown words are special, and are never hidden; longer than the others, they fill batches of their own
  const silent = blocksOf(Array.from({ length: 8 }, () => "who knows these words ".repeat(6)));
  const spoken = blocksOf(topicSentences(8, 1));
  const train = [...spoken, ...silent].map((block, index) => ({ ...block, index }));
  const selection = [...heldOut.slice(0, 8), ...silent.map((block) => ({ ...block, index: 8 + block.index }))];
  const changes = { model: { kind: "fresh", config: calm } as const, data: { train, selection } };
  const together = tiny({ ...changes, plan: { pattern: "dense" }, options: { maxSteps: 1, gradientAccumulationSteps: 2 } });
  const { sum, count } = await byHand(together, train, startWeights(calm, 1), 0);
  const first = await run(together);
  assert.ok(Math.abs(first.losses[0] - sum / count) < 1e-5, `${first.losses[0]} against ${sum / count}`);
  const after = await byHand(together, selection, first.weights, -1);
  assert.ok(Math.abs(first.loss - after.sum / after.count) < 1e-5, `held out: ${first.loss} against ${after.sum / after.count}`);

  const { losses, weights } = await run(tiny({ ...changes, options: { maxSteps: 2, gradientAccumulationSteps: 1 } }));
  assert.equal(losses.filter((each) => each === 0).length, 1, `${losses}`);
  assert.ok([...weights.values()].every((values) => values.every(Number.isFinite)));
});

test("held-out text without a masked token is refused before anything is trained", async () => {
  const selection = blocksOf(["who knows these words"]);
  const spec = tiny({ data: { train: heldOut, selection } });
  await assert.rejects(run(spec), { code: "training/nothing-held-out" });
});

test("label smoothing, which this loss has not, is refused", () =>
  assert.rejects(run(tiny({ options: { labelSmoothingFactor: 0.1 } })), { code: "training/bad-option" }));

test("the same seed gives the same weights, another seed others", async () => {
  const [a, b, c] = [await run(tiny()), await run(tiny()), await run(tiny({ seed: 2 }))];
  assert.ok(isDeepStrictEqual(a.weights, b.weights));
  assert.deepEqual([a.losses, a.loss, a.lossSparsityOff], [b.losses, b.loss, b.lossSparsityOff]);
  for (const [name, values] of a.weights)
    if (name.endsWith("dense.weight")) assert.notDeepEqual(values, c.weights.get(name), name);
});

test("a stopped run continues from its checkpoint to the same weights and losses, bit for bit", async () => {
  const whole = await run(tiny());
  const checkpoints = join(work, "stopped");
  const stop = new AbortController();
  const stopped = await executeMasked(tiny({ checkpoints }), nodeEnvironment, {
    signal: stop.signal,
    onEvent: atFirst("evaluated", () => stop.abort()),
  });
  assert.equal(stopped, null);
  assert.deepEqual(readdirSync(checkpoints), ["checkpoint-2.crisp"]);
  const resumed = await run(tiny({ checkpoints }));
  assert.ok(isDeepStrictEqual(resumed.weights, whole.weights));
  assert.deepEqual(resumed.losses, whole.losses.slice(2));
  assert.deepEqual([resumed.loss, resumed.curve], [whole.loss, whole.curve]);

  const masking = { ...topicMasking, probability: 0.3 };
  await assert.rejects(run(tiny({ checkpoints, masking })), { code: "checkpoint/other-run" });
});

test("a stop during an evaluation keeps the updates before it", async () => {
  const checkpoints = join(work, "evaluating");
  const stop = new AbortController();
  const onEvent = ({ type, ...rest }: RunEvent): void => {
    // the evaluation behind update 2 begins right after this event
    if (type === "step" && "step" in rest && rest.step === 2) queueMicrotask(() => stop.abort());
  };
  const spec = tiny({ checkpoints });
  assert.equal(await executeMasked(spec, nodeEnvironment, { signal: stop.signal, onEvent }), null);
  assert.deepEqual(readdirSync(checkpoints), ["checkpoint-2.crisp"]);
});
