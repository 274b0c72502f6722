import assert from "node:assert/strict";
import { test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { dense } from "../attention/index.ts";
import { gradients, topological } from "../graph/index.ts";
import { buildModel, initialise, parseEncoderConfig } from "../models/index.ts";
import { compute, contextOf, feedsOf } from "../models/run-graph.fixture.ts";
import { onnxClassifier } from "./onnx-classifier.ts";

// matrices of 4,096 elements and more, tables of fewer, which stay float
const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 20, hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 96 },
  ...{
    max_position_embeddings: 12,
    initializer_range: 0.3,
    num_labels: 3,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
  },
});
const weights = initialise(config, 5);
const rows = [
  [2, 5, 9, 11, 3],
  [2, 7, 3],
  [2, 4, 14, 3],
];

async function logitsOfFile(weights: ReadonlyMap<string, Float32Array>): Promise<Float32Array> {
  const file = onnxClassifier({ config, plan: { pattern: dense() }, weights, quantize: "int8" });
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const n = Math.max(...rows.map(({ length }) => length));
  const whole = (of: (row: readonly number[], at: number) => number): Tensor =>
    new Tensor("int64", BigInt64Array.from(rows.flatMap((row) => Array.from({ length: n }, (_, at) => BigInt(of(row, at))))), [
      rows.length,
      n,
    ]);
  const { logits } = await session.run({
    input_ids: whole((row, at) => row[at] ?? 0),
    attention_mask: whole((row, at) => Number(at < row.length)),
    token_type_ids: whole(() => 0),
  });
  await session.release();
  return logits.data as Float32Array;
}

test("training with rounding computes what the file of 8 bits computes, padding and all", async () => {
  const context = contextOf(rows, { training: true });
  const logitsOf = async (eightBits: boolean): Promise<ArrayLike<number>> => {
    const graph = buildModel(config, { training: true, eightBits });
    const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
    return (await compute("onnx", { logits: graph.logits }, feeds, context.bindings)).logits;
  };
  const [rounded, plain] = [await logitsOf(true), await logitsOf(false)];

  const exported = await logitsOfFile(weights);

  const furthest = (from: ArrayLike<number>): number => Math.max(...Array.from(exported, (x, at) => Math.abs(x - from[at])));
  // where float32 falls on the other side of a half, one activation is a step off
  assert.ok(furthest(rounded) < 1e-3, `${furthest(rounded)}`);
  assert.ok(furthest(plain) > 20 * furthest(rounded), `${furthest(plain)}`);
});

test("small values beside a head's large diagonal, which rows in steps would lose, are in the file", async () => {
  const pooler = "bert.pooler.dense.weight";
  const D = config.hiddenSize;
  const diagonal = Float32Array.from({ length: D * D }, (_, at) => (at % (D + 1) === 0 ? 1 : 0));
  const learned = diagonal.map((value, at) => (value > 0 ? value : 0.005 * Math.sin(at)));
  const logitsWith = (values: Float32Array) => logitsOfFile(new Map([...weights, [pooler, values]]));
  const [plain, own] = [await logitsWith(diagonal), await logitsWith(learned)];
  assert.ok(Math.max(...plain.map((x, at) => Math.abs(x - own[at]))) > 1e-3);
});

test("gradients pass the rounding: over five encoders, those of every matrix point where they do without it", async () => {
  const context = contextOf(rows, { training: true, labels: [2, 0, 1] });
  const slopesOf = async (eightBits: boolean, seed: number) => {
    const drawn = initialise(config, seed);
    const graph = buildModel(config, { training: true, eightBits });
    const matrices = graph.parameters.filter(({ attrs, shape }) => shape.length === 2 && !/embedding/.test(attrs.name as string));
    const slopes = gradients(graph.loss, matrices).map((node, at) => [matrices[at].attrs.name as string, node] as const);
    const feeds = feedsOf(graph, context, (name) => drawn.get(name)!);
    return compute("onnx", Object.fromEntries(slopes), feeds, context.bindings);
  };
  const cosines = new Map<string, number[]>();
  for (let seed = 1; seed <= 5; seed++) {
    const [rounded, plain] = [await slopesOf(true, seed), await slopesOf(false, seed)];
    for (const [name, own] of Object.entries(plain)) {
      const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        Array.from(a, (x, at) => x * b[at]).reduce((sum, x) => sum + x, 0);
      const cosine = product(own, rounded[name]) / Math.sqrt(product(own, own) * product(rounded[name], rounded[name]));
      cosines.set(name, [...(cosines.get(name) ?? []), cosine]);
    }
  }
  assert.ok(cosines.size > 12);
  for (const [name, each] of cosines) {
    const median = each.toSorted((a, b) => a - b)[2];
    assert.ok(median > 0.9 && median < 1 - 1e-7, `${name}: ${each}`);
  }
});

test("evaluation rounds nothing", () => {
  const evaluated = topological([buildModel(config, { training: false, eightBits: true }).loss]);
  assert.ok(!evaluated.some(({ op }) => /Steps$/.test(op)));
});
