import { expectedGot, printedJson } from "../../errors/index.ts";
import { DEFAULT_TASK, isProblemType, namesOutputs, problemTypes, type TaskName, taskOfHead, tasks } from "../../tasks/index.ts";
import { families } from "../families/families.ts";
import { ConfigReader, isObject } from "./config-reader.ts";
import type { EncoderConfig, EncoderFamily } from "./encoder-config.ts";

/** A graph has nodes for each layer: a damaged number of them must not fill the memory. */
const MOST_LAYERS = 1000;

/**
 * Read a Hugging Face `config.json`; absent keys get the defaults of transformers' classes.
 *
 * @param json - The parsed file.
 * @param where - File name for messages.
 * @returns The config; label names are `LABEL_0`, `LABEL_1`, … where the file names none.
 * @throws `config/type` for a value of the wrong kind, `config/unknown-family`, `config/heads`, `config/unknown-activation`,
 *   `config/positions`, `config/labels`, `config/unsupported`.
 * @example
 * const config = parseEncoderConfig(JSON.parse(text), "config.json");
 * config.hiddenSize / config.heads; // head width d
 *
 * Source: the configuration classes of transformers 5.23.
 */
export function parseEncoderConfig(json: unknown, where = "config.json"): EncoderConfig {
  if (!isObject(json)) throw expectedGot("config/type", where, "a JSON object", printedJson(json));
  const name = json.model_type;
  if (typeof name !== "string" || !isFamily(name)) {
    const rule = `a model_type that is one of ${Object.keys(families).join(", ")}`;
    const got = name === undefined ? "none" : printedJson(name);
    throw expectedGot("config/unknown-family", where, rule, got, "docs/add-a-model.md shows how to add one.");
  }
  const { keys, readOwn } = families[name];
  const read = new ConfigReader(json, where);
  refuseVariants(read);

  const hiddenSize = read.count(...keys.hiddenSize);
  const heads = read.count(...keys.heads);
  if (hiddenSize % heads !== 0) {
    throw expectedGot("config/heads", where, `${keys.heads[0]} to divide ${keys.hiddenSize[0]} ${hiddenSize}`, heads);
  }
  const vocabSize = keys.vocabSize ? read.count(...keys.vocabSize) : 0;
  const padTokenId = keys.padTokenId ? read.count(...keys.padTokenId, 0) : 0;
  if (keys.padTokenId && padTokenId >= vocabSize)
    throw read.wrongType(keys.padTokenId[0], `below vocab_size ${vocabSize}`, padTokenId);
  const hiddenDropout = read.share(...keys.hiddenDropout);
  const named = readLabels(read);
  const task = readTask(read, named);
  const labels = namesOutputs(task) ? named : [];
  const config: EncoderConfig = {
    family: name,
    task,
    vocabSize,
    hiddenSize,
    embeddingSize: hiddenSize,
    layers: read.count(...keys.layers, 1, MOST_LAYERS),
    heads,
    intermediateSize: read.count(...keys.intermediateSize),
    maxPositions: keys.maxPositions ? read.count(...keys.maxPositions) : 0,
    positionOffset: 0,
    typeVocabSize: 0,
    hiddenDropout,
    attentionDropout: read.share(...keys.attentionDropout),
    activation: read.activation(...keys.activation),
    initializerRange: read.number(...keys.initializerRange, "a number of at least 0", (range) => range >= 0 && range < Infinity),
    padTokenId,
    labels,
    numLabels: labels.length,
    sinusoidalPositions: false,
    ...readOwn(read, { hiddenSize, hiddenDropout, padTokenId }),
  };
  if (config.positionOffset === 0) return config;
  const usable = config.maxPositions - config.positionOffset;
  if (usable < 1) throw read.wrongType(keys.maxPositions![0], `above ${config.positionOffset}`, config.maxPositions);
  return { ...config, maxPositions: usable };
}

/**
 * The inverse of `parseEncoderConfig`: what transformers needs to load the saved weights with their head.
 *
 * @param config - Labels included; they become `id2label` and `label2id`.
 * @returns A plain object for `JSON.stringify`.
 * @example
 * writeFileSync("config.json", JSON.stringify(toHuggingFaceConfig(config), null, 2));
 */
