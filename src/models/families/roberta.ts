import { add, gelu, select, tanh } from "../../graph/index.ts";
import type { EncoderFamily } from "../config/encoder-config.ts";
import { classifyTokens, decode, denseFeatures } from "../layers/heads.ts";
import { bert, bertLayers, embed, positionEmbeddings, wordEmbeddings } from "./bert.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";
import { bertLayerNames, meanLayer } from "./mean-layer.ts";

/**
 * RoBERTa and XLM-R, as transformers' `RobertaFor…` and `XLMRobertaFor…` classes define them: one graph, two vocabularies.
 *
 * BERT with positions that begin behind the padding token's id, one token type, no pooler, and a head of its own:
 *
 *     sequence: logits = W_o tanh(W_d x[CLS]);  masked tokens: E LayerNorm(gelu(W_t x)) + b
 *
 * transformers counts positions over the tokens that are not padding. With padding at the end alone, as Crisp pads, that is the
 * token's place + padding id + 1.
 *
 * @see Liu et al., arXiv 1907.11692; Conneau et al., arXiv 1911.02116.
 */
const robertaFamily = (name: EncoderFamily, className: string, vocabSize: number): Family => ({
  name,
  className,
  prefix: "roberta",
  keys: {
    ...bert.keys,
    vocabSize: ["vocab_size", vocabSize],
    padTokenId: ["pad_token_id", 1],
  },
  readOwn: (read, { hiddenDropout, padTokenId }) => ({
    typeVocabSize: read.count("type_vocab_size", 2),
    layerNormEps: read.positive("layer_norm_eps", 1e-12),
    classifierDropout: read.share("classifier_dropout", hiddenDropout),
    positionOffset: padTokenId + 1,
  }),
  writeOwn: ({ typeVocabSize, layerNormEps, classifierDropout }) => ({
    type_vocab_size: typeVocabSize,
    layer_norm_eps: layerNormEps,
    classifier_dropout: classifierDropout,
    position_embedding_type: "absolute",
  }),
  encode,
  poolSequence: (hidden, build) => denseFeatures(hidden, tanh, build), // [B, D]
  classifier: "classifier.out_proj",
  meanPooled: (config) => meanLayer(config, bertLayerNames("roberta", "classifier.dense"), { gain: 0.2, bias: 0 }),
  classifyTokens,
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, layerNormEps: eps } = config;
    const inner = gelu(parameters.linear(rows, "lm_head.dense", D, D)); // [M, D]
    const normed = parameters.layerNorm(inner, "lm_head.layer_norm", D, eps); // [M, D]
    return decode(normed, "roberta.embeddings.word_embeddings.weight", "lm_head.bias", build); // [M, V]
  },
  decoder: "lm_head.decoder.weight",
  otherHeads: [/^lm_head\./],
  poolers: /^roberta\.pooler\./,
});

function encode(build: EncoderBuild): EncoderNodes {
  const { embeddingSize: E, typeVocabSize } = build.config;
  const name = "roberta.embeddings";
  const words = wordEmbeddings(name, build); // [T, D]
  // Its tokenizers give no token types: every token has the first.
  const type = select(build.parameters.get(`${name}.token_type_embeddings.weight`, [typeVocabSize, E]), 0, 0); // [D]
  const x = embed(words, add(positionEmbeddings(name, build), type), name, build); // [T, D]
  return bertLayers(x, "roberta", build);
}

export const roberta = robertaFamily("roberta", "Roberta", 50265);
export const xlmRoberta = robertaFamily("xlm-roberta", "XLMRoberta", 30522);
