import { visibility } from "../../attention/index.ts";
import { printedJson } from "../../errors/index.ts";
import { add, gather, linear, matmul, mul, type Node, reshape, select, sumTo } from "../../graph/index.ts";
import { type ConfigReader, isObject } from "../config/config-reader.ts";
import type { ModernConfig } from "../config/encoder-config.ts";
import { type AttentionNodes, attend } from "../layers/attention.ts";
import { classifyTokens, decode, firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import { rotate } from "../layers/rotary.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";

const LAYERS = ["num_hidden_layers", 22] as const;
const HEADS = ["num_attention_heads", 12] as const;
/** Rotary positions turn by a constant of d × d. */
const WIDEST_HEAD = 1024;

/**
 * ModernBERT, as transformers' `ModernBertFor…` classes define it.
 *
 *     x = LayerNorm(word)
 *     x = x + W_o attention(rotary(W_qkv LayerNorm(x)))         for each layer; the first has no LayerNorm here
 *     x = x + W_o (act(a) ∘ g), (a, g) = W_i LayerNorm(x)
 *     x = LayerNorm(x)
 *     head(x) = LayerNorm(act(W_d x));  sequence: W_c head(x[CLS] or mean x);  tokens: W_c head(x);  masked tokens: E head(x) + b
 *
 * Local layers see `windowRadius` tokens to either side, whatever the plan. A pattern ranks, in such a layer, the keys that a
 * query's window holds: k = max(1, ceil((1 − s) · keys in the window)).
 *
 * @see Warner et al., arXiv 2412.13663.
 */
export const modernbert: Family = {
  name: "modernbert",
  className: "ModernBert",
  prefix: "model",
  gated: true,
  keys: {
    vocabSize: ["vocab_size", 50368],
    hiddenSize: ["hidden_size", 768],
    layers: LAYERS,
    heads: HEADS,
    intermediateSize: ["intermediate_size", 1152],
    maxPositions: ["max_position_embeddings", 8192],
    hiddenDropout: ["mlp_dropout", 0],
    attentionDropout: ["attention_dropout", 0],
    activation: ["hidden_activation", "gelu"],
    initializerRange: ["initializer_range", 0.02],
    padTokenId: ["pad_token_id", 50283],
  },
  readOwn(read, { hiddenSize }) {
    const headWidth = hiddenSize / read.count(...HEADS);
    if (headWidth % 2 !== 0) throw read.unsupported("an even head width, for rotary positions", headWidth);
    if (headWidth > WIDEST_HEAD) throw read.unsupported(`a head width of at most ${WIDEST_HEAD}`, headWidth);
    if (!read.flag("tie_word_embeddings", true))
      throw read.unsupported("tie_word_embeddings true", false, "The decoder is the word embeddings themselves.");
    return {
      layerNormEps: read.positive("norm_eps", 1e-5),
      classifierDropout: read.share("classifier_dropout", 0),
      modern: readModern(read),
    };
  },
  writeOwn({ layerNormEps, classifierDropout, modern, vocabSize }) {
    const { biases, ropeTheta, globalLayers } = modern!;
    const second = globalLayers.indexOf(true, 1);
    const step = second < 0 ? globalLayers.length : second;
    return {
      norm_eps: layerNormEps,
      classifier_dropout: classifierDropout,
      embedding_dropout: modern!.embeddingDropout,
      attention_bias: biases.attention,
      mlp_bias: biases.mlp,
      norm_bias: biases.norm,
      classifier_bias: biases.head,
      decoder_bias: biases.decoder,
      classifier_pooling: modern!.pooling,
      classifier_activation: modern!.headActivation,
      initializer_cutoff_factor: modern!.initializerCutoff,
      local_attention: 2 * modern!.windowRadius,
      layer_types: globalLayers.map((all) => (all ? "full_attention" : "sliding_attention")),
      rope_parameters: {
        full_attention: { rope_type: "default", rope_theta: ropeTheta.global },
        sliding_attention: { rope_type: "default", rope_theta: ropeTheta.local },
      },
      // without these, transformers fills in the published vocabulary's
      ...(vocabSize <= 50282 && { bos_token_id: null, eos_token_id: null, cls_token_id: null, sep_token_id: null }),
      // the names before transformers 5
      global_rope_theta: ropeTheta.global,
      local_rope_theta: ropeTheta.local,
      ...(globalLayers.every((all, layer) => all === (layer % step === 0)) && { global_attn_every_n_layers: step }),
    };
  },
  visibility: ({ modern }, layer) => visibility(modern!.globalLayers[layer] ? {} : { window: modern!.windowRadius }),
  encode,
  poolSequence: (hidden, build) => headOf(pooled(hidden, build), build), // [B, D]
  classifier: "classifier",
  meanPooled: (config) => ({ config: { ...config, modern: { ...config.modern!, pooling: "mean" } }, values: new Map() }),
  classifyTokens: (hidden, build) => classifyTokens(headOf(hidden, build), build), // [T, C]
  predictTokens(rows, build) {
    const bias = build.config.modern!.biases.decoder ? "decoder.bias" : null;
    return decode(headOf(rows, build), "model.embeddings.tok_embeddings.weight", bias, build); // [M, V]
  },
  decoder: "decoder.weight",
  otherHeads: [/^(head|decoder|classifier)\./],
  /** `_init_weights`: sub-layer outputs and the head's dense layer by depth, the classifier by width, all cut off. */
  spread(name, { initializerRange, layers, hiddenSize, modern }) {
    const cutoff = modern!.initializerCutoff;
    if (name === "classifier.weight") return { deviation: hiddenSize ** -0.5, cutoff };
    const out = name.endsWith(".Wo.weight") || name === "head.dense.weight";
    return { deviation: out ? initializerRange / Math.sqrt(2 * layers) : initializerRange, cutoff };
  },
};

function readModern(read: ConfigReader): ModernConfig {
  const pooling = read.text("classifier_pooling", "cls");
  if (pooling !== "cls" && pooling !== "mean") throw read.wrongType("classifier_pooling", '"cls" or "mean"', pooling);
  return {
    globalLayers: readLayerKinds(read),
    windowRadius: Math.floor(read.count("local_attention", 128) / 2),
    ropeTheta: {
      global: readTheta(read, "full_attention", "global_rope_theta", 160_000),
      local: readTheta(read, "sliding_attention", "local_rope_theta", 10_000),
    },
    biases: {
      attention: read.flag("attention_bias"),
      mlp: read.flag("mlp_bias"),
      norm: read.flag("norm_bias"),
      head: read.flag("classifier_bias"),
      decoder: read.flag("decoder_bias", true),
    },
    pooling,
    headActivation: read.activation("classifier_activation", "gelu"),
    embeddingDropout: read.share("embedding_dropout", 0),
    initializerCutoff: read.positive("initializer_cutoff_factor", 2),
  };
}

/** `layer_types`, or the older `global_attn_every_n_layers`; where both stand, transformers 5 reads the first. */
function readLayerKinds(read: ConfigReader): readonly boolean[] {
  const layers = read.count(...LAYERS);
  const step = read.count("global_attn_every_n_layers", 3);
  if (!read.has("layer_types")) return Array.from({ length: layers }, (_, layer) => layer % step === 0);
  const kinds = read.json.layer_types;
  const known = (kind: unknown): boolean => kind === "full_attention" || kind === "sliding_attention";
  if (!Array.isArray(kinds) || kinds.length !== layers || !kinds.every(known))
    throw read.wrongType("layer_types", `${layers} times "full_attention" or "sliding_attention"`, kinds);
  return kinds.map((kind) => kind === "full_attention");
}

/** `rope_parameters.<kind>.rope_theta`, or the older key; no scaled kind of rotation is computed. */
function readTheta(read: ConfigReader, kind: string, older: string, fallback: number): number {
  if (read.has("rope_scaling")) throw read.unsupported("no rope_scaling", read.json.rope_scaling);
  if (read.json[older] === null) throw read.wrongType(older, "a number above 0", null);
  const all = read.json.rope_parameters ?? {};
  const own = isObject(all) ? (all[kind] ?? {}) : all;
  if (!isObject(own)) throw read.wrongType("rope_parameters", "an object for each kind of layer", all);
  const type = own.rope_type ?? "default";
  if (type !== "default") throw read.unsupported('rope_type "default"', printedJson(type) ?? "none");
  const theta = own.rope_theta ?? read.positive(older, fallback);
  if (typeof theta !== "number" || !(theta > 0 && theta < Infinity))
    throw read.wrongType(`rope_parameters.${kind}.rope_theta`, "a number above 0", theta);
  return theta;
}

function encode(build: EncoderBuild): EncoderNodes {
  const { config, parameters, ids, dropout } = build;
  const { hiddenSize: D, layerNormEps: eps, vocabSize, layers } = config;
  const { embeddingDropout, biases } = config.modern!;
  const norm = (x: Node, name: string): Node => parameters.layerNorm(x, name, D, eps, { bias: biases.norm });

  const words = gather(parameters.get("model.embeddings.tok_embeddings.weight", [vocabSize, D]), ids.tokens()); // [T, D]
  let x = dropout(norm(words, "model.embeddings.norm"), "embeddings", ["B*n", D], embeddingDropout); // [T, D]

  const layerInputs: Node[] = [];
  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < layers; layer++) {
    layerInputs.push(x);
    const name = `model.layers.${layer}`;
    const attended = rotaryAttention(layer === 0 ? x : norm(x, `${name}.attn_norm`), `${name}.attn`, layer, build);
    attentions.push(attended);
    x = add(x, dropout(attended.output, `layer.${layer}.attentionOutput`, ["B*n", D], config.attentionDropout)); // [T, D]
    x = add(x, gatedLayer(norm(x, `${name}.mlp_norm`), `${name}.mlp`, layer, build)); // [T, D]
  }
  return { hidden: norm(x, "model.final_norm"), layerInputs, attentions };
}

