import { abs, add, constant, exp, log, mul, type Node, relu, scale, sub, sumAll } from "../graph/index.ts";
import { logLoss, multiLabelFigures } from "../metrics/index.ts";
import { namesOf } from "./cells.ts";
import { mean } from "./class-targets.ts";
import { rankLabels } from "./ranked-labels.ts";
import type { Labelled, Task } from "./task.ts";

/** A class with this probability or more holds. */
export const HOLDS = 0.5;

/** Any number of classes of a text. */
export const multiLabel: Task = {
  summary: "any number of classes of a text",
  hasOneClass: false,
  perToken: false,
  smooths: false,
  averagesWindows: true,
  labels: {
    looksLike: (label) => Array.isArray(label),
    ofWords: false,
    areClasses: true,
    names: namesOf,
    // as an empty list does, which a table of text cannot hold: no class holds
    emptyIsLabel: true,
    // of a hidden row none of its classes is said to hold, nor not to
    of: ({ classes, hidden }) => (hidden ? { label: -1 } : { label: -1, labels: classes }),
    has,
    // one class is enough where it may hold or not
    leastDifferent: 1,
    balancedWeights: (counts, rows) => counts.map((count) => Math.max(1, rows - count) / count),
  },
  head: {
    architecture: "ForSequenceClassification",
    isProblemType: true,
    needs: "poolSequence",
    fits: () => false,
    logits: (hidden, heads) => heads.classifySequence(hidden), // [B, C]
  },
  /**
   * Binary cross-entropy of every class: Σ (p t softplus(−x) + (1 − t) softplus(x)) / (C · lossDivisor).
   *
   * t is 1 where the class holds; p are the class weights of the positives (PyTorch's `pos_weight`). An example without a label adds
   * nothing.
   */
  loss(logits, inputs, { numLabels: C }) {
    const fill = (name: string, negatives: number) =>
      inputs.values(name, [logits.shape[0], C], "float", (out, { labelSets, classWeights, lossDivisor }) => {
        labelSets!.forEach((holding, row) => {
          for (let c = 0; c < C; c++) {
            const weight = !holding ? 0 : Array.from(holding).includes(c) ? (classWeights?.[c] ?? 1) : negatives;
            (out as Float32Array)[row * C + c] = weight / (C * lossDivisor);
          }
        });
      }); // [B, C]
    const positives = fill("positives", 0); // [B, C]
    const weights = fill("weights", 1); // [B, C]
    return logistic(logits, positives, weights);
  },
  /** T² · binary cross-entropy of both sigmoids at temperature T, mean over the classes. */
  distillation: {
    logitsOf: (probabilities) => probabilities.map((p) => logLoss(1 - p) - logLoss(p)),
    loss(logits, inputs, { numLabels: C }, T) {
      const fill = (name: string, value: (teacher: number) => number): Node =>
        inputs.values(name, [logits.shape[0], C], "float", (out, { teacher, lossDivisor }) => {
          for (const [row, own] of teacher!.entries())
            for (let c = 0; c < C; c++) (out as Float32Array)[row * C + c] = value(own[c]) / (C * lossDivisor);
        }); // [S, C]
      const taught = fill("taught", (z) => 1 / (1 + Math.exp(-z / T)));
      return scale(
        logistic(
          scale(logits, 1 / T),
          taught,
          fill("taughtWeights", () => 1),
        ),
        T * T,
      );
    },
  },
  lossWeight: (examples) => examples.length,
  outputs: {
    of: (logits) => Array.from(logits, (x) => 1 / (1 + Math.exp(-x))),
    figures({ labels: names }, outputs, examples) {
      const known = examples.flatMap((example, at) => (has(example) ? [{ holding: example.labels!, row: outputs[at] }] : []));
      const actual = known.map(({ holding }) => names.map((_, c) => Number(holding.includes(c))));
      const predicted = known.map(({ row }) => row.map((p) => Number(p >= HOLDS)));
      const losses = known.flatMap(({ row }, at) => row.map((p, c) => logLoss(actual[at][c] === 1 ? p : 1 - p)));
      return { loss: mean(losses), ...multiLabelFigures.compute(predicted, actual) };
    },
    answer: {
      ranks: true,
      of: (row, labels, { topK }) =>
        topK === undefined ? rankLabels(row, labels).filter(({ score }) => score >= HOLDS) : rankLabels(row, labels, topK),
      printed: (said) => ({ ...(said.length > 0 && { label: said[0].label, score: said[0].score }), labels: said }),
      fields: () => ["label", "score", "labels"],
      lost: "the rest was not read",
      mistakeColumns: ["labels", "predicted", "wrong"],
      mistakes({ labels: own = [], row }, labels) {
        const said = holding(row);
        const wrong = labels.filter((_, c) => own.includes(c) !== said.includes(c)).length;
        const named = (classes: readonly number[]): string => classes.map((c) => labels[c]).join("|");
        return wrong === 0 ? [] : [{ weight: wrong, cells: [named(own), named(said), String(wrong)] }];
      },
      decisions: ({ labels: own, row }) => (own ? [{ said: holding(row), meant: own }] : []),
      line: ({ labels: own = [], row }, labels) => ({ labels: own.map((c) => labels[c]), probabilities: row }),
    },
  },
  card: { pipelineTag: "text-classification", description: "A text classifier for any number of classes a text" },
};

/**
 * Σ (weights · softplus(x) − positives · x), shape []: a binary cross-entropy, as softplus(−x) = softplus(x) − x.
 *
 * softplus(x) = relu(x) + log(1 + exp(−|x|)), which overflows nowhere.
 */
function logistic(x: Node, positives: Node, weights: Node): Node {
  const softplus = add(relu(x), log(add(constant(1), exp(scale(abs(x), -1))))); // [S, C]
  return sumAll(sub(mul(weights, softplus), mul(positives, x)));
}

const holding = (row: readonly number[]): number[] => row.flatMap((p, c) => (p >= HOLDS ? [c] : []));

function has({ labels }: Labelled): boolean {
  return labels !== undefined;
}
