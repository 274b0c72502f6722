import type { Encoded } from "../data/index.ts";
import { argmax, type GlueTask, glueMetrics, logLoss, metricsOf, softened } from "../metrics/index.ts";
import type { Task } from "../models/index.ts";

/** Figures of a set of examples; by name, e.g. `accuracy`. */
export interface TaskFigures {
  /** Mean loss of an example (token classification: of a labelled token), as it is trained, without smoothing and weights. */
  readonly loss: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Name of the figure by which models are compared. */
  readonly primary: string;
  /** That figure, turned so that more is better. */
  readonly score: number;
}

/** How a task is evaluated. */
export interface TaskRules {
  readonly task: Task;
  /** Class names by class index. */
  readonly labels: readonly string[];
  /** GLUE's own figures, beside those of the task. */
  readonly glue?: GlueTask;
}

/** Multi-label: a class with this probability or more holds. */
export const HOLDS = 0.5;

/**
 * What a model says of one example, from its logits: probabilities of the classes; each class' own in a multi-label task; the numbers
 * themselves in a regression; the classes of token after token in token classification.
 *
 * @param logits - [C], or [n · C] for n tokens.
 */
export function outputsOf(task: Task, logits: ArrayLike<number>, classes: number): number[] {
  if (task === "regression") return Array.from(logits);
  if (task === "multi_label_classification") return Array.from(logits, (x) => 1 / (1 + Math.exp(-x)));
  const rows = Array.from({ length: logits.length / classes }, (_, at) =>
    Array.from({ length: classes }, (_, c) => logits[at * classes + c]),
  );
  return rows.flatMap((row) => [...softened(row, 1)]);
}

/**
 * Loss and metrics of predictions.
 *
 * @param outputs - A row an example, as `outputsOf` gives them.
 * @param examples - With labels; those without one are left out.
 */
export function taskFigures(
  { task, labels, glue }: TaskRules,
  outputs: readonly (readonly number[])[],
  examples: readonly Pick<Encoded, "label" | "labels">[],
): TaskFigures {
  if (task === "multi_label_classification") return multiLabel(labels.length, outputs, examples);
  if (task === "token_classification") return tokens(labels, outputs, examples);
  const actual = examples.map(({ label }) => label);
  const single = task === "single_label_classification";
  const predicted = outputs.map((row) => (single ? argmax(row) : row[0]));
  const losses = outputs.map((row, at) => (single ? logLoss(row[actual[at]]) : (row[0] - actual[at]) ** 2));
  const own = metricsOf(single ? task : "regression").compute(predicted, actual, single ? { labels } : {});
  if (!glue) return { ...own, loss: mean(losses) };
  const metric = glueMetrics[glue];
  const figures = metric.compute(predicted, actual);
  return { loss: mean(losses), figures: { ...own.figures, ...figures }, primary: metric.primary, score: metric.score(figures) };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function multiLabel(
  classes: number,
  outputs: readonly (readonly number[])[],
  examples: readonly Pick<Encoded, "labels">[],
): TaskFigures {
  const actual = examples.map(({ labels = [] }) => Array.from({ length: classes }, (_, c) => Number(labels.includes(c))));
  const predicted = outputs.map((row) => row.map((p) => Number(p >= HOLDS)));
  const losses = outputs.flatMap((row, at) => row.map((p, c) => logLoss(actual[at][c] === 1 ? p : 1 - p)));
  return { loss: mean(losses), ...metricsOf("multi_label_classification").compute(predicted, actual) };
}

function tokens(
  names: readonly string[],
  outputs: readonly (readonly number[])[],
  examples: readonly Pick<Encoded, "labels">[],
): TaskFigures {
  const [predicted, actual, losses] = [[] as string[][], [] as string[][], [] as number[]];
  examples.forEach(({ labels = [] }, row) => {
    const [said, meant] = [[] as string[], [] as string[]];
    labels.forEach((label, at) => {
      if (label < 0) return;
      const probabilities = outputs[row].slice(at * names.length, (at + 1) * names.length);
      losses.push(logLoss(probabilities[label]));
      said.push(names[argmax(probabilities)]);
      meant.push(names[label]);
    });
    predicted.push(said);
    actual.push(meant);
  });
  return { loss: mean(losses), ...metricsOf("token_classification").compute(predicted, actual, { labels: names }) };
}

/** What a batch counts for in the mean loss of an update: its examples, their weights, or its labelled tokens. */
export function lossWeight(
  task: Task,
  examples: readonly Pick<Encoded, "label" | "labels">[],
  classWeights?: readonly number[],
): number {
  const weight = (label: number): number => (label < 0 ? 0 : (classWeights?.[label] ?? 1));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  if (task === "single_label_classification" && classWeights) return sum(examples.map(({ label }) => weight(label)));
  if (task !== "token_classification") return examples.length;
  return sum(examples.map(({ labels = [] }) => sum(labels.map(weight))));
}
