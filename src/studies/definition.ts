import type { Dataset, Tokenizer } from "../data/index.ts";
import type { ModelSource, PlanSpec, TrainingDraw } from "../runs/index.ts";
import type { TrainingOptions } from "../training/index.ts";
import type { StudyResults } from "./records.ts";

/** One arm of a study: a kind of attention, trained with every seed. */
export interface Arm {
  readonly name: string;
  readonly plan: PlanSpec;
  /** Nominal sparsity in [0, 1). */
  readonly nominalSparsity: number;
  /** What this arm trains with otherwise than the others do. */
  readonly options?: Partial<TrainingOptions>;
  /** See `RunSpec.seedOffset`. */
  readonly seedOffset?: number;
}

/** Everything a study follows from, fixed before its first run. */
export interface StudyDefinition {
  /** Short name: its folder, its title. */
  readonly study: string;
  /** As a verdict sentence uses it: "On SST-2, …". */
  readonly corpus: string;
  readonly synthetic: boolean;
  readonly planted?: StudyResults["planted"];
  readonly model: ModelSource;
  readonly tokenizer: Tokenizer;
  readonly data: {
    readonly train: Dataset;
    readonly selection?: Dataset;
    readonly reported: Dataset;
  };
  /** Sentences to classify with the first trained model, only to be shown. */
  readonly fresh?: readonly { readonly text: string; readonly label: number }[];
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** Planned numbers of seeds at which results are judged; default all seeds, once. */
  readonly looks?: readonly number[];
  /** Arms named beforehand; default all but dense. */
  readonly claims?: readonly string[];
  /** Evaluate the dense runs with every other arm's pattern switched on, too; default true. */
  readonly crossed?: boolean;
  /** Every seed trains on a part of `data.train` that is drawn anew, the same for all arms; left out, on all of it. */
  readonly draw?: TrainingDraw;
  readonly options: Partial<TrainingOptions>;
  /** What the user typed, for the report. */
  readonly command: string;
}
