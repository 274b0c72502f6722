import { gelu } from "../../graph/index.ts";
import { classifyTokens, decode, denseFeatures } from "../layers/heads.ts";
import { bert, bertEmbeddings, bertLayers } from "./bert.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";

/**
 * ELECTRA, as transformers' `ElectraFor…` classes define it: discriminator and generator are one encoder.
 *
 * BERT without a pooler, with embeddings that may be narrower than the layers (E < D), and heads with gelu:
 *
 *     x = W_e LayerNorm(word + position + type)                                      W_e only where E ≠ D
 *     sequence: logits = W_o gelu(W_d x[CLS]);  masked tokens: E LayerNorm(gelu(W_t x)) + b
 *
 * @see Clark et al., arXiv 2003.10555.
 */
export const electra: Family = {
  name: "electra",
  className: "Electra",
  prefix: "electra",
  keys: {
    ...bert.keys,
    hiddenSize: ["hidden_size", 256],
    heads: ["num_attention_heads", 4],
    intermediateSize: ["intermediate_size", 1024],
  },
  readOwn: (read, common) => ({ ...bert.readOwn(read, common), embeddingSize: read.count("embedding_size", 128) }),
  writeOwn: (config) => ({ ...bert.writeOwn(config), embedding_size: config.embeddingSize }),
  encode,
  poolSequence: (hidden, build) => denseFeatures(hidden, gelu, build), // [B, D]
  classifier: "classifier.out_proj",
  classifyTokens,
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, embeddingSize: E, layerNormEps: eps } = config;
    const head = "generator_predictions";
    const inner = gelu(parameters.linear(rows, `${head}.dense`, D, E)); // [M, E]
    const normed = parameters.layerNorm(inner, `${head}.LayerNorm`, E, eps); // [M, E]
    return decode(normed, "electra.embeddings.word_embeddings.weight", "generator_lm_head.bias", build); // [M, V]
  },
  decoder: "generator_lm_head.weight",
  otherHeads: [/^discriminator_predictions\./, /^generator_(predictions|lm_head)\./],
};

function encode(build: EncoderBuild): EncoderNodes {
  const { hiddenSize: D, embeddingSize: E } = build.config;
  const embedded = bertEmbeddings("electra.embeddings", build); // [T, E]
  const x = E === D ? embedded : build.parameters.linear(embedded, "electra.embeddings_project", E, D); // [T, D]
  return bertLayers(x, "electra", build);
}
