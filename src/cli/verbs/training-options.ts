import { cores, dropouts, normalisers } from "../../attention/index.ts";
import { ENCODINGS } from "../../data/index.ts";
import { labelledTasks } from "../../tasks/index.ts";
import { trainingOptionTable } from "../../training/index.ts";
import type { OptionTable } from "../verb.ts";

/** How tables are read. */
export const READING_OPTIONS = {
  encoding: {
    type: "string",
    choices: ENCODINGS,
    help: "Of text files; left out, UTF-8, or UTF-16 or windows-1252 where a file looks so.",
  },
  skip_bad_rows: {
    type: "boolean",
    help: "Leave out rows without a text, a label or all cells, and say how many; otherwise they are errors.",
  },
} as const satisfies OptionTable;

/** Where the texts come from; names and meanings are those of transformers' example scripts. */
export const DATA_OPTIONS = {
  train_file: { type: "string", unit: "file", help: "Labelled texts: TSV, CSV or JSONL, gzip of each, or Parquet." },
  dataset_name: { type: "string", unit: "name", help: "Data set on the Hugging Face Hub instead, e.g. glue/mrpc." },
  dataset_config_name: { type: "string", unit: "name", help: "Its subset, where it has several." },
  dataset_revision: { type: "string", unit: "branch|tag|commit", help: "Its revision; left out, main." },
  streaming: { type: "boolean", help: "Leave the training data on disk; so it is from 512 MB on anyway." },
  validation_file: {
    type: "string",
    unit: "file",
    help: "Evaluated during training; left out, a share of the training file is held out.",
  },
  test_file: { type: "string", unit: "file", help: "Evaluated once, at the end." },
  text_column_name: {
    type: "list",
    unit: "column[,column]",
    inCode: ["textColumn", "pairColumn"],
    help: "Text column, or two for pairs; left out, guessed.",
  },
  label_column_name: { type: "string", unit: "column", inCode: ["labelColumn"], help: "Label column; left out, guessed." },
  ...READING_OPTIONS,
  max_train_samples: { type: "integer", unit: "rows", min: 1, help: "Train on at most so many of the first rows." },
  max_seq_length: {
    type: "integer",
    unit: "tokens",
    min: 4,
    default: 128,
    aliases: ["max_length"],
    inCode: ["maxLength"],
    help: "Longer texts are cut off.",
  },
} as const satisfies OptionTable;

/** What the labels mean, and what they weigh. */
export const TASK_OPTIONS = {
  problem_type: {
    type: "string",
    choices: labelledTasks,
    aliases: ["task"],
    inCode: ["task"],
    help: "What the labels are; left out, one class, or what lists in the data say.",
  },
  class_weights: { type: "list", unit: "balanced|number,number", help: "Factor of each class in the loss, in class order." },
} as const satisfies OptionTable;

/** Which network, from where. */
export const MODEL_OPTIONS = {
  model_name_or_path: {
    type: "string",
    unit: "folder|name",
    aliases: ["model"],
    help: "Hugging Face model folder to start from, or the name of a model on the Hub.",
  },
  model_revision: { type: "string", unit: "branch|tag|commit", help: "Revision of a model on the Hub; left out, main." },
  attention: { type: "string", unit: "pattern", default: "dense", help: "dense, or a pattern such as topK(sparsity=0.8)." },
} as const satisfies OptionTable;

/** What computes. */
export const DEVICE_OPTION = {
  type: "string",
  choices: ["auto", "cpu", "webgpu", "cuda"],
  help: "What computes; auto takes WebGPU where a GPU is found and is faster.",
} as const satisfies OptionTable[string];

/** Of what only evaluates. */
export const VERIFY_OPTION = {
  type: "boolean",
  help: "Compare the hashes of all the model's files first; without it, sizes, and hashes where times differ.",
} as const;

export const BATCH_OPTION = {
  type: "integer",
  unit: "examples",
  min: 1,
  default: 64,
  aliases: ["batch_size"],
  help: "Examples in a batch.",
} as const satisfies OptionTable[string];

/** Where and when a sparse pattern applies. */
export const PLAN_OPTIONS = {
  attention_layers: {
    type: "integers",
    unit: "layer,layer",
    min: 0,
    inCode: ["attention.layers"],
    help: "Layers the pattern applies to, from 0; left out, all.",
  },
  attention_heads: {
    type: "integers",
    unit: "head,head",
    min: 0,
    inCode: ["attention.heads"],
    help: "Heads the pattern applies to, from 0; left out, all.",
  },
  attention_core: {
    type: "string",
    choices: ["auto", ...Object.keys(cores)],
    default: "auto",
    inCode: ["attention.core"],
    help: "How attention is computed; auto takes what is faster.",
  },
  attention_normaliser: {
    type: "string",
    choices: Object.keys(normalisers),
    default: "softmax",
    inCode: ["attention.normaliser"],
    help: "Rule that makes probabilities of a query's kept scores.",
  },
  attention_dropout_type: {
    type: "string",
    choices: Object.keys(dropouts),
    default: "standard",
    inCode: ["attention.dropout"],
    help: "What dropout takes from attention; elements and columns: DropAttention.",
  },
  sparsity_ramp_steps: {
    type: "integer",
    unit: "steps",
    min: 1,
    inCode: ["attention.rampSteps"],
    help: "Updates over which the sparsity grows; left out, full at once.",
  },
} as const satisfies OptionTable;

/** Who is told how it goes. */
export const TRACKING_OPTIONS = {
  report_to: {
    type: "list",
    unit: "name[,name]",
    help: "Trackers to tell: tensorboard, mlflow, trackio; all that are set up; or none, as when left out.",
  },
  logging_dir: {
    type: "string",
    unit: "folder",
    help: "TensorBoard's files, a folder for each run; left out, tensorboard in the output folder.",
  },
} as const satisfies OptionTable;

export const RUN_NAME_OPTION = {
  type: "string",
  unit: "name",
  help: "What trackers call the run; left out, as the output folder.",
} as const satisfies OptionTable[string];

/** How to train, and where the result goes. */
export const TRAINING_OPTIONS = {
  ...trainingOptionTable,
  seed: { type: "integer", min: 0, default: 42, help: "Seed of new weights, data order and dropout." },
  output_dir: {
    type: "string",
    unit: "folder",
    help: "Where the model and the checkpoints go; left out, <name of the data>-model.",
  },
  overwrite_output_dir: { type: "boolean", help: "Write into an output folder that is not empty." },
  resume_from_checkpoint: { type: "string", unit: "folder", help: "Continue this run exactly where it stopped." },
} as const satisfies OptionTable;