function rotaryAttention(x: Node, name: string, layer: number, build: EncoderBuild): AttentionNodes {
  const { config, parameters, inputs } = build;
  const { hiddenSize: D, heads } = config;
  const { biases, ropeTheta, globalLayers } = config.modern!;
  const kind = globalLayers[layer] ? "global" : "local";
  const bias = { bias: biases.attention };
  const [query, key, value] = projections(x, `${name}.Wqkv`, 3, D, bias, build); // [T, D] each
  const projected = {
    ...{ query, key, value },
    output: (merged: Node): Node => parameters.linear(merged, `${name}.Wo`, D, D, bias), // [T, D]
    rotate: (x: Node): Node => rotate(x, inputs, { name: kind, heads, headWidth: D / heads, theta: ropeTheta[kind] }),
  };
  return attend(projected, { ...build, layer });
}

/** The feed-forward layer with a gate (GeGLU, arXiv 2002.05202): W_o (act(a) ∘ g), (a, g) = W_i x. */
function gatedLayer(x: Node, name: string, layer: number, build: EncoderBuild): Node {
  const { config, parameters, dropout } = build;
  const { hiddenSize: D, intermediateSize: F, activation, hiddenDropout } = config;
  const bias = { bias: config.modern!.biases.mlp };
  const [inner, gate] = projections(x, `${name}.Wi`, 2, F, bias, build); // [T, F] each
  const gated = mul(activations[activation](inner), gate); // [T, F]
  return parameters.linear(dropout(gated, `layer.${layer}.feedForward`, ["B*n", F], hiddenDropout), `${name}.Wo`, F, D, bias); // [T, D]
}

