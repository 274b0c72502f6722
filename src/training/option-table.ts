import type { ForeignOptions, OptionTable } from "./option-spec.ts";

/**
 * How to train, by Hugging Face's names: the one place that says of each option its type, default, range and meaning.
 *
 * Defaults are the usual recipe for fine-tuning encoders on GLUE; the reason stands beside each.
 */
export const trainingOptionTable = {
  // 2e-5 to 5e-5 is BERT's own range; the low end is the stable one (Mosbach 2021).
  learning_rate: { type: "number", min: 0, default: 2e-5, aliases: ["lr"], help: "Peak learning rate." },
  per_device_train_batch_size: {
    type: "integer",
    unit: "examples",
    min: 1,
    default: 32,
    aliases: ["batch_size"],
    help: "Examples in a training batch.",
  },
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
  // It costs about a third more time, so that it is for those who run out of memory.
  gradient_checkpointing: {
    type: "boolean",
    help: "Keep one tensor a layer for the backward pass and compute the rest again: less memory, more time.",
  },
  auto_find_batch_size: {
    type: "boolean",
    help: "Where a batch would not fit in memory, divide it and accumulate: the same update in more pieces.",
  },
  num_train_epochs: {
    type: "number",
    unit: "epochs",
    min: 0,
    default: 3,
    aliases: ["epochs"],
    help: "Passes over the training examples.",
  },
  max_steps: { type: "integer", unit: "steps", min: -1, default: -1, help: "Updates in all; above 0 it overrides the epochs." },
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
  label_smoothing_factor: { type: "number", min: 0, below: 1, default: 0, help: "Share of each label spread over all classes." },
  hidden_dropout_prob: {
    type: "number",
    min: 0,
    below: 1,
    aliases: ["dropout"],
    help: "Dropout of hidden states and before the classifier; left out, as the model's config.json has it.",
  },
  attention_probs_dropout_prob: {
    type: "number",
    min: 0,
    below: 1,
    aliases: ["attention_dropout"],
    help: "Dropout of attention probabilities; left out, as the model's config.json has it.",
  },
  // 1 to 5 in the paper; every batch goes through the model twice, so that a step takes twice as long.
  r_drop_alpha: {
    type: "number",
    min: 0,
    help: "R-Drop: weight of the divergence of two passes with other dropout; left out, one pass.",
  },
  // half and half is DistilBERT's and transformers' example's usual choice; see docs/choosing-settings.md
  distillation_alpha: {
    type: "number",
    min: 0,
    max: 1,
    help: "With a teacher: its share in the loss; left out, 0.5.",
  },
  distillation_temperature: {
    type: "number",
    min: 0.1,
    max: 100,
    help: "With a teacher: temperature of both softmaxes; left out, 2.",
  },
  num_hidden_layers: {
    type: "integer",
    unit: "layers",
    min: 1,
    help: "Start from so many of the model's layers, evenly spread from the first to the last; left out, from all.",
  },
  quantization_aware: {
    type: "string",
    choices: ["int8"],
    help: "Train with the rounding that --quantize int8 will do, so that it costs less; a step takes longer.",
  },
  lora_rank: {
    type: "integer",
    min: 1,
    help: "Train low-rank adapters of this rank and the head, instead of the encoder; they are merged into the saved model.",
  },
  // As large as twice the rank in most recipes; PEFT's default is 8 whatever the rank.
  lora_alpha: { type: "number", min: 0, help: "What adapters add is scaled by this over the rank; left out, twice the rank." },
  lora_target_modules: {
    type: "list",
    unit: "names",
    help: "Linear layers that get adapters, by the last part of their names, such as query,value; left out, all of the encoder's layers.",
  },
  layerwise_lr_decay: {
    type: "number",
    min: 0,
    max: 1,
    help: "Factor of the learning rate from each layer to the one below it; left out, all learn at the same rate.",
  },
  freeze: {
    type: "list",
    unit: "places",
    help: "What keeps its values: embeddings, encoder (all but the head), or layers by number, such as embeddings,0-3.",
  },
  adam_beta1: { type: "number", min: 0, below: 1, default: 0.9, help: "AdamW's decay of the first moment." },
  adam_beta2: { type: "number", min: 0, below: 1, default: 0.999, help: "AdamW's decay of the second moment." },
  adam_epsilon: { type: "number", min: 0, default: 1e-8, help: "AdamW's epsilon." },
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
} as const satisfies OptionTable;

const PRECISION = "Crisp trains in float32. Leave it out.";

/** Options of transformers' Trainer that mean nothing here. */
export const foreignTrainingOptions: ForeignOptions = {
  fp16: PRECISION,
  bf16: PRECISION,
  tf32: PRECISION,
  do_train: "crisp train trains, and evaluates what it trained. Leave it out.",
  do_eval: "crisp train evaluates what it trained; crisp eval evaluates any model. Leave it out.",
  do_predict: "crisp predict predicts. Leave it out.",
};
