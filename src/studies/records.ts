/** What a study leaves behind. Written as `results.json`; the report reads nothing else. */
import type { CurvePoint } from "../runs/index.ts";

/** A number over seeds: its mean and the value of each seed, in the order of `StudyResults.seeds`. */
export interface OverSeeds {
  readonly mean: number;
  readonly perSeed: readonly number[];
  /** 95 % Student-t interval over seeds, these sentences held fixed; absent with a single seed. */
  readonly low?: number;
  readonly high?: number;
}

export type VerdictWord = "supported" | "contradicted" | "no difference" | "undecided" | "baseline" | "no verdict";

/** Why an arm has no verdict. */
export type NoVerdict = "few seeds" | "not planned" | "not claimed" | "baseline learned nothing";

/** Verdict on "this arm is more accurate than dense"; rules in docs/statistics.md. */
export interface Verdict {
  readonly word: VerdictWord;
  /** One sentence for people, with the interval and, when undecided, the number of further seeds. */
  readonly sentence: string;
  /** Further paired seeds that would decide it; null when no number can, or when it is decided. */
  readonly furtherSeeds: number | null;
  /** Beside "no verdict"; absent in results of before. */
  readonly because?: NoVerdict;
}

/** Paired difference to dense, in accuracy points (0.01 = one percentage point is stored as 1.0). */
export interface Difference {
  readonly mean: number;
  /** One difference a seed, in the order of `StudyResults.seeds`. */
  readonly perSeed: readonly number[];
  /** Holm-corrected 95 % interval, crossed bootstrap over seeds × examples ("sentences like these"). */
  readonly low: number;
  readonly high: number;
  /** Confidence level of `low` and `high` after the correction, e.g. 0.983 for the first of three claims. */
  readonly level: number;
  /** Uncorrected 90 % interval, for "no difference". */
  readonly low90: number;
  readonly high90: number;
  /** 95 % interval with the examples held fixed ("these sentences"). */
  readonly fixedLow: number;
  readonly fixedHigh: number;
}