/**
 * Several projections that the checkpoint keeps in one matrix: x [T, D] → `count` times [T, size].
 *
 * In training the weights are cut: forward and backward of a [4096, 768] batch take 0.36 of the time of cutting the result, and small
 * batches are no slower. In evaluation, where both cost the same, the result is cut, so that an exported file keeps whole matrices,
 * which can be rounded to 8 bits.
 */
function projections(
  x: Node,
  name: string,
  count: number,
  size: number,
  { bias }: { bias: boolean },
  build: EncoderBuild,
): Node[] {
  const { config, parameters, training } = build;
  const { hiddenSize: D } = config;
  const places = Array.from({ length: count }, (_, at) => at);
  if (!training) {
    const all = reshape(parameters.linear(x, name, D, count * size, { bias }), ["B*n", count, size]); // [T, count, size]
    return places.map((at) => select(all, 1, at));
  }
  const weights = reshape(parameters.get(`${name}.weight`, [count * size, D]), [count, size, D]); // [count, size, D]
  const shifts = bias ? reshape(parameters.get(`${name}.bias`, [count * size]), [count, size]) : null; // [count, size]
  return places.map((at) => {
    const weight = select(weights, 0, at); // [size, D]
    return shifts ? linear(x, weight, select(shifts, 0, at)) : matmul(x, weight, { transB: true });
  });
}

/** The first token, or the mean over the real ones: [T, D] → [B, D]. */
function pooled(hidden: Node, build: EncoderBuild): Node {
  const { config, inputs } = build;
  const { hiddenSize: D } = config;
  if (config.modern!.pooling === "cls") return firstToken(hidden, build);
  const real = inputs.values("pooling.real", ["B", "n", 1], "float", (out, { lengths, bindings: { n } }) => {
    out.forEach((_, at) => void (out[at] = Number(at % n < lengths[Math.floor(at / n)])));
  }); // [B, n, 1]
  const share = inputs.values("pooling.share", ["B", 1], "float", (out, { lengths }) => {
    lengths.forEach((length, row) => void (out[row] = 1 / Math.max(1, length)));
  }); // [B, 1]
  const sum = sumTo(mul(reshape(hidden, ["B", "n", D]), real), ["B", 1, D]); // [B, 1, D]
  return mul(reshape(sum, ["B", D]), share); // [B, D]
}

/** LayerNorm(act(W x)), before every classifier and the decoder: [any, D] → [any, D]. */
function headOf(x: Node, { config, parameters }: EncoderBuild): Node {
  const { hiddenSize: D, layerNormEps: eps } = config;
  const { biases, headActivation } = config.modern!;
  const inner = activations[headActivation](parameters.linear(x, "head.dense", D, D, { bias: biases.head })); // [any, D]
  return parameters.layerNorm(inner, "head.norm", D, eps, { bias: biases.norm });
}
