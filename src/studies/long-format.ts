import { argmax } from "../metrics/index.ts";
import type { StudyResults } from "./records.ts";
import type { StoredRun } from "./stores/store.ts";

/** One number of one run: what R and Python call long format. */
export interface FigureRow {
  readonly study: string;
  readonly arm: string;
  readonly pattern: string;
  readonly nominal_sparsity: number;
  readonly seed: number;
  /** Update that a point of a learning curve was taken at; null at the end of training. */
  readonly step: number | null;
  readonly metric: string;
  readonly value: number;
}

/**
 * All figures of a study by arm, seed and metric, in the order of arms and seeds.
 *
 * At the end: accuracy, eval_loss, those `without_sparsity`, train_loss, train_accuracy, gap, best_by_selection, effective_sparsity
 * (a mean over seeds stands with each seed), seconds; on the way: train_loss, eval_loss, eval_accuracy.
 */
export function figureRows({ study, arms, seeds }: StudyResults): FigureRow[] {
  return arms.flatMap((arm) =>
    seeds.flatMap((seed, at) => {
      const of = { study, arm: arm.name, pattern: arm.pattern, nominal_sparsity: arm.sparsity.nominal, seed };
      const last: Record<string, number | undefined> = {
        accuracy: arm.accuracy.perSeed[at],
        eval_loss: arm.evalLoss.perSeed[at],
        accuracy_without_sparsity: arm.denseEvaluation.accuracy.perSeed[at],
        eval_loss_without_sparsity: arm.denseEvaluation.evalLoss.perSeed[at],
        train_loss: arm.trainLoss.perSeed[at],
        train_accuracy: arm.trainAccuracy.perSeed[at],
        gap: arm.gap.perSeed[at],
        best_by_selection: arm.bestBySelection?.perSeed[at],
        effective_sparsity: arm.sparsity.effective,
        seconds: arm.seconds.perSeed[at],
      };
      const points = arm.curves[at].map(({ step, trainLoss, evalLoss, evalAccuracy }) => {
        const values = { train_loss: trainLoss, eval_loss: evalLoss, eval_accuracy: evalAccuracy };
        return [step, values] as const;
      });
      return [...points, [null, last] as const].flatMap(([step, values]) =>
        Object.entries(values).flatMap(([metric, value]) => (value === undefined ? [] : [{ ...of, step, metric, value }])),
      );
    }),
  );
}

/** What a run said of one reported text. */
export interface PredictionRow {
  readonly study: string;
  readonly arm: string;
  readonly seed: number;
  /** Row of the reported file, from 0. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly probabilities: readonly number[];
}

/** All answers of a study, attention as trained, in the order of its runs. */
export const predictionRows = (
  study: string,
  examples: readonly { readonly index: number }[],
  runs: readonly StoredRun[],
): PredictionRow[] =>
  runs.flatMap(({ record: { arm, seed, probabilities, labels } }) =>
    probabilities.map((row, at) => ({
      ...{ study, arm, seed, index: examples[at].index, label: labels[at] },
      ...{ predicted: argmax(row), probabilities: row },
    })),
  );
