import type { ClassScores, Interval, ReliabilityBin } from "../../metrics/index.ts";
import type { RunCourse } from "../../runs/index.ts";

/** Something simple that a model should beat. */
export interface Baseline {
  readonly name: string;
  /** The figure that counts, on the same examples. */
  readonly score: number;
}

/** A wrong answer, as it is shown. */
export interface ShownMistake {
  /** Data row of the file, from 0. */
  readonly row: number;
  /** Behind `TrainReport.mistakes.columns`. */
  readonly cells: readonly string[];
  readonly text: string;
  readonly pair?: string;
  /** How much the token that decides looks at each token, in [0, 1]; left out where it was not computed. */
  readonly attention?: readonly { readonly token: string; readonly share: number }[];
}

/** What the page of one training shows; plain data. */
export interface TrainReport {
  /** Of the model. */
  readonly name: string;
  /** What it is, e.g. `A text classifier`. */
  readonly kind: string;
  /** What an example is called. */
  readonly unit: "row" | "image";
  /** Which examples the figures are about. */
  readonly evaluated: { readonly split: "held out" | "cross-validated" | "test"; readonly name: string; readonly rows: number };
  readonly trained: { readonly name: string; readonly rows: number };
  /** The figure that counts. */
  readonly primary: {
    readonly name: string;
    readonly value: number;
    /** 95 %; null where there is none. */
    readonly interval: Interval | null;
    readonly lowerIsBetter: boolean;
  };
  /** All figures, by name; each with sparsity off too where the model is sparse. */
  readonly figures: readonly { readonly name: string; readonly value: number; readonly off?: number }[];
  /** 1 − kept pairs / pairs, of a sparse model. */
  readonly effectiveSparsity?: number;
  /** Always answering the commonest class, where each example has one. */
  readonly majority?: { readonly label: string; readonly accuracy: number };
  readonly baselines?: readonly Baseline[];
  /** Whether the evaluated examples also chose the weights, or when to stop. */
  readonly choseWeights: boolean;
  /** Of training alone. */
  readonly seconds: number;
  readonly course: RunCourse;
  /** Gradient norms are clipped to this; 0: not at all. */
  readonly maxGradNorm: number;
  readonly classes?: readonly ClassScores[];
  /** [C][C], in the order of `classes`: row = true class, column = predicted. */
  readonly confusion?: readonly (readonly number[])[];
  readonly calibration?: { readonly bins: readonly ReliabilityBin[]; readonly error: number };
  /** Of a regression. */
  readonly pairs?: readonly { readonly actual: number; readonly predicted: number }[];
  readonly mistakes: {
    readonly columns: readonly string[];
    /** Of all evaluated examples. */
    readonly total: number;
    /** The worst of them, the worst first. */
    readonly shown: readonly ShownMistake[];
  };
  readonly command: string;
  /** Model, data, versions, …: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly options: readonly { readonly name: string; readonly value: string; readonly given: boolean }[];
}
