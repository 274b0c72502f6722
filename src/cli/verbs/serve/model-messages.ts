import type { TextInput } from "../../../api/index.ts";
import type { Device, SentError } from "../../../runs/index.ts";
import type { AnsweredRow, Asking } from "../../serving/answer-rows.ts";

/** What the thread of the models is started with. */
export interface ModelSettings extends Asking {
  readonly folders: readonly string[];
  /** The encoder beside which the adapters of all folders are loaded; left out, each folder has weights of its own. */
  readonly baseModel?: string;
  readonly device?: Device;
  /** Texts that are computed together. */
  readonly batchSize: number;
}

/** What a server must know of the model that answers. */
export interface ModelFacts {
  readonly reads: "texts" | "images";
  /** Texts come in pairs: `never`, or `always` as the model was trained on them. */
  readonly pairs: "never" | "possible" | "always";
  /** A text may be given as the list of its words. */
  readonly ofWords: boolean;
  /** Names of an answer's fields. */
  readonly fields: readonly string[];
  readonly task: string;
}

/** A text or the bytes of an image. */
export type ServedInput = TextInput | Uint8Array;

/** What became of one input. */
export type Outcome =
  | (AnsweredRow & {
      /** The text was longer than the model reads, and cut. */
      readonly truncated: boolean;
    })
  | Failure;

export interface Failure {
  readonly error: SentError;
  /** Whether the input was at fault, and not the model. */
  readonly ofInput: boolean;
}

/** What one of the models is asked. */
export interface Asked {
  /** Its place among the folders. */
  readonly model: number;
  readonly inputs: readonly ServedInput[];
}

export type FromModel =
  | { readonly type: "note"; readonly text: string }
  | { readonly type: "ready"; readonly facts: readonly ModelFacts[] }
  | { readonly type: "answered"; readonly outcomes: readonly Outcome[] }
  | { readonly type: "failed"; readonly error: SentError };
