import type { BatchContext, GraphInputs } from "../batch/index.ts";
import {
  abs,
  add,
  cast,
  constant,
  equal,
  exp,
  log,
  logSoftmax,
  mul,
  type Node,
  relu,
  reshape,
  scale,
  sub,
  sumAll,
} from "../graph/index.ts";
import type { EncoderConfig, Task } from "./config/encoder-config.ts";

/** One loss a task, shape []: Σ of the example losses / `lossDivisor`, as transformers' models define them. */
type Loss = (logits: Node, inputs: GraphInputs, config: EncoderConfig) => Node;

/**
 * −Σ targets ∘ logSoftmax(logits), with target_c = w_c ((1 − ε) [c = label] + ε / C) / lossDivisor.
 *
 * ε is the label smoothing, w the class weights (1 where there are none). An example without a label (−1) adds nothing.
 */
const crossEntropy: Loss = (logits, inputs, { numLabels: C }) => {
  const targets = inputs.values("targets", ["B", C], "float", (out, context) => {
    (out as Float32Array).fill(0); // memory of earlier batches, where a row without a label writes nothing
    for (const [row, label] of Array.from(context.labels).entries()) writeTarget(out as Float32Array, row, label, context);
  }); // [B, C]
  return scale(sumAll(mul(targets, logSoftmax(logits))), -1);
};

/** The same for every token; those without a label of their own (−1: special tokens, word ends, padding) add nothing. */
const tokenCrossEntropy: Loss = (logits, inputs, { numLabels: C }) => {
  const targets = inputs.values("targets", ["B*n", C], "float", (out, context) => {
    (out as Float32Array).fill(0); // as above: special tokens, word ends and padding
    context.labelSets!.forEach((tags, row) => {
      for (let at = 0; at < tags.length; at++) {
        writeTarget(out as Float32Array, row * context.bindings.n + at, tags[at], context);
      }
    });
  }); // [T, C]
  return scale(sumAll(mul(targets, logSoftmax(logits))), -1);
};

function writeTarget(out: Float32Array, row: number, label: number, context: BatchContext): void {
  if (label < 0) return;
  const { labelSmoothing, lossDivisor, classWeights, labels } = context;
  const classes = context.labelSets ? out.length / (labels.length * context.bindings.n) : out.length / labels.length;
  for (let c = 0; c < classes; c++) {
    const target = (1 - labelSmoothing) * Number(c === label) + labelSmoothing / classes;
    out[row * classes + c] = (target * (classWeights?.[c] ?? 1)) / lossDivisor;
  }
}

/**
 * Binary cross-entropy of every class: Σ (p t softplus(−x) + (1 − t) softplus(x)) / (C · lossDivisor).
 *
 * t is 1 where the class holds; p are the class weights of the positives (PyTorch's `pos_weight`).
 */
const binaryCrossEntropy: Loss = (logits, inputs, { numLabels: C }) => {
  const write =
    (weight: (holds: boolean, c: number, context: BatchContext) => number) =>
    (out: ArrayLike<unknown>, context: BatchContext): void => {
      context.labelSets!.forEach((holding, row) => {
        for (let c = 0; c < C; c++) {
          (out as Float32Array)[row * C + c] = weight(Array.from(holding).includes(c), c, context) / (C * context.lossDivisor);
        }
      });
    };
  const positive = write((holds, c, { classWeights }) => (holds ? (classWeights?.[c] ?? 1) : 0));
  const both = write((holds, c, { classWeights }) => (holds ? (classWeights?.[c] ?? 1) : 1));
  const positives = inputs.values("positives", ["B", C], "float", positive); // [B, C]
  const weights = inputs.values("weights", ["B", C], "float", both); // [B, C]
  // softplus(−x) = softplus(x) − x, and softplus(x) = relu(x) + log(1 + exp(−|x|)) overflows nowhere
  const softplus = add(relu(logits), log(add(constant(1), exp(scale(abs(logits), -1))))); // [B, C]
  return sumAll(sub(mul(weights, softplus), mul(positives, logits)));
};

/** Σ (x − t)² / (C · lossDivisor); an example without a value (NaN) adds nothing. */
const squaredError: Loss = (logits, inputs, { numLabels: C }) => {
  const each = (write: (label: number, context: BatchContext) => number) => (out: ArrayLike<unknown>, context: BatchContext) =>
    void Array.from(context.labels).forEach((label, row) => {
      (out as Float32Array).fill(write(label, context), row * C, (row + 1) * C);
    });
  const targets = inputs.values(
    "targets",
    ["B", C],
    "float",
    each((label) => (Number.isNaN(label) ? 0 : label)),
  ); // [B, C]
  const weights = inputs.values(
    "weights",
    ["B", C],
    "float",
    each((label, { lossDivisor }) => (Number.isNaN(label) ? 0 : 1 / (C * lossDivisor))),
  ); // [B, C]
  const error = sub(logits, targets); // [B, C]
  return sumAll(mul(weights, mul(error, error)));
};

/**
 * Cross-entropy of the masked tokens over the vocabulary: −Σ logSoftmax(logits)[label] / lossDivisor.
 *
 * The one-hot rows are made in the graph: fed, they would be the largest input by far.
 */
const maskedCrossEntropy: Loss = (logits, inputs, { vocabSize: V }) => {
  const ids = inputs.values("vocabulary", [V], "int32", (out) => out.forEach((_, id) => void (out[id] = id))); // [V]
  const labels = inputs.values("maskedLabels", ["M"], "int32", (out, { masked }) => (out as Int32Array).set(masked!.labels)); // [M]
  const hit = cast(equal(ids, reshape(labels, ["M", 1])), "float"); // [M, V]
  const weights = inputs.values("maskedWeights", ["M", 1], "float", (out, { lossDivisor, masked }) => {
    masked!.labels.forEach((label, at) => {
      (out as Float32Array)[at] = label < 0 ? 0 : -1 / lossDivisor;
    });
  }); // [M, 1]
  return sumAll(mul(mul(hit, weights), logSoftmax(logits)));
};

export const losses: Readonly<Record<Task, Loss>> = {
  single_label_classification: crossEntropy,
  multi_label_classification: binaryCrossEntropy,
  regression: squaredError,
  token_classification: tokenCrossEntropy,
  masked_lm: maskedCrossEntropy,
};
