/** What a run leaves behind. */

/** One point of a learning curve. */
export interface CurvePoint {
  readonly step: number;
  readonly epoch: number;
  readonly trainLoss?: number;
  readonly evalLoss?: number;
  readonly evalAccuracy?: number;
  /** All figures of the task, by name. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** One update of a run. */
export interface StepPoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

/** How a run went, in order of updates. */
export interface RunCourse {
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly CurvePoint[];
}

/** What one run (arm × seed) leaves; `predictions` are aligned with the reported split's example order. */
export interface RunRecord {
  readonly arm: string;
  readonly seed: number;
  /** It ended in numbers that are not finite; what it answers then is the class shares of the training set. */
  readonly diverged?: boolean;
  /** One probability vector an example, [examples][C], attention as trained, last step. */
  readonly probabilities: readonly (readonly number[])[];
  readonly denseProbabilities: readonly (readonly number[])[];
  /** For the baseline's runs: the same weights with another arm's pattern switched on, by its name; [examples][C]. */
  readonly crossProbabilities?: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly labels: readonly number[];
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly effectiveSparsity: number;
  /** Updates. */
  readonly steps: number;
  readonly seconds: number;
  readonly bestBySelectionAccuracy: number | null;
  /** Temperature fitted on the selection split; null without one. */
  readonly temperature: number | null;
  readonly curve: readonly CurvePoint[];
}