export function toHuggingFaceConfig(config: EncoderConfig): Record<string, unknown> {
  const { keys, className, writeOwn } = families[config.family];
  const counted = { ...config, maxPositions: config.maxPositions + config.positionOffset };
  const named = Object.entries(keys).map(([field, [key]]) => [key, counted[field as keyof typeof keys]]);
  const suffix = config.image ? "ForImageClassification" : tasks[config.task].head.architecture;
  return {
    architectures: [`${className}${suffix}`],
    model_type: config.family,
    ...Object.fromEntries(named),
    ...writeOwn(config),
    ...(namesOutputs(config.task) && {
      id2label: Object.fromEntries(config.labels.map((label, id) => [id, label])),
      label2id: Object.fromEntries(config.labels.map((label, id) => [label, id])),
    }),
    ...(isProblemType(config.task) && { problem_type: config.task }),
    dtype: "float32",
    torch_dtype: "float32", // the key's name before transformers 5
  };
}

/**
 * The same encoder with another head.
 *
 * @param labels - Class names by class index, each once; none where the task has no labels.
 * @param task - Default `single_label_classification`.
 * @throws `config/labels` when there are none or one stands twice; `config/unsupported` when the family has no such head.
 */
export function withLabels(config: EncoderConfig, labels: readonly string[], task: TaskName = DEFAULT_TASK): EncoderConfig {
  const family = families[config.family];
  const { head } = tasks[task];
  if (head.needs && !family[head.needs]) throw expectedGot("config/unsupported", task, "an encoder of texts", config.family);
  const checked = namesOutputs(task) ? checkLabels(labels, "labels") : [];
  return { ...config, task, labels: checked, numLabels: checked.length };
}

const isFamily = (name: string): name is EncoderFamily => Object.hasOwn(families, name);

/** Settings that change the computation, and that no family here computes. */
function refuseVariants(read: ConfigReader): void {
  const positions = read.json.position_embedding_type ?? "absolute";
  if (positions !== "absolute") {
    const hint = "Relative positions are not supported.";
    const got = printedJson(positions);
    throw expectedGot("config/positions", read.where, 'position_embedding_type "absolute"', got, hint);
  }
  for (const key of ["is_decoder", "add_cross_attention"]) {
    if (read.flag(key)) throw read.unsupported(`${key} false`, true, "Only encoders are supported.");
  }
  const pruned = read.json.pruned_heads;
  if (isObject(pruned) && Object.keys(pruned).length > 0)
    throw read.unsupported("no pruned_heads", pruned, "Use the model before pruning.");
}

/** `problem_type`, else the class that wrote the file; one output is a regression, as in transformers. */
function readTask(read: ConfigReader, labels: readonly string[]): TaskName {
  const problem = read.json.problem_type ?? undefined;
  if (problem !== undefined && !isProblemType(problem)) {
    const rule = `problem_type to be ${problemTypes.slice(0, -1).join(", ")} or ${problemTypes.at(-1)}`;
    throw expectedGot("config/type", read.where, rule, printedJson(problem));
  }
  const [named] = Array.isArray(read.json.architectures) ? read.json.architectures : [];
  const architecture = typeof named === "string" ? named : undefined;
  return taskOfHead({ problemType: problem, architecture, outputs: labels.length });
}

/** A damaged number of classes must not fill the memory with names. */
const MOST_UNNAMED = 30_000;

/** `id2label` wins over `num_labels`, as in transformers; with neither there are two classes. */
function readLabels(read: ConfigReader): readonly string[] {
  const { where, json } = read;
  const named = json.id2label ?? undefined;
  if (named === undefined) {
    return Array.from({ length: read.count("num_labels", 2, 1, MOST_UNNAMED) }, (_, id) => `LABEL_${id}`);
  }
  if (!isObject(named)) throw read.wrongType("id2label", "an object from class index to name", named);
  const ids = Object.keys(named);
  const labels = ids.map((_, id) => named[id]);
  if (!labels.every((label) => typeof label === "string")) {
    throw expectedGot("config/labels", where, `id2label to name classes 0 to ${ids.length - 1}`, printedJson(named));
  }
  checkLabels(labels, where);
  const inverse = json.label2id;
  if (isObject(inverse)) {
    const wrong = labels.find((label, id) => Object.hasOwn(inverse, label) && inverse[label] !== id);
    if (wrong !== undefined) {
      const rule = `label2id to give ${JSON.stringify(wrong)} the index ${labels.indexOf(wrong)} of id2label`;
      throw expectedGot("config/labels", where, rule, inverse[wrong]);
    }
  }
  return labels;
}

function checkLabels(labels: readonly string[], where: string): readonly string[] {
  if (labels.length === 0) throw expectedGot("config/labels", where, "at least one class", "none");
  const seen = new Set<string>();
  for (const label of labels) {
    if (seen.has(label)) throw expectedGot("config/labels", where, "each class name once", `${JSON.stringify(label)} twice`);
    seen.add(label);
  }
  return [...labels];
}
