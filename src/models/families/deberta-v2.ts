import { add, gather, type Node, reshape } from "../../graph/index.ts";
import type { ConfigReader } from "../config/config-reader.ts";
import type { DisentangledConfig, EncoderConfig, RelativePositions } from "../config/encoder-config.ts";
import { disentangledBias } from "../layers/disentangled.ts";
import { classifyTokens, decode, firstToken } from "../layers/heads.ts";
import { activations } from "../layers/layers.ts";
import { bert, bertLayers, positionEmbeddings, wordEmbeddings } from "./bert.ts";
import type { EncoderBuild, EncoderNodes, Family, OwnFields } from "./family.ts";
import { bertParts } from "./mean-layer.ts";

/**
 * DeBERTa-v2 and -v3, as transformers' `DebertaV2For…` classes define them.
 *
 * BERT's layers, whose scores hold positions apart from content, and no position in the embeddings unless the config says so:
 *
 *     x = LayerNorm(W_e word [+ position] [+ type])                                     W_e only where E ≠ D
 *     scores = (q kᵀ + content to position + position to content) / √(d · (1 + terms))       see `disentangledBias`
 *     sequence: logits = W_c act(W_p x[CLS]);  tokens: W_c x;  masked tokens: E LayerNorm(act(W_t x)) + b
 *
 * The convolution behind the first layer of published v2 encoders is refused.
 *
 * @see He et al., arXiv 2006.03654 and 2111.09543.
 */
export const debertaV2: Family = {
  name: "deberta-v2",
  className: "DebertaV2",
  prefix: "deberta",
  keys: {
    ...bert.keys,
    vocabSize: ["vocab_size", 128100],
    hiddenSize: ["hidden_size", 1536],
    layers: ["num_hidden_layers", 24],
    heads: ["num_attention_heads", 24],
    intermediateSize: ["intermediate_size", 6144],
  },
  biasesScores: ({ disentangled }) => disentangled?.relative !== undefined,
  fixedInPython: true,
  readOwn,
  writeOwn,
  encode,
  poolSequence(hidden, build) {
    const { hiddenSize: D, disentangled } = build.config;
    const { poolerActivation, poolerDropout } = disentangled!;
    const first = build.dropout(firstToken(hidden, build), "classifierInput", ["B", D], poolerDropout); // [B, D]
    return activations[poolerActivation](build.parameters.linear(first, "pooler.dense", D, D)); // [B, D]
  },
  classifier: "classifier",
  // transformers drops out before this head with the probability of all layers
  classifyTokens: (hidden, build) =>
    classifyTokens(hidden, { ...build, config: { ...build.config, classifierDropout: build.config.hiddenDropout } }),
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, embeddingSize: E, layerNormEps: eps, activation, disentangled } = config;
    const [head, inner] = disentangled!.bertMaskedHead
      ? ["cls.predictions", "cls.predictions.transform"]
      : ["lm_predictions.lm_head", "lm_predictions.lm_head"];
    const made = activations[activation](parameters.linear(rows, `${inner}.dense`, D, E)); // [M, E]
    const normed = parameters.layerNorm(made, `${inner}.LayerNorm`, E, eps); // [M, E]
    return decode(normed, "deberta.embeddings.word_embeddings.weight", `${head}.bias`, build); // [M, V]
  },
  decoder: "cls.predictions.decoder.weight",
  otherHeads: [
    /^(cls|lm_predictions|mask_predictions|pooler)\./,
    /^deberta\.embeddings\.position_embeddings\./, // carried by v2 and v3, which do not read them
  ],
};

/** A damaged number must not fill the memory: the graph names every row of the table. */
const MOST_POSITIONS = 2 ** 16;

const parts = {
  ...bertParts,
  query: "attention.self.query_proj",
  key: "attention.self.key_proj",
  value: "attention.self.value_proj",
};

function readOwn(
  read: ConfigReader,
  { hiddenSize, hiddenDropout }: Pick<EncoderConfig, "hiddenSize" | "hiddenDropout">,
): OwnFields {
  if (read.count("conv_kernel_size", 0, 0) > 0)
    throw read.unsupported(
      "no conv_kernel_size",
      read.json.conv_kernel_size,
      "A convolution in the encoder is not supported; DeBERTa-v3 has none.",
    );
  const headWidth = hiddenSize / read.count("num_attention_heads", 24);
  for (const [key, width] of [
    ["attention_head_size", headWidth],
    ["pooler_hidden_size", hiddenSize],
  ] as const)
    if (read.count(key, width) !== width) throw read.unsupported(`${key} ${width}`, read.json[key]);
  const embeddingSize = read.count("embedding_size", hiddenSize);
  const bertMaskedHead = read.flag("legacy", true);
  if (!bertMaskedHead && embeddingSize !== hiddenSize)
    throw read.unsupported(`embedding_size ${hiddenSize} without legacy`, embeddingSize);
  const terms = readTerms(read);
  return {
    typeVocabSize: read.count("type_vocab_size", 0, 0),
    layerNormEps: read.positive("layer_norm_eps", 1e-7),
    classifierDropout: read.share("cls_dropout", hiddenDropout),
    embeddingSize,
    disentangled: {
      terms,
      ...(read.flag("relative_attention") && { relative: readRelative(read, terms) }),
      absolutePositions: read.flag("position_biased_input", true),
      poolerActivation: read.activation("pooler_hidden_act", "gelu"),
      poolerDropout: read.share("pooler_dropout", 0),
      bertMaskedHead,
    },
  };
}

