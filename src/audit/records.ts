import type { Interval } from "../metrics/index.ts";
import type { Slice } from "./slices.ts";

/** What crisp audit found, as `audit.json` holds it; numbers are not rounded. */
export interface Audit {
  /** Name of the file. */
  readonly data: string;
  /** The file as it was read, where files are written: its path from the folder of `audit.json`, and the SHA-256 of its bytes. */
  readonly source?: { readonly path: string; readonly sha256: string };
  readonly columns: { readonly text: string; readonly pair?: string; readonly label?: string };
  /** Labelled rows. */
  readonly rows: number;
  /** In class order. */
  readonly classes: readonly AuditedClass[];
  readonly method: AuditMethod;
  /** How often the prediction is the given label, over the rows that were judged. */
  readonly accuracy: { readonly right: number; readonly rows: number; readonly interval: Interval };
  readonly labelErrors: {
    /** The judged classes, in the order of `thresholds` and `joint`. */
    readonly labels: readonly string[];
    /** See `LabelErrors`. */
    readonly thresholds: readonly number[];
    readonly joint: readonly (readonly number[])[];
    /** The least probable label first. */
    readonly found: readonly FoundLabelError[];
  };
  /** Rows that repeat an earlier one of another label; in file order. */
  readonly nearDuplicates: readonly FoundNearDuplicate[];
  /** The furthest first. */
  readonly outliers: { readonly fence: number; readonly found: readonly FoundOutlier[] };
  /** The most useful first; absent without unlabelled texts. */
  readonly toLabel?: { readonly data: string; readonly rows: number; readonly found: readonly FoundToLabel[] };
  readonly slices: readonly Slice[];
  /** Every labelled row, in file order. */
  readonly scores: readonly RowScores[];
}

export interface AuditedClass {
  readonly label: string;
  readonly rows: number;
  /** False for a class of fewer rows than folds: of its labels nothing is said. */
  readonly judged: boolean;
}

export interface AuditMethod {
  /** Folder or name of the encoder. */
  readonly model: string;
  /** What predicts the rows of a fold. */
  readonly predictedBy: string;
  readonly folds: number;
  readonly seed: number;
}

/** A row of the file. */
export interface AuditedRow {
  /** Data row from 0, as in errors.csv. */
  readonly row: number;
  /** Line of the file, from 1. */
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
  readonly label: string;
}

export interface FoundLabelError extends AuditedRow {
  readonly suggested: string;
  /** Out-of-sample probability of the given label, and of the suggested one. */
  readonly labelScore: number;
  readonly suggestedScore: number;
}

export interface FoundNearDuplicate extends AuditedRow {
  /** The earlier row. */
  readonly of: AuditedRow;
  /** Equal but for case, spaces and punctuation. */
  readonly equal: boolean;
}

export interface FoundOutlier extends AuditedRow {
  /** Mean cosine distance to the nearest texts. */
  readonly distance: number;
}

export interface FoundToLabel {
  /** Line of the file of unlabelled texts, from 1. */
  readonly line: number;
  readonly text: string;
  readonly pair?: string;
  /** The most probable label, and its probability. */
  readonly suggested: string;
  readonly suggestedScore: number;
  /** That probability less the second's. */
  readonly margin: number;
}

export interface RowScores extends Pick<AuditedRow, "row" | "line" | "label"> {
  /** As in `FoundLabelError`; null where the class has too few rows to be judged. */
  readonly labelScore: number | null;
  readonly suggested: string | null;
  readonly suggestedScore: number | null;
  /** As in `FoundOutlier`. */
  readonly distance: number;
}
