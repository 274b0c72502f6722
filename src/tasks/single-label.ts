import type { GraphInputs } from "../batch/index.ts";
import { type Node, scale } from "../graph/index.ts";
import { argmax, classFigures, logLoss, softened } from "../metrics/index.ts";
import { filledText } from "./cells.ts";
import {
  balancedWeights,
  crossEntropy,
  mean,
  sum,
  symmetricDivergence,
  weightOf,
  writeTarget,
  writeTaught,
} from "./class-targets.ts";
import { withGlue } from "./glue-figures.ts";
import { rankLabels } from "./ranked-labels.ts";
import type { EvaluatedExample, Labelled, Prediction, RightAnswer, Task } from "./task.ts";

/** One class of a text, a pair of texts or an image. */
export const singleLabel: Task = {
  summary: "one class of a text, a pair of texts or an image",
  hasOneClass: true,
  perToken: false,
  smooths: true,
  averagesWindows: true,
  labels: {
    looksLike: () => true,
    ofWords: false,
    areClasses: true,
    names: (cell, place) => [filledText(cell, place, "a label")],
    of: ({ classes }) => ({ label: classes[0] ?? -1 }),
    has,
    leastDifferent: 2,
    balancedWeights,
  },
  head: {
    architecture: "ForSequenceClassification",
    isProblemType: true,
    needs: "poolSequence",
    fits: ({ problemType }) => problemType === undefined,
    logits: (hidden, heads) => heads.classifySequence(hidden), // [B, C]
  },
  /** Cross-entropy with label smoothing and class weights; an example without a label (−1) adds nothing. */
  loss: (logits, inputs, { numLabels }) => crossEntropy(logits, targetsOf(logits, inputs, numLabels)),
  divergence: (logits, others, inputs, { numLabels }) =>
    symmetricDivergence(logits, others, targetsOf(logits, inputs, numLabels)),
  /** T² · cross-entropy of both softmaxes at temperature T. @see Hinton et al., arXiv 1503.02531, section 2. */
  distillation: {
    logitsOf: (probabilities) => probabilities.map((p) => -logLoss(p)),
    loss(logits, inputs, { numLabels: C }, T) {
      const taught = inputs.values("taught", [logits.shape[0], C], "float", (out, context) => {
        for (const row of context.teacher!.keys()) writeTaught(out as Float32Array, row, T, context);
      }); // [S, C]
      return scale(crossEntropy(scale(logits, 1 / T), taught), T * T);
    },
  },
  /** An example without a label counts where it has a teacher. */
  lossWeight: (examples, classWeights) =>
    classWeights
      ? sum(examples.map(({ label, teacher }) => (label < 0 && teacher ? 1 : weightOf(label, classWeights))))
      : examples.length,
  outputs: {
    of: (logits) => softened(logits, 1),
    figures({ labels, glue }, outputs, examples) {
      const known = examples.flatMap((example, at) => (has(example) ? [{ label: example.label, row: outputs[at] }] : []));
      const actual = known.map(({ label }) => label);
      const predicted = known.map(({ row }) => argmax(row));
      const own = withGlue(classFigures.compute(predicted, actual, { labels }), glue, predicted, actual);
      return { ...own, loss: mean(known.map(({ row, label }) => logLoss(row[label]))) };
    },
    answer: {
      ranks: true,
      of: (row, labels, { topK }) => rankLabels(row, labels, topK ?? 1),
      printed,
      fields: (topK = 1) => ["label", "score", ...(topK > 1 ? ["labels"] : [])],
      abstained: (said, topK) => ({ ...printed(said, topK), label: null }),
      lost: "the rest was not read",
      mistakeColumns: ["label", "predicted", "score"],
      mistakes: (example, labels) => shown(example, labels, false),
      right: (example, labels) => shown(example, labels, true),
      decisions: (example) => (has(example) ? [{ said: [argmax(example.row)], meant: [example.label] }] : []),
      line: ({ label, row }, labels) => ({ label: labels[label], probabilities: row }),
    },
  },
  card: { pipelineTag: "text-classification", description: "A text classifier" },
};

/** What each row should be, [S, C]; 0 for an example without a label. */
const targetsOf = (logits: Node, inputs: GraphInputs, C: number): Node =>
  inputs.values("targets", [logits.shape[0], C], "float", (out, context) => {
    (out as Float32Array).fill(0); // memory of earlier batches, where a row without a label writes nothing
    for (const [row, label] of Array.from(context.labels).entries()) writeTarget(out as Float32Array, row, label, C, context);
  });

function has({ label }: Labelled): boolean {
  return label >= 0;
}

/** The answer, if it is right, or if it is wrong. */
function shown({ label, row }: EvaluatedExample, labels: readonly string[], right: boolean): readonly RightAnswer[] {
  const said = argmax(row);
  if ((said === label) !== right) return [];
  return [{ label, weight: row[said], cells: [labels[label], labels[said], row[said].toFixed(4)] }];
}

function printed([best, ...others]: readonly Prediction[], topK = 1): Record<string, unknown> {
  return {
    ...(best && { label: best.label, score: best.score }),
    ...(topK > 1 && { labels: [best, ...others] }),
  };
}
