import type { Encoded, LongTexts, StreamOptions } from "../data/index.ts";
import type { GlueTask } from "../metrics/index.ts";
import type { Adapter, EncoderConfig } from "../models/index.ts";
import type { MaskingRules, TaskFigures, TaskName } from "../tasks/index.ts";
import type { TrainingEvent, TrainingOptions } from "../training/index.ts";
import type { ImageInput } from "./image-input.ts";
import type { CurvePoint, RunRecord } from "./records.ts";
import type { TrainingDraw } from "./start/draw-examples.ts";

/** An attention plan as text and numbers, so that it can be stored and sent: see `AttentionPlan`. */
export interface PlanSpec {
  /** A pattern's id, e.g. `topK(sparsity=0.8)`. */
  readonly pattern: string;
  readonly layers?: readonly number[];
  readonly heads?: readonly number[];
  readonly rampSteps?: number;
  readonly normaliser?: string;
  readonly dropout?: string;
  readonly core?: string;
}

/** What runs the graphs; a browser has no `cpu` and no `cuda`, and calls its own `wasm`. */
export type Device = "auto" | "cpu" | "webgpu" | "cuda" | "wasm";

/**
 * Where the weights come from: a Hugging Face model folder, its files by name, or fresh ones for a config (the content of
 * config.json).
 */
export type ModelSource =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "files"; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly kind: "fresh"; readonly config: Readonly<Record<string, unknown>> };

/** A sentence whose attention is shown in the report. */
export interface MappedSentence {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly encoded: Encoded;
}

/** Training examples that stay on disk: files in order, and how their texts become tokens. */
export interface StreamedSource {
  readonly paths: readonly string[];
  /** Of the files when the caller looked through them, as `openStreamedDataset` gives it; left out, any will do. */
  readonly fingerprint?: string;
  /** Columns, labels and what is held out, as the caller opened them. */
  readonly options: Pick<StreamOptions, "textColumn" | "pairColumn" | "labelColumn" | "labels" | "heldOut" | "format" | "header">;
  /** `tokenizer.json` and what goes with it, by name. */
  readonly tokenizerFiles: ReadonlyMap<string, Uint8Array>;
  /** Tokens. */
  readonly maxLength: number;
  readonly longTexts?: LongTexts;
  /** Of texts in windows: tokens that two of them share, and most windows of a text. */
  readonly docStride?: number;
  readonly maxWindows?: number;
}

/** Tokenised examples of a run; the same object for all runs of a study. */
export interface RunData {
  readonly train: readonly Encoded[] | StreamedSource;
  /** Read during training: curves, best epoch, temperature. */
  readonly selection?: readonly Encoded[];
  /** Read once, at the end. */
  readonly reported?: readonly Encoded[];
  /** Classified at the end and only shown. */
  readonly fresh?: readonly Encoded[];
  readonly mapped?: readonly MappedSentence[];
}

