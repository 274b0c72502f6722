import type { SentError } from "../../../runs/index.ts";
import type { Prediction } from "../../../tasks/index.ts";
import type { JudgedStudy, StudyPlace } from "../studies/study-source.ts";

/** What the server gives to a thread, as it would stand still meanwhile. */
export type Job =
  /** Let a model read a text. */
  | { readonly type: "read"; readonly folder: string; readonly text: string; readonly pair?: string }
  /** Judge a study at a look of its plan. */
  | { readonly type: "look"; readonly place: StudyPlace; readonly look: number };

/** A model's reading of a text under one kind of attention. */
export interface Reading {
  /** `as trained`, or `dense`. */
  readonly attention: string;
  readonly predictions: readonly Prediction[];
  /** [layers] of [H, n, n]; none of a text that is too long. */
  readonly maps: readonly Float32Array[];
}

export interface ReadText {
  readonly tokens: readonly string[];
  readonly heads: number;
  /** As it was trained, e.g. `topK(sparsity=0.8)`. */
  readonly pattern: string;
  /** Dense first; of a dense model that alone. */
  readonly readings: readonly Reading[];
}

/** Texts of more tokens have no maps: they would not be read. */
export const MOST_MAPPED_TOKENS = 96;

export type Done = ReadText | JudgedStudy;
export type FromThread = { readonly done: Done } | { readonly error: SentError };
