import { expectedGot } from "../errors/index.ts";
import { argmax, logLoss, softened, tagFigures } from "../metrics/index.ts";
import { namesOf } from "./cells.ts";
import { balancedWeights, crossEntropy, mean, sum, weightOf, writeTarget } from "./class-targets.ts";
import { rankLabels } from "./ranked-labels.ts";
import type { EvaluatedExample, RightAnswer, Task } from "./task.ts";

/** A class for each word, by its first token. */
export const tokenClassification: Task = {
  summary: "a tag for each word",
  hasOneClass: false,
  perToken: true,
  smooths: true,
  labels: {
    looksLike: (label, text) => Array.isArray(label) && Array.isArray(text),
    ofWords: true,
    areClasses: true,
    names: namesOf,
    of({ classes, words = [], unlabelled, place: { where } }) {
      if (!unlabelled && classes.length !== words.length) {
        const rule = `as many labels as words (${words.length})`;
        throw expectedGot("data/broken-row", where, rule, classes.length, "Mend the row, or remove it.");
      }
      return { label: -1, labels: unlabelled ? words.map(() => -1) : classes };
    },
    has: ({ labels }) => labels !== undefined,
    leastDifferent: 2,
    balancedWeights,
  },
  head: {
    architecture: "ForTokenClassification",
    isProblemType: false,
    needs: "classifyTokens",
    fits: ({ architecture, problemType }) =>
      problemType === undefined && (architecture?.endsWith("ForTokenClassification") ?? false),
    logits: (hidden, heads) => heads.classifyTokens!(hidden), // [T, C]
  },
  /** Cross-entropy of every token; those without a label of their own (−1: special tokens, word ends, padding) add nothing. */
  loss(logits, inputs, { numLabels: C }) {
    const targets = inputs.values("targets", ["B*n", C], "float", (out, context) => {
      (out as Float32Array).fill(0); // memory of earlier batches, where a token without a label writes nothing
      context.labelSets!.forEach((tags = [], row) => {
        for (let at = 0; at < tags.length; at++) {
          writeTarget(out as Float32Array, row * context.bindings.n + at, tags[at], C, context);
        }
      });
    }); // [T, C]
    return crossEntropy(logits, targets);
  },
  lossWeight: (examples, classWeights) =>
    sum(examples.map(({ labels = [] }) => sum(labels.map((label) => weightOf(label, classWeights))))),
  outputs: {
    of(logits, classes) {
      const tokens = Array.from({ length: logits.length / classes }, (_, token) => rowOf(Array.from(logits), token, classes));
      return tokens.flatMap((row) => softened(row, 1));
    },
    figures({ labels: names }, outputs, examples) {
      const [predicted, actual, losses] = [[] as string[][], [] as string[][], [] as number[]];
      examples.forEach(({ labels = [] }, at) => {
        const [said, meant] = [[] as string[], [] as string[]];
        labels.forEach((label, token) => {
          if (label < 0) return;
          const probabilities = rowOf(outputs[at], token, names.length);
          losses.push(logLoss(probabilities[label]));
          said.push(names[argmax(probabilities)]);
          meant.push(names[label]);
        });
        predicted.push(said);
        actual.push(meant);
      });
      return { loss: mean(losses), ...tagFigures.compute(predicted, actual, { labels: names }) };
    },
    answer: {
      ranks: false,
      of: (row, labels, { words = [] }) =>
        words.flatMap(({ word, token }) => {
          const own = rowOf(row, token, labels.length);
          return own.length === 0 ? [] : [{ word, ...rankLabels(own, labels, 1)[0] }];
        }),
      printed: (said) => ({ words: said }),
      fields: () => ["words"],
      lost: "words after the cut have no answer",
      mistakeColumns: ["word", "label", "predicted", "score"],
      mistakes: (example, labels) => shown(example, labels, false),
      right: (example, labels) => shown(example, labels, true),
      decisions: (example, labels) =>
        labelledWords(example).map(({ token, label }) => ({
          said: [argmax(rowOf(example.row, token, labels.length))],
          meant: [label],
        })),
      line(example, labels) {
        const own = labelledWords(example);
        return {
          words: own.map(({ word }) => word),
          labels: own.map(({ label }) => labels[label]),
          predictions: own.map(({ token }) => labels[argmax(rowOf(example.row, token, labels.length))]),
        };
      },
    },
  },
  card: { pipelineTag: "token-classification", description: "A token classifier" },
};

/** The classes of one token: [C] of [n · C]. */
const rowOf = (row: readonly number[], token: number, classes: number): readonly number[] =>
  row.slice(token * classes, (token + 1) * classes);

/** Answers of words that are right, or that are wrong. */
const shown = (example: EvaluatedExample, labels: readonly string[], right: boolean): readonly RightAnswer[] =>
  labelledWords(example).flatMap(({ token, word, label }) => {
    const row = rowOf(example.row, token, labels.length);
    const said = argmax(row);
    if ((said === label) !== right) return [];
    return [{ label, weight: row[said], token, cells: [word, labels[label], labels[said], row[said].toFixed(4)] }];
  });

/** The words of an example that have a label, each with its first token. */
function labelledWords({ words = [], wordOf = [], tokenLabels = [] }: EvaluatedExample) {
  return tokenLabels.flatMap((label, token) => (label < 0 ? [] : [{ token, word: words[wordOf[token]], label }]));
}
