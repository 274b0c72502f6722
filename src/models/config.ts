import { type CrispError, expectedGot } from "../errors/index.ts";

export type EncoderFamily = "bert" | "distilbert";
/** `gelu` is the exact one, `gelu_new` the tanh approximation. */
export type Activation = "gelu" | "gelu_new" | "relu" | "silu" | "tanh";

/** An encoder with a sequence-classification head, in one vocabulary for every family. */
export interface EncoderConfig {
  readonly family: EncoderFamily;
  readonly vocabSize: number;
  /** D */
  readonly hiddenSize: number;
  readonly layers: number;
  /** H; D / H is the head width. */
  readonly heads: number;
  /** F */
  readonly intermediateSize: number;
  /** The longest sequence, in tokens. */
  readonly maxPositions: number;
  /** 0 where the family has no token types. */
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  /** Dropout after the embeddings and each sub-layer. */
  readonly hiddenDropout: number;
  /** Dropout on attention probabilities. */
  readonly attentionDropout: number;
  /** Dropout before the classifier. */
  readonly classifierDropout: number;
  /** Of the feed-forward layer; BERT's pooler is always tanh, DistilBERT's pre-classifier always ReLU. */
  readonly activation: Activation;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** Class names by class index. */
  readonly labels: readonly string[];
  /** C, `labels.length`. */
  readonly numLabels: number;
  readonly positionEmbeddingType: "absolute";
  /** DistilBERT only: positions are fixed sines and cosines, which training leaves alone. */
  readonly sinusoidalPositions: boolean;
}

/** Which key of config.json holds a field, and the value transformers gives it when the key is absent. */
interface Keys {
  readonly vocabSize: readonly [string, number];
  readonly hiddenSize: readonly [string, number];
  readonly layers: readonly [string, number];
  readonly heads: readonly [string, number];
  readonly intermediateSize: readonly [string, number];
  readonly maxPositions: readonly [string, number];
  readonly hiddenDropout: readonly [string, number];
  readonly attentionDropout: readonly [string, number];
  readonly activation: readonly [string, Activation];
}

const families: Readonly<Record<EncoderFamily, Keys>> = {
  bert: {
    vocabSize: ["vocab_size", 30522],
    hiddenSize: ["hidden_size", 768],
    layers: ["num_hidden_layers", 12],
    heads: ["num_attention_heads", 12],
    intermediateSize: ["intermediate_size", 3072],
    maxPositions: ["max_position_embeddings", 512],
    hiddenDropout: ["hidden_dropout_prob", 0.1],
    attentionDropout: ["attention_probs_dropout_prob", 0.1],
    activation: ["hidden_act", "gelu"],
  },
  distilbert: {
    vocabSize: ["vocab_size", 30522],
    hiddenSize: ["dim", 768],
    layers: ["n_layers", 6],
    heads: ["n_heads", 12],
    intermediateSize: ["hidden_dim", 3072],
    maxPositions: ["max_position_embeddings", 512],
    hiddenDropout: ["dropout", 0.1],
    attentionDropout: ["attention_dropout", 0.1],
    activation: ["activation", "gelu"],
  },
};

/** transformers' names of the same function. */
const activations: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  relu: "relu",
  silu: "silu",
  swish: "silu",
  tanh: "tanh",
};

/**
 * Read a Hugging Face `config.json` of BERT or DistilBERT; absent keys get the defaults of transformers' classes.
 *
 * @param json - The parsed file.
 * @param where - File name for messages.
 * @returns The configuration; label names are `LABEL_0`, `LABEL_1`, … where the file names none.
 * @throws `config/type` for a value of the wrong kind, `config/unknown-family`, `config/heads`, `config/unknown-activation`,
 *   `config/positions`, `config/labels`, `config/unsupported`.
 * @example
 * const config = parseEncoderConfig(JSON.parse(text), "config.json");
 * config.hiddenSize / config.heads; // head width d
 *
 * Source: `BertConfig` and `DistilBertConfig` of transformers 5.23.
 */
