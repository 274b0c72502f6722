import { add, gather, type Node, reshape, tanh } from "../../graph/index.ts";
import { type AttentionNodes, attention } from "../layers/attention.ts";
import { classifyTokens, decode, firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";
import { bertLayerNames, bertParts, type LayerParts, meanLayer } from "./mean-layer.ts";

/**
 * BERT, as transformers' `BertFor…` classes define it.
 *
 *     x = LayerNorm(word + position + type)
 *     x = LayerNorm(x + attention(x));  x = LayerNorm(x + W₂ act(W₁ x))      for each layer
 *     sequence: logits = W_c tanh(W_p x[CLS]);  tokens: W_c x;  masked tokens: E LayerNorm(act(W_t x)) + b, E the word embeddings
 *
 * @see Devlin et al., arXiv 1810.04805.
 */
export const bert: Family = {
  name: "bert",
  className: "Bert",
  prefix: "bert",
  keys: {
    vocabSize: ["vocab_size", 30522],
    hiddenSize: ["hidden_size", 768],
    layers: ["num_hidden_layers", 12],
    heads: ["num_attention_heads", 12],
    intermediateSize: ["intermediate_size", 3072],
    maxPositions: ["max_position_embeddings", 512],
    hiddenDropout: ["hidden_dropout_prob", 0.1],
    attentionDropout: ["attention_probs_dropout_prob", 0.1],
    activation: ["hidden_act", "gelu"],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 0],
  },
  readOwn: (read, { hiddenDropout }) => ({
    typeVocabSize: read.count("type_vocab_size", 2),
    layerNormEps: read.positive("layer_norm_eps", 1e-12),
    classifierDropout: read.share("classifier_dropout", hiddenDropout),
  }),
  writeOwn: ({ typeVocabSize, layerNormEps, classifierDropout }) => ({
    type_vocab_size: typeVocabSize,
    layer_norm_eps: layerNormEps,
    classifier_dropout: classifierDropout,
    position_embedding_type: "absolute",
  }),
  encode,
  poolSequence(hidden, build) {
    const { hiddenSize: D } = build.config;
    return tanh(build.parameters.linear(firstToken(hidden, build), "bert.pooler.dense", D, D)); // [B, D]
  },
  classifier: "classifier",
  meanPooled: (config) => meanLayer(config, bertLayerNames("bert", "bert.pooler.dense"), { gain: 0.2, bias: 0 }),
  classifyTokens,
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, layerNormEps: eps, activation } = config;
    const head = "cls.predictions";
    const inner = activations[activation](parameters.linear(rows, `${head}.transform.dense`, D, D)); // [M, D]
    const normed = parameters.layerNorm(inner, `${head}.transform.LayerNorm`, D, eps); // [M, D]
    return decode(normed, "bert.embeddings.word_embeddings.weight", `${head}.bias`, build); // [M, V]
  },
  decoder: "cls.predictions.decoder.weight",
  otherHeads: [
    /^cls\./, // pre-training
    /^fit_dense(s\.\d+)?\./, // TinyBERT's distillation layers
  ],
  poolers: /^bert\.pooler\./,
};

function encode(build: EncoderBuild): EncoderNodes {
  return bertLayers(bertEmbeddings("bert.embeddings", build), "bert", build);
}

/**
 * LayerNorm(word + type + position), then dropout, with BERT's parameter names: [T, E].
 *
 * @param name - What the tables' names begin with: `bert.embeddings`.
 */
export function bertEmbeddings(name: string, build: EncoderBuild): Node {
  const { parameters, ids, config } = build;
  const { embeddingSize: E, typeVocabSize } = config;
  const words = wordEmbeddings(name, build); // [T, E]
  const types = gather(parameters.get(`${name}.token_type_embeddings.weight`, [typeVocabSize, E]), ids.types()); // [T, E]
  return embed(add(words, types), positionEmbeddings(name, build), name, build); // [T, E]
}

/** [T, E] */
export const wordEmbeddings = (name: string, { config, parameters, ids }: EncoderBuild): Node =>
  gather(parameters.get(`${name}.word_embeddings.weight`, [config.vocabSize, config.embeddingSize]), ids.tokens());

/** [n, E] */
export function positionEmbeddings(name: string, { config, parameters, ids }: EncoderBuild): Node {
  const rows = config.maxPositions + config.positionOffset;
  return gather(parameters.get(`${name}.position_embeddings.weight`, [rows, config.embeddingSize]), ids.positions());
}

/** LayerNorm(tokens + positions), then dropout: tokens [T, E], positions [n, E] → [T, E]. */
export function embed(tokens: Node, positions: Node, name: string, { config, parameters, dropout }: EncoderBuild): Node {
  const { embeddingSize: E, layerNormEps: eps, hiddenDropout } = config;
  const x = reshape(add(reshape(tokens, ["B", "n", E]), positions), ["B*n", E]); // [T, E]
  return dropout(parameters.layerNorm(x, `${name}.LayerNorm`, E, eps), "embeddings", ["B*n", E], hiddenDropout); // [T, E]
}

/** In what another family's layers differ from BERT's. */
interface LayerOptions {
  /** Names of a layer's parameters; default BERT's. */
  readonly parts?: LayerParts;
  /** See `AttentionOptions`. */
  readonly scale?: number;
  /** Added to the scores of a layer, see `AttentionOptions`; default: nothing. */
  bias?(q: Node, k: Node, layer: number): Node;
}

/** All layers: x [T, D]. */
export function bertLayers(x: Node, prefix: string, build: EncoderBuild, options: LayerOptions = {}): EncoderNodes {
  let hidden = x; // [T, D]
  const layerInputs: Node[] = [];
  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < build.config.layers; layer++) {
    layerInputs.push(hidden);
    const { attended, output } = bertLayer(hidden, `${prefix}.encoder.layer.${layer}`, layer, build, options);
    attentions.push(attended);
    hidden = output; // [T, D]
  }
  return { hidden, layerInputs, attentions };
}

/** One layer: [T, D] → [T, D]. */
function bertLayer(x: Node, name: string, layer: number, build: EncoderBuild, { parts = bertParts, scale, bias }: LayerOptions) {
  const { config, parameters, dropout } = build;
  const { hiddenSize: D, intermediateSize: F, layerNormEps: eps } = config;
  const hidden = (x: Node, site: string): Node => dropout(x, `layer.${layer}.${site}`, ["B*n", D], config.hiddenDropout);
  const of = (part: keyof LayerParts): string => `${name}.${parts[part]}`;
  const names = { query: of("query"), key: of("key"), value: of("value"), output: of("attentionOutput") };
  const attended = attention(x, names, { ...build, layer, scale, bias: bias && ((q, k) => bias(q, k, layer)) });
  const residual = add(hidden(attended.output, "attentionOutput"), x); // [T, D]
  const middle = parameters.layerNorm(residual, of("attentionNorm"), D, eps); // [T, D]

  const inner = activations[config.activation](parameters.linear(middle, of("inner"), D, F)); // [T, F]
  const outer = hidden(parameters.linear(inner, of("outer"), F, D), "feedForward"); // [T, D]
  return { attended, output: parameters.layerNorm(add(outer, middle), of("outputNorm"), D, eps) }; // [T, D]
}
