import type { Device, PlanSpec, SentError } from "../../runs/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import type { Prediction, TextInput } from "../classifier/classifier.ts";
import type { FreshModel } from "../fresh-model.ts";
import type { ModelFiles } from "../model-files.ts";
import type { TextTrainResult, TextTrainSettings, TrainEvent } from "../training/train-settings.ts";

/** Settings of a training in a worker: whatever is read is a blob or in memory. */
export interface WorkerTrainSettings extends TextTrainSettings<Blob> {
  readonly model: ModelFiles | FreshModel;
  /** Name of the run where checkpoints are kept and found; left out, none are. */
  readonly checkpoints?: string;
  readonly signal?: AbortSignal;
}

/** Settings as they cross to the worker: plain data and blobs. */
export type SentSettings = Omit<WorkerTrainSettings, "attention" | "signal"> & { readonly attention: PlanSpec };

/** What a page asks its worker for; each call has one answer. */
export type Call =
  | { readonly type: "train"; readonly settings: SentSettings }
  /** An encoder beside which every model that is loaded from now on has its adapter. */
  | { readonly type: "base"; readonly files: ModelFiles; readonly device?: Device }
  /** What config.json says, of which the other files need not be there. */
  | { readonly type: "describe"; readonly files: ModelFiles; readonly where: string }
  | { readonly type: "load"; readonly files: ModelFiles; readonly device?: Device }
  | { readonly type: "predict"; readonly model: number; readonly texts: readonly TextInput[]; readonly topK?: number }
  | { readonly type: "files"; readonly model: number }
  | { readonly type: "release"; readonly model: number };

/** What a page must know of the model in its worker. */
export interface ModelFacts {
  /** Its number in the worker. */
  readonly model: number;
  readonly labels: readonly string[];
  readonly pairs: boolean;
  readonly task: TaskName;
}

/** What people want to know of an encoder before they download or train it. */
export interface EncoderFacts {
  /** As transformers names it, in `model_type`. */
  readonly family: string;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly reads: "texts" | "images";
}

/** Answers by the call's type. */
export interface Answers {
  /** Null when it was stopped. */
  readonly train: (TextTrainResult & ModelFacts) | null;
  readonly base: null;
  readonly describe: EncoderFacts;
  readonly load: ModelFacts;
  readonly predict: Prediction[][];
  readonly files: Map<string, Uint8Array>;
  readonly release: null;
}

export type ToWorker = { readonly type: "call"; readonly id: number; readonly call: Call } | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "event"; readonly event: TrainEvent }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly type: "failed"; readonly id: number; readonly error: SentError };
