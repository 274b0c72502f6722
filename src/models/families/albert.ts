import { add, type Node, tanh } from "../../graph/index.ts";
import type { ConfigReader } from "../config/config-reader.ts";
import { type AttentionNodes, attention } from "../layers/attention.ts";
import { classifyTokens, decode, firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import { bertEmbeddings } from "./bert.ts";
import type { EncoderBuild, EncoderNodes, Family, OwnFields } from "./family.ts";

const LAYER = "albert.encoder.albert_layer_groups.0.albert_layers.0";

/**
 * ALBERT, as transformers' `AlbertFor…` classes define it.
 *
 *     x = W_e LayerNorm(word + position + type)                                      embeddings of width E, x of width D
 *     x = LayerNorm(x + attention(x));  x = LayerNorm(x + W₂ act(W₁ x))      one layer's weights, for each layer
 *     sequence: logits = W_c tanh(W_p x[CLS]);  tokens: W_c x;  masked tokens: E LayerNorm(act(W_t x)) + b
 *
 * Gradients of the shared weights are sums over the layers. No dropout stands behind the feed-forward layer. Checkpoints with
 * several groups of layers are refused: none of the published ones has them.
 *
 * @see Lan et al., arXiv 1909.11942.
 */
export const albert: Family = {
  name: "albert",
  className: "Albert",
  prefix: "albert",
  keys: {
    vocabSize: ["vocab_size", 30000],
    hiddenSize: ["hidden_size", 4096],
    layers: ["num_hidden_layers", 12],
    heads: ["num_attention_heads", 64],
    intermediateSize: ["intermediate_size", 16384],
    maxPositions: ["max_position_embeddings", 512],
    hiddenDropout: ["hidden_dropout_prob", 0],
    attentionDropout: ["attention_probs_dropout_prob", 0],
    activation: ["hidden_act", "gelu_new"],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 0],
  },
  readOwn,
  writeOwn: ({ typeVocabSize, layerNormEps, classifierDropout, embeddingSize }) => ({
    type_vocab_size: typeVocabSize,
    layer_norm_eps: layerNormEps,
    classifier_dropout_prob: classifierDropout,
    embedding_size: embeddingSize,
    num_hidden_groups: 1,
    inner_group_num: 1,
    position_embedding_type: "absolute",
  }),
  encode,
  poolSequence(hidden, build) {
    const { hiddenSize: D } = build.config;
    return tanh(build.parameters.linear(firstToken(hidden, build), "albert.pooler", D, D)); // [B, D]
  },
  classifier: "classifier",
  classifyTokens,
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, embeddingSize: E, layerNormEps: eps, activation } = config;
    const inner = activations[activation](parameters.linear(rows, "predictions.dense", D, E)); // [M, E]
    const normed = parameters.layerNorm(inner, "predictions.LayerNorm", E, eps); // [M, E]
    return decode(normed, "albert.embeddings.word_embeddings.weight", "predictions.bias", build); // [M, V]
  },
  decoder: "predictions.decoder.weight",
  otherHeads: [/^predictions\./, /^sop_classifier\./],
  poolers: /^albert\.pooler\./,
};

function readOwn(read: ConfigReader): OwnFields {
  for (const key of ["num_hidden_groups", "inner_group_num"]) {
    if (read.count(key, 1) !== 1) throw read.unsupported(`${key} 1`, read.json[key], "Only one shared layer is supported.");
  }
  return {
    typeVocabSize: read.count("type_vocab_size", 2),
    layerNormEps: read.positive("layer_norm_eps", 1e-12),
    classifierDropout: read.share("classifier_dropout_prob", 0.1),
    embeddingSize: read.count("embedding_size", 128),
  };
}

function encode(build: EncoderBuild): EncoderNodes {
  const { config, parameters, dropout } = build;
  const { hiddenSize: D, embeddingSize: E, intermediateSize: F, layerNormEps: eps, hiddenDropout } = config;
  const embedded = bertEmbeddings("albert.embeddings", build); // [T, E]
  let x = parameters.linear(embedded, "albert.encoder.embedding_hidden_mapping_in", E, D); // [T, D]

  const self = `${LAYER}.attention`;
  const names = { query: `${self}.query`, key: `${self}.key`, value: `${self}.value`, output: `${self}.dense` };
  const layerInputs: Node[] = [];
  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    layerInputs.push(x);
    const attended = attention(x, names, { ...build, layer });
    attentions.push(attended);
    const output: Node = dropout(attended.output, `layer.${layer}.attentionOutput`, ["B*n", D], hiddenDropout); // [T, D]
    const middle = parameters.layerNorm(add(output, x), `${self}.LayerNorm`, D, eps); // [T, D]

    const inner = activations[config.activation](parameters.linear(middle, `${LAYER}.ffn`, D, F)); // [T, F]
    const outer = parameters.linear(inner, `${LAYER}.ffn_output`, F, D); // [T, D]
    x = parameters.layerNorm(add(outer, middle), `${LAYER}.full_layer_layer_norm`, D, eps); // [T, D]
  }
  return { hidden: x, layerInputs, attentions };
}
