import {
  type Bindings,
  div,
  dropout as dropped,
  type FedInput,
  gather,
  input,
  linear,
  logSoftmax,
  mul,
  type Node,
  neg,
  parameter,
  relu,
  reshape,
  sumAll,
} from "../graph/index.ts";
import { normalFill, permutation } from "../random/index.ts";
import type { Runtime } from "../runtime/index.ts";
import type { BatchSource } from "./loop.ts";
import { createTrainStep } from "./step/create-train-step.ts";
import { HostTrainStep } from "./step/host-step.ts";
import type { TrainedParameter } from "./step/state.ts";
import type { TrainingGraph, TrainStep } from "./step/train-step.ts";

export const ROWS = 7;
const WIDTH = 4;
export const TOKENS = 3;
const HIDDEN = 8;
const CLASSES = 3;

/** A batch of the tiny network. */
export interface TinyContext {
  readonly bindings: Bindings;
  /** [B, TOKENS] */
  readonly ids: Int32Array;
  /** [B] */
  readonly labels: Int32Array;
  readonly lossDivisor: number;
}

export const tinyParameters: readonly TrainedParameter[] = [
  { name: "table", shape: [ROWS, WIDTH], decay: true, trainable: true },
  { name: "w1", shape: [HIDDEN, TOKENS * WIDTH], decay: true, trainable: true },
  { name: "b1", shape: [HIDDEN], decay: false, trainable: true },
  { name: "w2", shape: [CLASSES, HIDDEN], decay: true, trainable: true },
  { name: "b2", shape: [CLASSES], decay: false, trainable: true },
];

/** Embedding, dropout, one hidden layer, cross-entropy: the smallest network with all that a trainer meets. */
export function tinyGraph({ dropout = 0 }: { readonly dropout?: number } = {}): TrainingGraph<TinyContext> {
  const ids = input("ids", ["B", TOKENS], "int32");
  const oneHot = input("oneHot", ["B", CLASSES]);
  const divisor = input("divisor", []);
  const inputs: FedInput<TinyContext>[] = [
    { node: ids, fill: { kind: "values", write: (out, { ids }) => (out as Int32Array).set(ids) } },
    {
      node: oneHot,
      fill: {
        kind: "values",
        write(out, { labels }) {
          (out as Float32Array).fill(0);
          labels.forEach((label, row) => {
            out[row * CLASSES + label] = 1;
          });
        },
      },
    },
    { node: divisor, fill: { kind: "values", write: (out, { lossDivisor }) => (out as Float32Array).fill(lossDivisor) } },
  ];
  const parameters = tinyParameters.map(({ name, shape }) => parameter(name, shape));
  const [table, w1, b1, w2, b2] = parameters;
  let x: Node = reshape(gather(table, ids), ["B", TOKENS * WIDTH]); // [B, TOKENS · WIDTH]
  if (dropout > 0) {
    const mask = input("mask", ["B", TOKENS * WIDTH], "uint8");
    inputs.push({ node: mask, fill: { kind: "dropout", probability: dropout } });
    x = dropped(x, mask, dropout);
  }
  const logits = linear(relu(linear(x, w1, b1)), w2, b2); // [B, CLASSES]
  const loss = neg(div(sumAll(mul(logSoftmax(logits), oneHot)), divisor)); // []
  return { loss, parameters, inputs };
}

/** Start values by name. */
export function tinyValues(seed = 1): Map<string, Float32Array> {
  return new Map(
    tinyParameters.map(({ name, shape }) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      normalFill(values, { seed, step: 0, site: name }, 0.5);
      return [name, values];
    }),
  );
}

/** Examples whose label follows from their tokens; batches of an epoch are a function of seed and epoch. */
export function tinyBatches({ examples = 24, batchSize = 6, seed = 1 } = {}): BatchSource<TinyContext> {
  const tokens = Array.from({ length: examples }, (_, i) => [i % ROWS, (3 * i + 1) % ROWS, (5 * i + 2) % ROWS]);
  const positions = (epoch: number, batch: number): number[] => [
    ...permutation({ seed, step: epoch, site: "order" }, examples).subarray(batch * batchSize, (batch + 1) * batchSize),
  ];
  return {
    batchesPerEpoch: Math.ceil(examples / batchSize),
    size: (epoch, batch) => positions(epoch, batch).length,
    contexts(epoch, batch, { lossDivisor }) {
      const chosen = positions(epoch, batch);
      const ids = Int32Array.from(chosen.flatMap((at) => tokens[at]));
      const labels = Int32Array.from(chosen, (at) => (tokens[at][0] + tokens[at][2]) % CLASSES);
      return [{ bindings: { B: chosen.length }, ids, labels, lossDivisor }];
    },
  };
}

/** What the builders below take. */
interface TinyOptions {
  readonly dropout?: number;
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly parameters?: readonly TrainedParameter[];
  readonly batchSize?: number;
}

const optionsOf = (runtime: Runtime, { values = tinyValues(), parameters = tinyParameters, batchSize = 32 }: TinyOptions) => ({
  runtime,
  parameters,
  values,
  largest: [{ B: batchSize }],
});

/** A step wherever the runtime keeps its tensors. */
export const tinyStep = (runtime: Runtime, options: TinyOptions = {}): Promise<TrainStep<TinyContext>> =>
  createTrainStep(tinyGraph(options), optionsOf(runtime, options));

export const tinyHostStep = (runtime: Runtime, options: TinyOptions = {}): Promise<HostTrainStep<TinyContext>> =>
  HostTrainStep.create(tinyGraph(options), optionsOf(runtime, options));