/** Exploratory paired difference to dense with its uncorrected 95 % interval; gets no verdict word. */
export interface ExploratoryDifference {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Calibration of the predictions, sparsity on, averaged over seeds; definitions in docs/statistics.md. */
export interface Calibration {
  readonly negativeLogLikelihood: number;
  readonly brier: number;
  readonly expectedCalibrationError: number;
  readonly temperature: number | null;
  readonly negativeLogLikelihoodAfterTemperature: number | null;
}

/**
 * Further tests of one arm against the baseline, for readers who know them. Exploratory: none of them changes a verdict word, and none is
 * corrected for the number of claims. Definitions in docs/statistics.md.
 */
export interface FurtherTests {
  /** Standard error of the difference for new seeds and new sentences, in points. */
  readonly standardError: number;
  /** Paired permutation test over seeds. */
  readonly permutation: { readonly p: number; readonly exact: boolean; readonly smallest: number };
  readonly mcNemar: {
    /** In the order of `StudyResults.seeds`: sentences that only the arm, and that only the baseline gets right. */
    readonly perSeed: readonly {
      readonly gained: number;
      readonly lost: number;
      readonly exactP: number;
      readonly chiSquaredP: number;
    }[];
    /** Over all seeds. */
    readonly p: number;
  };
  /** Almost stochastic order of the accuracies over seeds: violation ratio and its upper 95 % bound. */
  readonly stochasticOrder: { readonly violation: number; readonly bound: number };
  /** p-values of "the difference is 0.5 points or more", for sentences like these and for these. */
  readonly equivalence: { readonly p: number; readonly fixedP: number };
  /** What a study of this spread can find, at the level of the first of its claims. */
  readonly power: {
    /** Smallest true difference, in points, that so many seeds call supported in four of five studies. */
    readonly smallestEffect: number;
    readonly planned: readonly {
      /** True difference, in points. */
      readonly effect: number;
      /** Chance that so many seeds call it supported, in [0, 1]. */
      readonly power: number;
      /** Seeds that call it supported in four of five studies; null when no number does. */
      readonly seeds: number | null;
    }[];
  };
}

export interface ArmResult {
  readonly name: string;
  /** What makes the arm, see `armText`: its pattern's id, and what else is not as for the others. */
  readonly pattern: string;
  readonly sparsity: { readonly nominal: number; readonly effective: number };
  /** Accuracy in [0, 1] on the reported split at the last step, attention as trained. */
  readonly accuracy: OverSeeds;
  readonly evalLoss: OverSeeds;
  /** The same weights evaluated with dense attention. */
  readonly denseEvaluation: { readonly accuracy: OverSeeds; readonly evalLoss: OverSeeds };
  /** For the dense run: the same weights with the other patterns switched on at evaluation only, by arm name. */
  readonly crossEvaluation?: Readonly<Record<string, { readonly accuracy: OverSeeds; readonly evalLoss: OverSeeds }>>;
  /** Mean loss on a fixed sample of the training split, in evaluation mode. */
  readonly trainLoss: OverSeeds;
  readonly trainAccuracy: OverSeeds;
  /** evalLoss - trainLoss. */
  readonly gap: OverSeeds;
  /** Best epoch by the selection split, read on the reported split; null when there is no selection split. */
  readonly bestBySelection: OverSeeds | null;
  readonly calibration: Calibration;
  /** Forward FLOPs per sentence of mean length, all layers, with the pattern's effective sparsity. */
  readonly flops: { readonly core: number; readonly attention: number; readonly layer: number };
  /** Wall-clock seconds of training alone. */
  readonly seconds: OverSeeds;
  /** Accuracy minus dense; null for the baseline. */
  readonly difference: Difference | null;
  /** Evaluation loss (nats) minus dense, "sentences like these"; null for the baseline. */
  readonly lossDifference: ExploratoryDifference | null;
  readonly verdict: Verdict;
  /** Runs that diverged, see `RunRecord.diverged`; left out, none. */
  readonly diverged?: number;
  /**
   * Answers over all seeds, [C][C]: row = true class, column = predicted. Left out above 30 classes, and absent in results of before.
   */
  readonly confusion?: readonly (readonly number[])[];
  /** Absent for the baseline, with a single seed, and in results of before. */
  readonly furtherTests?: FurtherTests;
  /** One learning curve a seed. */
  readonly curves: readonly (readonly CurvePoint[])[];
}

/** Attention probabilities of one head over one sentence, for the report. */
export interface AttentionMap {
  readonly sentence: string;
  readonly tokens: readonly string[];
  readonly layer: number;
  readonly head: number;
  /** Per arm name: probabilities among the first tokens, at most 32, row = query; exactly 0 where the pair was removed. */
  readonly probabilities: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Texts on which arms and the baseline differ, see `disagreementsOf`. */
export interface Disagreements {
  readonly arms: readonly {
    readonly arm: string;
    /** Answers, over texts and seeds, that this arm alone got right, and that the baseline alone did. */
    readonly onlyArm: number;
    readonly onlyBaseline: number;
    /** Those that differ in most seeds first. */
    readonly examples: readonly {
      readonly index: number;
      readonly text: string;
      /** The class's name. */
      readonly label: string;
      /** Seeds that answer right. */
      readonly armRight: number;
      readonly baselineRight: number;
    }[];
  }[];
}

export interface StudyResults {
  readonly study: string;
  /** What is claimed, and about what: verdicts on made-up data say "on this synthetic corpus". */
  readonly corpus: string;
  readonly synthetic: boolean;
  /** For planted corpora: the truth written down before the first run, and the best reachable accuracy. */
  readonly planted?: {
    readonly expected: string;
    readonly ceiling: number;
    /** What the verdicts must say for the instrument to count as calibrated; absent leaves it unjudged. */
    readonly direction?: "helps" | "hurts" | "neither";
  };
  /** Arm the others are compared to. */
  readonly baseline: string;
  readonly seeds: readonly number[];
  readonly metric: "accuracy";
  /** Majority-class accuracy on the reported split, in [0, 1]. */
  readonly majority: number;
  readonly examples: { readonly train: number; readonly selection: number; readonly reported: number };
  readonly arms: readonly ArmResult[];
  readonly attentionMaps: readonly AttentionMap[];
  /** Planned numbers of seeds at which results are judged, ascending; absent in results of before. */
  readonly looks?: readonly number[];
  /** Names of the classes, in the order of `ArmResult.confusion`. */
  readonly classes?: readonly string[];
  /** What all arms train with, by Hugging Face's names; what an arm has of its own stands in its `pattern`. */
  readonly hyperparameters?: Readonly<Record<string, string | number | boolean>>;
  /** Runs that another study did; left out, none. */
  readonly takenFrom?: readonly { readonly arm: string; readonly seed: number; readonly study: string }[];
  readonly disagreements?: Disagreements;
  readonly environment: Readonly<Record<string, string | number>>;
  readonly command: string;
  readonly createdAt: string;
}