export function parseEncoderConfig(json: unknown, where = "config.json"): EncoderConfig {
  if (!isObject(json)) throw expectedGot("config/type", where, "a JSON object", JSON.stringify(json));
  const family = json.model_type;
  if (typeof family !== "string" || !isFamily(family)) {
    const known = Object.keys(families).join(", ");
    const got = family === undefined ? "none" : JSON.stringify(family);
    throw expectedGot(
      "config/unknown-family",
      where,
      `a model_type that is one of ${known}`,
      got,
      "docs/add-a-model.md shows how to add one.",
    );
  }
  refuseVariants(json, where);

  const count = (key: string, fallback: number, least = 1): number => {
    const value = json[key] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw wrongType(where, key, `a whole number of at least ${least}`, value);
    return value as number;
  };
  const number = (key: string, fallback: number, rule: string, fits: (value: number) => boolean): number => {
    const value = json[key] ?? fallback;
    if (typeof value !== "number" || !fits(value)) throw wrongType(where, key, rule, value);
    return value;
  };
  const share = (key: string, fallback: number): number => number(key, fallback, "a number in [0, 1)", (p) => p >= 0 && p < 1);

  const keys = families[family];
  const hiddenSize = count(...keys.hiddenSize);
  const heads = count(...keys.heads);
  if (hiddenSize % heads !== 0) {
    throw expectedGot("config/heads", where, `${keys.heads[0]} to divide ${keys.hiddenSize[0]} ${hiddenSize}`, heads);
  }
  const vocabSize = count(...keys.vocabSize);
  const padTokenId = count("pad_token_id", 0, 0);
  if (padTokenId >= vocabSize) throw wrongType(where, "pad_token_id", `below vocab_size ${vocabSize}`, padTokenId);
  const hiddenDropout = share(...keys.hiddenDropout);
  const labels = readLabels(json, where);
  const bert = family === "bert";
  return {
    family,
    vocabSize,
    hiddenSize,
    layers: count(...keys.layers),
    heads,
    intermediateSize: count(...keys.intermediateSize),
    maxPositions: count(...keys.maxPositions),
    typeVocabSize: bert ? count("type_vocab_size", 2) : 0,
    layerNormEps: bert ? number("layer_norm_eps", 1e-12, "a number above 0", (eps) => eps > 0) : 1e-12,
    hiddenDropout,
    attentionDropout: share(...keys.attentionDropout),
    classifierDropout: bert ? share("classifier_dropout", hiddenDropout) : share("seq_classif_dropout", 0.2),
    activation: readActivation(json, keys.activation, where),
    initializerRange: number("initializer_range", 0.02, "a number of at least 0", (range) => range >= 0),
    padTokenId,
    labels,
    numLabels: labels.length,
    positionEmbeddingType: "absolute",
    sinusoidalPositions: !bert && readFlag(json, "sinusoidal_pos_embds", where),
  };
}

/**
 * The inverse of `parseEncoderConfig`: what transformers needs to load the saved weights as a sequence classifier.
 *
 * @param config - Labels included; they become `id2label` and `label2id`.
 * @returns A plain object for `JSON.stringify`.
 * @example
 * writeFileSync("config.json", JSON.stringify(toHuggingFaceConfig(config), null, 2));
 */
export function toHuggingFaceConfig(config: EncoderConfig): Record<string, unknown> {
  const keys = families[config.family];
  const named = Object.entries(keys).map(([field, [key]]) => [key, config[field as keyof Keys]]);
  const bert = config.family === "bert";
  const own = bert
    ? {
        type_vocab_size: config.typeVocabSize,
        layer_norm_eps: config.layerNormEps,
        classifier_dropout: config.classifierDropout,
        position_embedding_type: config.positionEmbeddingType,
      }
    : { seq_classif_dropout: config.classifierDropout, sinusoidal_pos_embds: config.sinusoidalPositions };
  return {
    architectures: [bert ? "BertForSequenceClassification" : "DistilBertForSequenceClassification"],
    model_type: config.family,
    ...Object.fromEntries(named),
    ...own,
    initializer_range: config.initializerRange,
    pad_token_id: config.padTokenId,
    id2label: Object.fromEntries(config.labels.map((label, id) => [id, label])),
    label2id: Object.fromEntries(config.labels.map((label, id) => [label, id])),
    problem_type: "single_label_classification",
    dtype: "float32",
    torch_dtype: "float32", // the key's name before transformers 5
  };
}

