import type { Dataset, Encoded } from "../../data/index.ts";
import { argmax } from "../../metrics/index.ts";
import { HOLDS } from "../../runs/index.ts";

/** Examples, and what a model said of each, as `evaluate` gives it. */
export interface EvaluatedSet {
  readonly dataset: Dataset;
  readonly probabilities: readonly (readonly number[])[];
  /** The same examples in tokens; token classification needs them. */
  readonly encoded?: readonly Encoded[];
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One mistake: how sure or how far off the model was, and the cells between row number and text. */
interface Mistake {
  readonly at: number;
  readonly weight: number;
  readonly cells: readonly string[];
}

/**
 * The mistakes as CSV, the surest first: data row of the file from 0, label, prediction, its probability, text.
 *
 * Multi-label: sets of classes joined with `|`, and how many are wrong. Regression: all rows, the furthest off first. Token
 * classification: a row a wrong word.
 *
 * @param labels - Class names.
 */
export function errorsCsv(evaluated: EvaluatedSet, labels: readonly string[]): string {
  const { examples, task = "single_label_classification" } = evaluated.dataset;
  const { header, mistakes } = rules[task](evaluated, labels);
  mistakes.sort((a, b) => b.weight - a.weight);
  const pairs = examples[0]?.pair !== undefined;
  const lines = mistakes.map(({ at, cells }) => {
    const { index, text, pair } = examples[at];
    return [String(index), ...cells, text, ...(pairs ? [pair ?? ""] : [])].map(quoted).join(",");
  });
  return `${[["row", ...header, examples[0]?.image ? "image" : "text", ...(pairs ? ["pair"] : [])].join(","), ...lines].join("\n")}\n`;
}

type Rule = (
  evaluated: EvaluatedSet,
  labels: readonly string[],
) => { readonly header: readonly string[]; readonly mistakes: Mistake[] };

const rules: Readonly<Record<NonNullable<Dataset["task"]>, Rule>> = {
  single_label_classification: ({ dataset, probabilities }, labels) => ({
    header: ["label", "predicted", "score"],
    mistakes: dataset.examples.flatMap(({ label }, at) => {
      const said = argmax(probabilities[at]);
      const score = probabilities[at][said];
      return said === label ? [] : [{ at, weight: score, cells: [labels[label], labels[said], score.toFixed(4)] }];
    }),
  }),
  multi_label_classification: ({ dataset, probabilities }, labels) => ({
    header: ["labels", "predicted", "wrong"],
    mistakes: dataset.examples.flatMap(({ labels: own = [] }, at) => {
      const said = labels.flatMap((_, c) => (probabilities[at][c] >= HOLDS ? [c] : []));
      const wrong = labels.filter((_, c) => own.includes(c) !== said.includes(c)).length;
      const named = (classes: readonly number[]): string => classes.map((c) => labels[c]).join("|");
      return wrong === 0 ? [] : [{ at, weight: wrong, cells: [named(own), named(said), String(wrong)] }];
    }),
  }),
  regression: ({ dataset, probabilities }) => ({
    header: ["value", "predicted", "difference"],
    mistakes: dataset.examples.map(({ label }, at) => {
      const difference = probabilities[at][0] - label;
      const cells = [String(label), probabilities[at][0].toFixed(4), difference.toFixed(4)];
      return { at, weight: Math.abs(difference), cells };
    }),
  }),
  token_classification: ({ dataset, probabilities, encoded = [] }, labels) => ({
    header: ["word", "label", "predicted", "score"],
    mistakes: dataset.examples.flatMap(({ words = [] }, at) =>
      wordsIn(encoded[at]).flatMap(({ token, place, label }) => {
        const row = probabilities[at].slice(token * labels.length, (token + 1) * labels.length);
        const said = argmax(row);
        if (said === label) return [];
        return [{ at, weight: row[said], cells: [words[place], labels[label], labels[said], row[said].toFixed(4)] }];
      }),
    ),
  }),
};

/** The labelled tokens of an example: the first of each word that has a label. */
function wordsIn({ labels = [], wordOf = [] }: Encoded): { token: number; place: number; label: number }[] {
  return labels.flatMap((label, token) => (label < 0 ? [] : [{ token, place: wordOf[token], label }]));
}

/** A row of `predictions.jsonl`: what was meant, and what was said. */
export function predictionLine({ dataset, probabilities, encoded }: EvaluatedSet, labels: readonly string[], at: number): string {
  const { index, label, labels: several = [], words, image, text } = dataset.examples[at];
  const row = probabilities[at];
  const { task = "single_label_classification" } = dataset;
  if (task === "regression") return JSON.stringify({ index, label, prediction: row[0] });
  if (task === "multi_label_classification")
    return JSON.stringify({ index, labels: several.map((c) => labels[c]), probabilities: row });
  if (task === "single_label_classification")
    return JSON.stringify({ index, ...(image && { image: text }), label: labels[label], probabilities: row });
  const own = wordsIn(encoded![at]);
  const said = own.map(({ token }) => labels[argmax(row.slice(token * labels.length, (token + 1) * labels.length))]);
  return JSON.stringify({
    index,
    words: own.map(({ place }) => words![place]),
    labels: own.map(({ label: meant }) => labels[meant]),
    predictions: said,
  });
}
