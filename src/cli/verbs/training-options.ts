import { labelledTasks } from "../../tasks/index.ts";
import type { OptionTable } from "../verb.ts";

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
  text_column_name: { type: "list", unit: "column[,column]", help: "Text column, or two for pairs; left out, guessed." },
  label_column_name: { type: "string", unit: "column", help: "Label column; left out, guessed." },
  max_train_samples: { type: "integer", unit: "rows", min: 1, help: "Train on at most so many of the first rows." },
  max_seq_length: { type: "integer", unit: "tokens", min: 4, default: 128, help: "Longer texts are cut off." },
} as const satisfies OptionTable;

/** What the labels mean, and what they weigh. */
export const TASK_OPTIONS = {
  problem_type: {
    type: "string",
    choices: labelledTasks,
    aliases: ["task"],
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

/** Where and when a sparse pattern applies. */
export const PLAN_OPTIONS = {
  attention_layers: {
    type: "integers",
    unit: "layer,layer",
    min: 0,
    help: "Layers the pattern applies to, from 0; left out, all.",
  },
  attention_heads: { type: "integers", unit: "head,head", min: 0, help: "Heads the pattern applies to, from 0; left out, all." },
  sparsity_ramp_steps: {
    type: "integer",
    unit: "steps",
    min: 1,
    help: "Updates over which the sparsity grows; left out, full at once.",
  },
} as const satisfies OptionTable;

/** How to train. Defaults are the usual recipe for fine-tuning encoders on GLUE; the reason stands beside each. */
export const TRAINING_OPTIONS = {
  // 2e-5 to 5e-5 is BERT's own range; the low end is the stable one (Mosbach 2021).
  learning_rate: { type: "number", min: 0, default: 2e-5, aliases: ["lr"], help: "Peak learning rate." },
  per_device_train_batch_size: { type: "integer", unit: "examples", min: 1, default: 32, help: "Examples in a training batch." },
  per_device_eval_batch_size: {
    type: "integer",
    unit: "examples",
    min: 1,
    default: 64,
    help: "Examples in an evaluation batch.",
  },
  gradient_accumulation_steps: {
    type: "integer",
    unit: "batches",
    min: 1,
    default: 1,
    help: "Batches added up before each update.",
  },
  num_train_epochs: { type: "number", unit: "epochs", min: 0, default: 3, help: "Passes over the training examples." },
  max_steps: { type: "integer", unit: "steps", default: -1, help: "Updates in all; above 0 it overrides the epochs." },
  // A tenth of training, as in Mosbach 2021: no warm-up is the commonest cause of failed BERT runs.
  warmup_steps: {
    type: "number",
    unit: "steps",
    min: 0,
    default: 0.1,
    help: "Updates of linear warm-up; below 1, a share of all.",
  },
  lr_scheduler_type: {
    type: "string",
    choices: ["linear", "constant"],
    default: "linear",
    help: "Course of the learning rate after warm-up.",
  },
  weight_decay: { type: "number", min: 0, default: 0.01, help: "Decoupled decay; not applied to biases and LayerNorm." },
  max_grad_norm: { type: "number", min: 0, default: 1, help: "Global gradient norm is clipped to this; 0 turns clipping off." },
  label_smoothing_factor: { type: "number", min: 0, max: 1, default: 0, help: "Share of each label spread over all classes." },
  adam_beta1: { type: "number", min: 0, max: 1, default: 0.9, help: "AdamW's decay of the first moment." },
  adam_beta2: { type: "number", min: 0, max: 1, default: 0.999, help: "AdamW's decay of the second moment." },
  adam_epsilon: { type: "number", min: 0, default: 1e-8, help: "AdamW's epsilon." },
  seed: { type: "integer", min: 0, default: 42, help: "Seed of new weights, data order and dropout." },
  data_seed: { type: "integer", min: 0, help: "Seed of the data order alone; left out, the seed." },
  eval_strategy: { type: "string", choices: ["no", "steps", "epoch"], default: "epoch", help: "When to evaluate." },
  eval_steps: { type: "integer", unit: "steps", min: 1, help: "Updates between evaluations, with --eval_strategy steps." },
  early_stopping_patience: {
    type: "integer",
    unit: "evaluations",
    min: 1,
    help: "Stop after so many evaluations without a better one.",
  },
  load_best_model_at_end: { type: "boolean", help: "Keep the best evaluated weights, not the last." },
  save_steps: { type: "integer", unit: "steps", min: 1, help: "Updates between checkpoints; left out, one an epoch." },
  save_total_limit: { type: "integer", unit: "checkpoints", min: 1, default: 1, help: "Older checkpoints are deleted." },
  output_dir: {
    type: "string",
    unit: "folder",
    help: "Where the model and the checkpoints go; left out, <name of the data>-model.",
  },
  overwrite_output_dir: { type: "boolean", help: "Write into an output folder that is not empty." },
  resume_from_checkpoint: { type: "string", unit: "folder", help: "Continue this run exactly where it stopped." },
} as const satisfies OptionTable;
