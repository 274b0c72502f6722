import type { AttentionPlan, Pattern } from "../attention/index.ts";
import type { Device, RunLog } from "../runs/index.ts";
import type { TrackingSettings } from "../trackers/index-node.ts";
import { checkSettings, settingRules as rules, type TrainingOptions } from "../training/index.ts";
import type { FetchListener } from "./hub-sources-node.ts";

/** Settings of `pretrain`; training options have Hugging Face's names in camelCase. */
export interface PretrainSettings extends Partial<TrainingOptions>, TrackingSettings {
  /** Plain text, gzipped or not: lines, with an empty line between documents. */
  readonly data: string;
  /** Held-out text; left out, a share of the documents is held out. */
  readonly validation?: string;
  /** Model folder, or the name of a model on the Hub, to continue from. Either this, or `config` and `tokenizer`. */
  readonly model?: string;
  /** Branch, tag or commit of a model on the Hub; default `main`. */
  readonly revision?: string;
  /** Told of downloads. */
  readonly onDownload?: FetchListener;
  /** `config.json` of an encoder to be trained from nothing. */
  readonly config?: string;
  /** Folder with the tokenizer of that encoder. */
  readonly tokenizer?: string;
  /** Default `dense()`. */
  readonly attention?: Pattern | AttentionPlan;
  /** Tokens a block; default 128. */
  readonly maxLength?: number;
  /** One block a line, instead of full blocks. */
  readonly lineByLine?: boolean;
  /** Share of the tokens that are predicted; default 0.15. */
  readonly mlmProbability?: number;
  /** Share of the documents that is held out; default 0.01. */
  readonly validationShare?: number;
  readonly seed?: number;
  readonly device?: Device;
  readonly threads?: number;
  /** Folder for checkpoints, or `s3://bucket/prefix`; left out, none are written. */
  readonly checkpoints?: string;
  /** Takes each event of the run, and how it ended; left out, none is kept. */
  readonly log?: RunLog;
  readonly signal?: AbortSignal;
}

/** Settings that are no training options, and what they take; true where that is checked when they are read. */
const OWN: rules.SettingRules<Exclude<keyof PretrainSettings, keyof TrainingOptions>> = {
  data: { rule: "a path", fits: rules.text.fits, required: true },
  validation: rules.text,
  model: rules.text,
  revision: rules.text,
  onDownload: rules.listener,
  config: rules.text,
  tokenizer: rules.text,
  attention: rules.attention,
  maxLength: true,
  lineByLine: rules.flag,
  mlmProbability: true,
  validationShare: true,
  seed: rules.seed,
  device: true,
  threads: rules.whole(1),
  checkpoints: rules.text,
  log: rules.log,
  signal: rules.abortSignal,
  reportTo: rules.texts,
  loggingDir: rules.text,
  runName: rules.text,
};

/** @throws `training/bad-option` for a setting that nobody reads, that is of another kind than it takes, or that is missing. */
export const checkPretrainSettings = (settings: object): void => checkSettings("pretrain", settings, OWN);
