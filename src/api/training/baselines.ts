import type { Dataset } from "../../data/index.ts";
import { fitTfIdf, logisticRegression, probabilitiesOf } from "../../linear/index.ts";
import { argmax } from "../../metrics/index.ts";
import type { RunSpec } from "../../runs/index.ts";
import type { ExecuteRun } from "./phases.ts";

/** What a simple method reaches on the examples that the model is judged by. */
export interface Baseline {
  readonly name: string;
  /** Accuracy in [0, 1]. */
  readonly score: number;
}

/** Which examples a baseline learns from, and which it is tested on; several pairs for cross-validation. */
export type Trials = readonly { readonly train: Dataset["examples"]; readonly test: Dataset["examples"] }[];

/** The share of right answers over all trials. */
const rightShare = (answers: readonly { readonly label: number; readonly said: number }[]): number =>
  answers.filter(({ label, said }) => label === said).length / answers.length;

export const MAJORITY = "majority class";

/**
 * Always the most frequent class of the training examples; where several are, the mean of what each would reach.
 *
 * One class for all trials: where classes are balanced, the most frequent class of a fold's training rows is the rarest of its test rows, so
 * that a class chosen fold by fold would score below chance.
 */
export function majorityBaseline(trials: Trials, classes: number): Baseline {
  const count = (examples: Dataset["examples"]): number[] => {
    const counts = new Array<number>(classes).fill(0);
    for (const { label } of examples) if (label >= 0) counts[label]++;
    return counts;
  };
  const known = count(trials.flatMap(({ train }) => train));
  const asked = count(trials.flatMap(({ test }) => test));
  const most = Math.max(...known);
  const tied = known.flatMap((own, label) => (own === most ? [asked[label]] : []));
  const right = tied.reduce((a, b) => a + b, 0) / tied.length;
  return { name: MAJORITY, score: right / asked.reduce((a, b) => a + b, 0) };
}

/** Logistic regression on TF-IDF of single words, scikit-learn's defaults. */
export function tfIdfBaseline(trials: Trials, classes: number): Baseline {
  const answers = trials.flatMap(({ train, test }) => {
    const [known, asked] = [train, test].map((examples) => examples.filter(({ label }) => label >= 0));
    const tfIdf = fitTfIdf(known.map(textOf));
    const model = logisticRegression(
      tfIdf.rows(known.map(textOf)),
      known.map(({ label }) => label),
      classes,
    );
    return probabilitiesOf(model, tfIdf.rows(asked.map(textOf))).map((row, at) => ({
      label: asked[at].label,
      said: argmax(row),
    }));
  });
  return { name: "TF-IDF + logistic regression", score: rightShare(answers) };
}

const textOf = ({ text, pair }: Dataset["examples"][number]): string => (pair === undefined ? text : `${text} ${pair}`);

/** As a run takes them. */
const POOLINGS = { first: undefined, mean: "mean", best: "best" } as const;

export const FROZEN = "frozen encoder + logistic regression";

/**
 * Logistic regression on what the untrained encoder says of a text.
 *
 * @param pooling - What is known to be the better; left out, it is found out.
 * @returns Null when it was stopped.
 */
export async function frozenBaseline(spec: RunSpec, run: ExecuteRun, pooling?: "first" | "mean"): Promise<Baseline | null> {
  const { reported } = spec.data;
  const own = { ...spec, checkpoints: undefined, keepWeights: false, estimate: false, classWeights: undefined };
  const data = { train: spec.data.train, reported };
  const options = { numTrainEpochs: 0, evalStrategy: "no", numHiddenLayers: spec.options.numHiddenLayers } as const;
  const result = await run({ ...own, data, options, pooling: POOLINGS[pooling ?? "best"], probe: true }, "frozen encoder");
  if (!result) return null;
  const { probabilities } = result.record;
  const answers = reported!.flatMap(({ label }, at) => (label >= 0 ? [{ label, said: argmax(probabilities[at]) }] : []));
  return { name: FROZEN, score: rightShare(answers) };
}
