import { presets } from "../../attention/index.ts";
import { checkTrainable, type Dataset, splitDataset, type Tokenizer } from "../../data/index.ts";
import type { ModelSource, PlanSpec } from "../../runs/index.ts";
import type { StudyDefinition } from "../definition.ts";
import { arms } from "./arms.ts";

/** What a study of somebody's texts is made of. */
export interface TextStudy {
  readonly study: string;
  readonly corpus: string;
  readonly model: ModelSource;
  readonly tokenizer: Tokenizer;
  readonly train: Dataset;
  /** Reported, so read once; left out, a fifth of `train` is held out for it. */
  readonly reported?: Dataset;
  /** Share of the training examples held out for curves, best epoch and temperature; default 0.1, at most 1,000 examples. */
  readonly selectionShare?: number;
  /** Pattern of the three sparse arms; default `topK`. */
  readonly pattern?: string;
  readonly where?: Omit<PlanSpec, "pattern">;
  readonly seeds: readonly number[];
  readonly options: StudyDefinition["options"];
  readonly command: string;
}

/** The split is the same for every seed of the study, and for everyone who runs it. */
const SPLIT_SEED = 0;
const MOST_SELECTED = 1000;

/**
 * The paper's four arms on somebody's texts: `dense`, `light_sparse`, `moderate_sparse`, `aggressive_sparse`.
 *
 * What is held out is stratified and grouped by shared text, as a phrase of a training sentence would tell its label.
 *
 * @throws `data/one-class`; `data/split` when there are too few texts to hold some out.
 */
export function textStudy(settings: TextStudy): StudyDefinition {
  const { study, corpus, model, tokenizer, pattern, where, seeds, options, command } = settings;
  checkTrainable(settings.train);
  const outer = settings.reported
    ? { train: settings.train, heldOut: settings.reported }
    : splitDataset({ dataset: settings.train, fraction: 0.2, seed: SPLIT_SEED });
  const fraction = Math.min(settings.selectionShare ?? 0.1, MOST_SELECTED / outer.train.examples.length);
  const inner = splitDataset({ dataset: outer.train, fraction, seed: SPLIT_SEED });
  return {
    study,
    corpus,
    synthetic: false,
    model,
    tokenizer,
    data: { train: inner.train, selection: inner.heldOut, reported: outer.heldOut },
    arms: arms(presets(pattern), where),
    seeds,
    options,
    command,
  };
}
