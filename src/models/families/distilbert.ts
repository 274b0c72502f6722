import { add, gather, type Node, relu, reshape } from "../../graph/index.ts";
import { type AttentionNodes, attention } from "../layers/attention.ts";
import { classifyTokens, decode, firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";
import { type LayerNames, meanLayer } from "./mean-layer.ts";

/**
 * DistilBERT, as transformers' `DistilBertFor…` classes define it.
 *
 * BERT without token types, without a pooler and without dropout behind the attention's output projection; its sequence head is
 * `W_c relu(W_p x[CLS])`.
 *
 * @see Sanh et al., arXiv 1910.01108.
 */
export const distilbert: Family = {
  name: "distilbert",
  className: "DistilBert",
  prefix: "distilbert",
  keys: {
    vocabSize: ["vocab_size", 30522],
    hiddenSize: ["dim", 768],
    layers: ["n_layers", 6],
    heads: ["n_heads", 12],
    intermediateSize: ["hidden_dim", 3072],
    maxPositions: ["max_position_embeddings", 512],
    hiddenDropout: ["dropout", 0.1],
    attentionDropout: ["attention_dropout", 0.1],
    activation: ["activation", "gelu"],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 0],
  },
  readOwn: (read) => ({
    layerNormEps: 1e-12,
    classifierDropout: read.share("seq_classif_dropout", 0.2),
    sinusoidalPositions: read.flag("sinusoidal_pos_embds"),
  }),
  writeOwn: ({ classifierDropout, sinusoidalPositions }) => ({
    seq_classif_dropout: classifierDropout,
    sinusoidal_pos_embds: sinusoidalPositions,
  }),
  encode,
  poolSequence(hidden, build) {
    const { hiddenSize: D } = build.config;
    return relu(build.parameters.linear(firstToken(hidden, build), "pre_classifier", D, D)); // [B, D]
  },
  classifier: "classifier",
  meanPooled: (config) => meanLayer(config, LAYER, { gain: 0.2, bias: 1 }),
  // transformers drops out before this head with the probability of all layers
  classifyTokens: (hidden, build) =>
    classifyTokens(hidden, { ...build, config: { ...build.config, classifierDropout: build.config.hiddenDropout } }),
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, layerNormEps: eps, activation } = config;
    const inner = activations[activation](parameters.linear(rows, "vocab_transform", D, D)); // [M, D]
    const normed = parameters.layerNorm(inner, "vocab_layer_norm", D, eps); // [M, D]
    return decode(normed, "distilbert.embeddings.word_embeddings.weight", "vocab_projector.bias", build); // [M, V]
  },
  decoder: "vocab_projector.weight",
  otherHeads: [/^vocab_(transform|layer_norm|projector)\./, /^(pre_)?classifier\./],
};

const LAYER: LayerNames = {
  layer: (layer) => `distilbert.transformer.layer.${layer}`,
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attentionOutput: "attention.out_lin",
  attentionNorm: "sa_layer_norm",
  inner: "ffn.lin1",
  outer: "ffn.lin2",
  outputNorm: "output_layer_norm",
  pooler: "pre_classifier",
};

function encode(build: EncoderBuild): EncoderNodes {
  const { config, parameters, ids, dropout } = build;
  const { hiddenSize: D, intermediateSize: F, layerNormEps: eps, vocabSize, maxPositions } = config;
  const hidden = (x: Node, site: string): Node => dropout(x, site, ["B*n", D], config.hiddenDropout);

  const table = "distilbert.embeddings";
  const words = gather(parameters.get(`${table}.word_embeddings.weight`, [vocabSize, D]), ids.tokens()); // [T, D]
  const positions = gather(parameters.get(`${table}.position_embeddings.weight`, [maxPositions, D]), ids.positions()); // [n, D]
  let x = reshape(add(reshape(words, ["B", "n", D]), positions), ["B*n", D]); // [T, D]
  x = hidden(parameters.layerNorm(x, `${table}.LayerNorm`, D, eps), "embeddings"); // [T, D]

  const layerInputs: Node[] = [];
  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    layerInputs.push(x);
    const name = `distilbert.transformer.layer.${layer}`;
    const self = `${name}.attention`;
    const names = { query: `${self}.q_lin`, key: `${self}.k_lin`, value: `${self}.v_lin`, output: `${self}.out_lin` };
    const attended = attention(x, names, { ...build, layer });
    attentions.push(attended);
    x = parameters.layerNorm(add(attended.output, x), `${name}.sa_layer_norm`, D, eps); // [T, D]

    const inner = activations[config.activation](parameters.linear(x, `${name}.ffn.lin1`, D, F)); // [T, F]
    const outer = hidden(parameters.linear(inner, `${name}.ffn.lin2`, F, D), `layer.${layer}.feedForward`); // [T, D]
    x = parameters.layerNorm(add(outer, x), `${name}.output_layer_norm`, D, eps); // [T, D]
  }
  return { hidden: x, layerInputs, attentions };
}
