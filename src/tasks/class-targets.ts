import type { BatchContext } from "../batch/index.ts";
import { exp, logSoftmax, mul, type Node, scale, sub, sumAll, sumTo } from "../graph/index.ts";
import { softened } from "../metrics/index.ts";

/**
 * Write the target of one row of a cross-entropy: target_c = w_c ((1 − ε) [c = label] + ε / C) / lossDivisor.
 *
 * ε is the label smoothing, w the class weights (1 where there are none). A row without a label (−1) is left as it is.
 *
 * @param classes - C.
 */
export function writeTarget(out: Float32Array, row: number, label: number, classes: number, context: BatchContext): void {
  if (label < 0) return;
  const { labelSmoothing, lossDivisor, classWeights } = context;
  for (let c = 0; c < classes; c++) {
    const target = (1 - labelSmoothing) * Number(c === label) + labelSmoothing / classes;
    out[row * classes + c] = (target * (classWeights?.[c] ?? 1)) / lossDivisor;
  }
}

/** −Σ targets ∘ logSoftmax(logits), shape []. */
export const crossEntropy = (logits: Node, targets: Node): Node => scale(sumAll(mul(targets, logSoftmax(logits))), -1);

/**
 * Σ over rows of KL(p‖q) + KL(q‖p) = Σ (p − q) (log p − log q), p and q the softmax of the two logits, each row weighted by the sum of
 * its targets; shape [].
 */
export function symmetricDivergence(logits: Node, others: Node, targets: Node): Node {
  const [p, q] = [logSoftmax(logits), logSoftmax(others)]; // [S, C]
  const weights = sumTo(targets, [targets.shape[0], 1]); // [S, 1]
  return sumAll(mul(weights, mul(sub(exp(p), exp(q)), sub(p, q))));
}

/**
 * Write what a teacher says of one row: target_c = w · softmax(teacher / T)_c / lossDivisor, w the class weight of the row's label, 1
 * where there is none.
 */
export function writeTaught(out: Float32Array, row: number, temperature: number, context: BatchContext): void {
  const { teacher, labels, lossDivisor, classWeights } = context;
  const weight = classWeights?.[labels[row]] ?? 1;
  const taught = softened(teacher![row], temperature);
  for (const [c, p] of taught.entries()) out[row * taught.length + c] = (weight * p) / lossDivisor;
}

/** N / (C · n_c), as scikit-learn's `balanced`, with n_c the examples (tokens) of class c. */
export function balancedWeights(counts: readonly number[]): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((count) => total / (counts.length * count));
}

/** The weight of a label in the mean loss of an update: 0 without one. */
export const weightOf = (label: number, classWeights?: readonly number[]): number =>
  label < 0 ? 0 : (classWeights?.[label] ?? 1);

export const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]): number => sum(values) / values.length;
