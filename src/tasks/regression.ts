import { mul, type Node, sub, sumAll } from "../graph/index.ts";
import { numberFigures } from "../metrics/index.ts";
import { numberOf } from "./cells.ts";
import { mean } from "./class-targets.ts";
import { withGlue } from "./glue-figures.ts";
import type { Labelled, Task, Write } from "./task.ts";

/** A number for each output. */
export const regression: Task = {
  summary: "a number",
  hasOneClass: false,
  perToken: false,
  smooths: false,
  averagesWindows: true,
  labels: {
    // it looks like a classification by numbers, so it is never guessed
    looksLike: () => false,
    ofWords: false,
    areClasses: false,
    names: () => [],
    outputNames: (column) => [column ?? "score"],
    of: ({ cell, place, unlabelled, hidden }) => ({ label: unlabelled || hidden ? Number.NaN : numberOf(cell, place) }),
    has,
    leastDifferent: 2,
  },
  head: {
    architecture: "ForSequenceClassification",
    isProblemType: true,
    needs: "poolSequence",
    // one output is a regression, as in transformers
    fits: ({ problemType, outputs }) => problemType === undefined && outputs === 1,
    logits: (hidden, heads) => heads.classifySequence(hidden), // [B, C]
  },
  /** Σ (x − t)² / (C · lossDivisor); an example without a value (NaN) adds nothing. */
  loss(logits, inputs, { numLabels: C }) {
    const each =
      (value: (label: number, lossDivisor: number) => number): Write =>
      (out, { labels, lossDivisor }) =>
        Array.from(labels).forEach((label, row) => {
          (out as Float32Array).fill(value(label, lossDivisor), row * C, (row + 1) * C);
        });
    const target = each((label) => (Number.isNaN(label) ? 0 : label));
    const weight = each((label, lossDivisor) => (Number.isNaN(label) ? 0 : 1 / (C * lossDivisor)));
    const targets = inputs.values("targets", [logits.shape[0], C], "float", target); // [B, C]
    const weights = inputs.values("weights", [logits.shape[0], C], "float", weight); // [B, C]
    const error = sub(logits, targets); // [S, C]
    return sumAll(mul(weights, mul(error, error)));
  },
  /** The squared difference from what the teacher says, mean over the outputs; numbers have no temperature. */
  distillation: {
    logitsOf: (output) => [...output],
    loss(logits, inputs, { numLabels: C }) {
      const fill = (name: string, value: (teacher: number, lossDivisor: number) => number): Node =>
        inputs.values(name, [logits.shape[0], C], "float", (out, { teacher, lossDivisor }) => {
          for (const [row, own] of teacher!.entries())
            for (let c = 0; c < C; c++) (out as Float32Array)[row * C + c] = value(own[c], lossDivisor);
        }); // [S, C]
      const error = sub(
        logits,
        fill("taught", (said) => said),
      );
      return sumAll(
        mul(
          fill("taughtWeights", (_, lossDivisor) => 1 / (C * lossDivisor)),
          mul(error, error),
        ),
      );
    },
  },
  lossWeight: (examples) => examples.length,
  outputs: {
    of: (logits) => Array.from(logits),
    figures({ glue }, outputs, examples) {
      const known = examples.flatMap((example, at) =>
        has(example) ? [{ actual: example.label, predicted: outputs[at][0] }] : [],
      );
      const actual = known.map((one) => one.actual);
      const predicted = known.map((one) => one.predicted);
      const own = withGlue(numberFigures.compute(predicted, actual), glue, predicted, actual);
      return { ...own, loss: mean(known.map((one) => (one.predicted - one.actual) ** 2)) };
    },
    answer: {
      ranks: false,
      of: (row, labels) => row.map((score, at) => ({ label: labels[at], score })),
      printed: ([{ score }]) => ({ score }),
      fields: () => ["score"],
      lost: "the rest was not read",
      mistakeColumns: ["value", "predicted", "difference"],
      mistakes({ label, row: [predicted] }) {
        const difference = predicted - label;
        return [{ weight: Math.abs(difference), cells: [String(label), predicted.toFixed(4), difference.toFixed(4)] }];
      },
      line: ({ label, row }) => ({ label, prediction: row[0] }),
    },
  },
  card: { pipelineTag: "text-classification", description: "A text regression" },
};

function has({ label }: Labelled): boolean {
  return !Number.isNaN(label);
}