/** `["p2c", "c2p"]`, or the older `"p2c|c2p"`. */
function readTerms(read: ConfigReader): DisentangledConfig["terms"] {
  const named = read.json.pos_att_type ?? [];
  const types =
    typeof named === "string"
      ? named
          .toLowerCase()
          .split("|")
          .map((type) => type.trim())
      : named;
  const known = ["c2p", "p2c"];
  if (!Array.isArray(types) || !types.every((type) => known.includes(type)))
    throw read.unsupported(`pos_att_type of ${known.join(" and ")}`, named);
  return { contentToPosition: types.includes("c2p"), positionToContent: types.includes("p2c") };
}

function readRelative(
  read: ConfigReader,
  { contentToPosition, positionToContent }: DisentangledConfig["terms"],
): RelativePositions {
  if (!contentToPosition && !positionToContent)
    throw read.unsupported("pos_att_type with c2p or p2c where relative_attention is true", read.json.pos_att_type ?? "none");
  const positions = read.count("max_relative_positions", -1, -1, MOST_POSITIONS);
  const maxDistance = positions < 1 ? read.count("max_position_embeddings", 512, 1, MOST_POSITIONS) : positions;
  const buckets = read.count("position_buckets", -1, -1, MOST_POSITIONS);
  const logarithmic = buckets > 0;
  // transformers divides by ln((maxDistance − 1) / half)
  if (logarithmic && (buckets < 2 || maxDistance - 1 <= Math.floor(buckets / 2)))
    throw read.unsupported(`position_buckets from 2 to twice the ${maxDistance} relative positions`, buckets);
  return {
    span: logarithmic ? buckets : maxDistance,
    logarithmic,
    maxDistance,
    sharesProjections: read.flag("share_att_key"),
    normalised: read
      .text("norm_rel_ebd", "none")
      .toLowerCase()
      .split("|")
      .some((norm) => norm.trim() === "layer_norm"),
  };
}

function writeOwn(config: EncoderConfig): Record<string, unknown> {
  const { typeVocabSize, layerNormEps, classifierDropout, embeddingSize, hiddenSize, disentangled } = config;
  const { terms, relative, absolutePositions, poolerActivation, poolerDropout, bertMaskedHead } = disentangled!;
  return {
    type_vocab_size: typeVocabSize,
    layer_norm_eps: layerNormEps,
    cls_dropout: classifierDropout,
    embedding_size: embeddingSize,
    pos_att_type: [...(terms.contentToPosition ? ["c2p"] : []), ...(terms.positionToContent ? ["p2c"] : [])],
    relative_attention: relative !== undefined,
    ...(relative && {
      position_buckets: relative.logarithmic ? relative.span : -1,
      max_relative_positions: relative.maxDistance,
      share_att_key: relative.sharesProjections,
      norm_rel_ebd: relative.normalised ? "layer_norm" : "none",
    }),
    position_biased_input: absolutePositions,
    pooler_hidden_act: poolerActivation,
    pooler_hidden_size: hiddenSize,
    pooler_dropout: poolerDropout,
    legacy: bertMaskedHead,
  };
}

function encode(build: EncoderBuild): EncoderNodes {
  const { hiddenSize: D, heads: H, disentangled } = build.config;
  const { terms, relative } = disentangled!;
  const scale = 1 / Math.sqrt((D / H) * (1 + Number(terms.contentToPosition) + Number(terms.positionToContent)));
  const self = (layer: number, part: string): string => `deberta.encoder.layer.${layer}.attention.self.${part}`;
  const names = {
    table: "deberta.encoder.rel_embeddings",
    norm: "deberta.encoder.LayerNorm",
    key: (layer: number) => self(layer, relative?.sharesProjections ? "key_proj" : "pos_key_proj"),
    query: (layer: number) => self(layer, relative?.sharesProjections ? "query_proj" : "pos_query_proj"),
  };
  const x = embeddings(build); // [T, D]
  return bertLayers(x, "deberta", build, { parts, scale, bias: relative && disentangledBias(build, relative, names, scale) });
}

/** [T, D] */
function embeddings(build: EncoderBuild): Node {
  const { config, parameters, ids, dropout } = build;
  const { hiddenSize: D, embeddingSize: E, typeVocabSize, layerNormEps: eps, hiddenDropout, disentangled } = config;
  const name = "deberta.embeddings";
  let x = wordEmbeddings(name, build); // [T, E]
  if (disentangled!.absolutePositions) x = reshape(add(reshape(x, ["B", "n", E]), positionEmbeddings(name, build)), ["B*n", E]); // [T, E]
  if (typeVocabSize > 0)
    x = add(x, gather(parameters.get(`${name}.token_type_embeddings.weight`, [typeVocabSize, E]), ids.types())); // [T, E]
  if (E !== D) x = parameters.linear(x, `${name}.embed_proj`, E, D, { bias: false }); // [T, D]
  return dropout(parameters.layerNorm(x, `${name}.LayerNorm`, D, eps), "embeddings", ["B*n", D], hiddenDropout); // [T, D]
}
