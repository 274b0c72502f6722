import type { Context } from "../verb.ts";
import { LONG_TEXT_OPTIONS } from "../verbs/recipe-options.ts";
import {
  DATA_OPTIONS,
  DEVICE_OPTION,
  MODEL_OPTIONS,
  PLAN_OPTIONS,
  TRACKING_OPTIONS,
  TRAINING_OPTIONS,
} from "../verbs/training-options.ts";
import { DATABASE_OPTIONS } from "./stores.ts";

// A study names its seeds and arms itself, continues where it was by itself, judges the last weights, not the best, and has no teacher.
const {
  seed: _seed,
  resume_from_checkpoint: _resume,
  load_best_model_at_end: _best,
  distillation_alpha: _alpha,
  distillation_temperature: _temperature,
  ...SHARED
} = TRAINING_OPTIONS;
const { attention: _attention, ...MODEL } = MODEL_OPTIONS;
const { test_file: _test, streaming: _streaming, ...DATA } = DATA_OPTIONS;

export const STUDY_OPTIONS = {
  preset: { type: "string", choices: ["demo", "sst2"], help: "A ready-made study." },
  // Five is the least that gets a verdict (docs/statistics.md).
  seeds: {
    type: "integers",
    unit: "seed,seed",
    min: 0,
    help: "Seeds of the paired runs; left out, five. Fixed before the first run.",
  },
  pattern: { type: "string", default: "topK", help: "Pattern of the three sparse arms." },
  quick: {
    type: "boolean",
    help: "A first look: two seeds, at most 2,000 rows drawn at random, 150 updates or an epoch, no verdicts.",
  },
  ...DATA,
  validation_file: {
    type: "string",
    unit: "file",
    help: "What verdicts are about, read once a run; left out, a fifth of the training file is held out.",
  },
  ...LONG_TEXT_OPTIONS,
  ...MODEL,
  device: { ...DEVICE_OPTION, default: "auto" },
  ...PLAN_OPTIONS,
  ...SHARED,
  ...DATABASE_OPTIONS,
  ...TRACKING_OPTIONS,
  parallel_runs: {
    type: "integer",
    unit: "runs",
    min: 1,
    help: "Runs at once, each in a process of its own with its share of the cores; left out, one, or one a core for very small encoders.",
  },
  output_dir: {
    type: "string",
    unit: "folder",
    help: "Where runs and report go; left out, runs/<study>. The same one continues.",
  },
  overwrite_output_dir: {
    type: "boolean",
    help: "Start afresh where the output folder holds a study; each of its files is replaced once the new one is whole.",
  },
} as const;
export type StudyContext = Context<typeof STUDY_OPTIONS>;
