import type { AttentionPlan, Pattern } from "../../attention/index.ts";
import {
  type DataSummary,
  type Dataset,
  type DatasetOptions,
  ENCODINGS,
  type Encoded,
  type EncodingName,
  LONG_TEXTS,
} from "../../data/index.ts";
import type { EvaluatedSplit, ModelFacts } from "../../export/index.ts";
import { type ClassMetrics, type GlueTask, glueMetrics } from "../../metrics/index.ts";
import type { Device, RunEvent, RunResult } from "../../runs/index.ts";
import { labelledTasks, type TaskName } from "../../tasks/index.ts";
import { checkSettings, settingRules as rules, type TrainingOptions } from "../../training/index.ts";
import type { Baseline } from "./baselines.ts";
import type { LongTextFacts } from "./choose-length.ts";
import type { ChosenRecipe, RecipeSettings } from "./choose-recipe.ts";
import type { FasterAttention } from "./faster-attention.ts";
import type { PhaseEvent } from "./phases.ts";

/** Settings of a training that are the same everywhere; training options have Hugging Face's names in camelCase. */
export interface TextTrainSettings<Source> extends Partial<TrainingOptions>, RecipeSettings {
  /**
   * TSV, CSV, JSONL (gzip of each) or Parquet, or examples in memory; for an encoder of images a folder with a folder for each class,
   * perhaps below `train`, `validation` and `test`, or Parquet.
   */
  readonly data: Source | Dataset;
  /** Evaluated during training; left out, a tenth of `data` is held out: seeded, stratified, grouped by shared text. */
  readonly validation?: Source | Dataset;
  /** Evaluated once, at the end; left out, the validation split. */
  readonly test?: Source | Dataset;
  /** What the labels are; left out, as the data has them: lists are several classes, or tags of words. */
  readonly task?: TaskName;
  /** Factor of each class in the loss, by class index; `balanced`: N / (C · examples of the class), so that rare classes count alike. */
  readonly classWeights?: "balanced" | readonly number[];
  /** Evaluate by the figures of a GLUE task too, which then choose the best model. */
  readonly glue?: GlueTask;
  /** Default `dense()`. */
  readonly attention?: Pattern | AttentionPlan;
  readonly columns?: Pick<DatasetOptions, "textColumn" | "pairColumn" | "labelColumn">;
  /** Of text files; left out, guessed: UTF-8, UTF-16 with a byte-order mark, else windows-1252 where it looks so. */
  readonly encoding?: EncodingName;
  /** Leave rows out that cannot be read (cells missing, no text, no label), and say how many; default false: they are errors. */
  readonly skipBadRows?: boolean;
  /** Most tokens a text, special tokens included; left out, what the texts need and the time has room for, or 128 where nothing is chosen. */
  readonly maxLength?: number;
  /** At most so many of the first training examples. */
  readonly maxTrainSamples?: number;
  /** Of new weights, data order and dropout; default 42. */
  readonly seed?: number;
  /** What the model card says of the start model, the data and the licence. */
  readonly about?: ModelFacts;
  /** What computes. */
  readonly device?: Device;
  readonly threads?: number;
}

/** What happens, in order: `data` once, then what the run says, then `finished`. */
export type TrainEvent =
  | { readonly type: "data"; readonly summary: DataSummary; readonly columns: Dataset["columns"]; readonly heldOut: number }
  /** Texts are longer than what is read at once, and what is read of them; first, where there are many. */
  | { readonly type: "long"; readonly texts: LongTextFacts }
  /** Sparse attention that would be faster; before `recipe`, where there is one. Never taken by itself. */
  | { readonly type: "faster"; readonly attention: FasterAttention }
  /** How it goes; before `data`. */
  | { readonly type: "recipe"; readonly recipe: ChosenRecipe }
  | PhaseEvent
  | RunEvent
  | { readonly type: "finished"; readonly metrics: Readonly<Record<string, number>> };

/** What a training leaves. */
export interface TextTrainResult {
  /** Figures on the reported split by name, and `loss`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Name of the figure that counts. */
  readonly primary: string;
  /** Which examples `metrics` are about. */
  readonly split: EvaluatedSplit;
  /** What simple methods reach by the same measure, best first; none for tasks that do not give each example one class. */
  readonly baselines: readonly Baseline[];
  /** Class by class; null for tasks that do not give each example one class. */
  readonly classes: ClassMetrics | null;
  /** The examples behind `metrics`, and what the model said of each. */
  readonly evaluated: {
    readonly dataset: Dataset;
    readonly probabilities: readonly (readonly number[])[];
    /** In tokens, for token classification. */
    readonly encoded?: readonly Encoded[];
  };
  /** Majority-class accuracy on the same examples; 0 for other tasks. */
  readonly majority: number;
  readonly seconds: number;
  /** What computed. */
  readonly runtime: RunResult["runtime"];
  readonly freshParameters: readonly string[];
}

const COLUMNS: readonly string[] = ["textColumn", "pairColumn", "labelColumn"];

/** Settings that are no training options, and what they take; true where that is checked when they are read. */
const OWN_SETTINGS: rules.SettingRules<Exclude<keyof TextTrainSettings<never>, keyof TrainingOptions> | PlaceSetting> = {
  data: { ...rules.source, required: true },
  validation: rules.source,
  test: rules.source,
  model: {
    rule: "a model folder, the name of a model, files by name, or demoEncoder()",
    fits: (value) => rules.text.fits(value) || (rules.isObject(value) && (value instanceof Map || "kind" in value)),
    required: true,
  },
  revision: rules.text,
  attention: rules.attention,
  task: rules.oneOf(labelledTasks),
  classWeights: {
    rule: "balanced, or a number for each class",
    fits: (value) => value === "balanced" || (Array.isArray(value) && value.every((weight) => typeof weight === "number")),
  },
  glue: rules.oneOf(Object.keys(glueMetrics)),
  columns: {
    rule: `an object of column names: ${COLUMNS.join(", ")}`,
    fits: (value) =>
      rules.isObject(value) &&
      Object.entries(value).every(([key, name]) => COLUMNS.includes(key) && (name === undefined || rules.text.fits(name))),
  },
  encoding: rules.oneOf(ENCODINGS),
  skipBadRows: rules.flag,
  maxLength: true,
  maxTrainSamples: rules.whole(1),
  checkpoints: rules.text,
  log: rules.log,
  preset: true,
  timeBudget: true,
  contrastiveEpochs: rules.whole(0),
  linearProbe: rules.flag,
  pooling: rules.oneOf(["first", "mean", "best"]),
  longTexts: rules.oneOf(LONG_TEXTS),
  docStride: true,
  folds: true,
  signal: rules.abortSignal,
  streaming: rules.flag,
  teacher: {
    rule: "a folder, a file of what a model said, or a classifier",
    fits: (value) => rules.text.fits(value) || (rules.isObject(value) && "predict" in value),
  },
  reportTo: rules.texts,
  loggingDir: rules.text,
  runName: rules.text,
  onDownload: rules.listener,
  name: true,
  about: rules.object("an object of facts for the model card"),
  device: true,
  threads: rules.whole(1),
  seed: rules.seed,
};
/** Settings that Node and the browser add, and the name that `hubData` gives. */
type PlaceSetting =
  | ("model" | "teacher" | "log" | "checkpoints" | "signal" | "streaming" | "revision" | "onDownload" | "name")
  | ("reportTo" | "loggingDir" | "runName");

/** @throws `training/bad-option` for a setting that nobody reads, that is of another kind than it takes, or that is missing. */
export const checkTrainSettings = (settings: object): void => checkSettings("train", settings, OWN_SETTINGS);