/**
 * The same encoder with other classes.
 *
 * @param labels - Class names by class index, each once.
 * @throws `config/labels` when there are none or one stands twice.
 */
export function withLabels(config: EncoderConfig, labels: readonly string[]): EncoderConfig {
  return { ...config, labels: checkLabels(labels, "labels"), numLabels: labels.length };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isFamily = (name: string): name is EncoderFamily => Object.hasOwn(families, name);
const wrongType = (where: string, key: string, rule: string, got: unknown): CrispError =>
  expectedGot("config/type", where, `${key} to be ${rule}`, JSON.stringify(got));

/** Settings that change the computation, and that this implementation does not compute. */
function refuseVariants(json: Record<string, unknown>, where: string): void {
  const positions = json.position_embedding_type ?? "absolute";
  if (positions !== "absolute") {
    throw expectedGot(
      "config/positions",
      where,
      'position_embedding_type "absolute"',
      JSON.stringify(positions),
      "Relative positions are not supported.",
    );
  }
  for (const key of ["is_decoder", "add_cross_attention"]) {
    if (readFlag(json, key, where))
      throw expectedGot("config/unsupported", where, `${key} false`, true, "Only encoders are supported.");
  }
  const pruned = json.pruned_heads;
  if (isObject(pruned) && Object.keys(pruned).length > 0) {
    throw expectedGot("config/unsupported", where, "no pruned_heads", JSON.stringify(pruned), "Use the model before pruning.");
  }
}

function readFlag(json: Record<string, unknown>, key: string, where: string): boolean {
  const value = json[key] ?? false;
  if (typeof value !== "boolean") throw wrongType(where, key, "true or false", value);
  return value;
}

function readActivation(
  json: Record<string, unknown>,
  [key, fallback]: readonly [string, Activation],
  where: string,
): Activation {
  const name = json[key] ?? fallback;
  if (typeof name !== "string" || !Object.hasOwn(activations, name)) {
    throw expectedGot(
      "config/unknown-activation",
      where,
      `${key} to be one of ${Object.keys(activations).join(", ")}`,
      JSON.stringify(name),
    );
  }
  return activations[name];
}

/** `id2label` wins over `num_labels`, as in transformers; with neither there are two classes. */
function readLabels(json: Record<string, unknown>, where: string): readonly string[] {
  const named = json.id2label ?? undefined;
  if (named === undefined) {
    const count = json.num_labels ?? 2;
    if (!Number.isSafeInteger(count) || (count as number) < 1)
      throw wrongType(where, "num_labels", "a whole number of at least 1", count);
    return Array.from({ length: count as number }, (_, id) => `LABEL_${id}`);
  }
  if (!isObject(named)) throw wrongType(where, "id2label", "an object from class index to name", named);
  const ids = Object.keys(named);
  const labels = ids.map((_, id) => named[id]);
  if (!labels.every((label) => typeof label === "string")) {
    throw expectedGot("config/labels", where, `id2label to name classes 0 to ${ids.length - 1}`, JSON.stringify(named));
  }
  checkLabels(labels, where);
  const inverse = json.label2id;
  if (isObject(inverse)) {
    const wrong = labels.find((label, id) => Object.hasOwn(inverse, label) && inverse[label] !== id);
    if (wrong !== undefined) {
      throw expectedGot(
        "config/labels",
        where,
        `label2id to give ${JSON.stringify(wrong)} the index ${labels.indexOf(wrong)} of id2label`,
        inverse[wrong],
      );
    }
  }
  return labels;
}

function checkLabels(labels: readonly string[], where: string): readonly string[] {
  if (labels.length === 0) throw expectedGot("config/labels", where, "at least one class", "none");
  const repeated = labels.find((label, id) => labels.indexOf(label) !== id);
  if (repeated !== undefined)
    throw expectedGot("config/labels", where, "each class name once", `${JSON.stringify(repeated)} twice`);
  return [...labels];
}