/** Everything one run (arm × seed) follows from; plain data, so that it crosses to a worker. */
export interface RunSpec {
  readonly arm: string;
  readonly model: ModelSource;
  /** Default `single_label_classification`. */
  readonly task?: TaskName;
  /** Class names by class index. */
  readonly labels: readonly string[];
  /** Factor of each class in the loss. */
  readonly classWeights?: readonly number[];
  /** Evaluate by GLUE's own figures too. */
  readonly glue?: GlueTask;
  readonly padTokenId: number;
  /** Masked language model: how tokens are hidden. */
  readonly masking?: MaskingRules;
  /** How images are taken; left out for texts. */
  readonly images?: ImageInput;
  readonly plan: PlanSpec;
  /** What the head reads: the mean of all tokens, or that where it is better; left out, what the family's head reads. */
  readonly pooling?: "mean" | "best";
  /** Let the head start as the logistic regression of the encoder's features. */
  readonly probe?: boolean;
  /** Number of classes by which `best` pooling is judged, where the task has no labels; default: of `labels`. */
  readonly classes?: number;
  /** Other plans under which the final weights are evaluated too, by arm name. */
  readonly alsoUnder?: Readonly<Record<string, PlanSpec>>;
  readonly data: RunData;
  /** Names the teacher whose outputs `data.train` has: a hash of what they follow from, the same on every machine. */
  readonly taughtBy?: string;
  /** Trained on a part of `data.train` that follows from `seed`, see `drawExamples`; of examples in memory with one class each. */
  readonly draw?: TrainingDraw;
  readonly options: Partial<TrainingOptions>;
  /** Names the run in records and pairs it across arms. */
  readonly seed: number;
  /** Added to the seed for initial weights, data order and dropout: tells the arms of dense against dense apart. Default 0. */
  readonly seedOffset?: number;
  /** Folder for checkpoints, in Node also `s3://bucket/prefix`, in a browser a name; left out, none are written. */
  readonly checkpoints?: string;
  /** Read the reported split with the best weights by the selection split too; they are kept beside the last ones. */
  readonly bestBySelection?: boolean;
  /** Return the final weights with the result. */
  readonly keepWeights?: boolean;
  /** Default `cpu`, or `auto` in a browser. */
  readonly device?: Device;
  /** Threads of one operator. */
  readonly threads?: number;
  /** Measure time and memory on one batch before the start. */
  readonly estimate?: boolean;
}

/** A run whose data a worker already holds, by their hash. */
export type RunSpecByHash = Omit<RunSpec, "data"> & { readonly data: { readonly hash: string } };

/** Attention probabilities of one head among the first tokens of a sentence, at most 32: row = query. */
export interface MapOfSentence {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly layer: number;
  readonly head: number;
  readonly probabilities: readonly (readonly number[])[];
}

/** What a run leaves: the record that the statistics read, and what is only shown. */
export interface RunResult {
  readonly record: RunRecord;
  /** On the reported split, attention as trained and dense. */
  readonly figures: TaskFigures;
  readonly figuresSparsityOff: TaskFigures;
  /** [examples][C] of `data.fresh`. */
  readonly fresh: readonly (readonly number[])[];
  readonly maps: readonly MapOfSentence[];
  /** With `keepWeights`: by Hugging Face name. */
  readonly weights?: ReadonlyMap<string, Float32Array>;
  /** With `keepWeights` and adapters: these and the head, where they fit the encoder that training started from. */
  readonly adapter?: Adapter;
  /** What the model folder lacked and was drawn afresh, e.g. `classifier.weight`. */
  readonly freshParameters: readonly string[];
  /** With `pooling`: what the head reads. */
  readonly pooling?: "first" | "mean";
  /** With `pooling` best: cross-validated accuracy of a logistic regression on the untrained encoder's features. */
  readonly frozenAccuracy?: number;
  /** Of the model, with its head. */
  readonly config: EncoderConfig;
  /** Attention as it was trained: other layers than asked for are named where the encoder got one more. */
  readonly plan: PlanSpec;
  readonly runtime: { readonly name: string; readonly version: string; readonly device: string; readonly threads: number };
}

/** What happens during a run. */
export type RunEvent =
  /** Large data are looked through before anything is trained; in bytes. */
  | { readonly type: "reading"; readonly name: string; readonly done: number; readonly total: number }
  | { readonly type: "estimated"; readonly seconds: number /** Memory of the process. */; readonly bytes: number }
  | Extract<TrainingEvent, { readonly type: "started" }>
  | {
      readonly type: "step";
      /** Updates done, this one included. */
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly loss: number;
      readonly learningRate: number;
      /** Before clipping. */
      readonly gradientNorm: number;
      /** Real tokens, padding left out, by the time of this update alone. */
      readonly tokensPerSecond: number;
    }
  | { readonly type: "evaluated"; readonly point: CurvePoint }
  | { readonly type: "saved"; readonly path: string; readonly step: number }
  | {
      readonly type: "note";
      readonly text: string /** About the checkpoint that the run continues from. */;
      readonly resumed?: true;
    };
