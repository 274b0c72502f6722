import { linear, type Node, reshape, select } from "../graph/index.ts";
import type { EncoderBuild } from "./family.ts";

/** Heads that several families share. M masked tokens, V entries of the vocabulary; the rest as everywhere. */

/** The first token's hidden state, [CLS]: [T, D] → [B, D]. */
export const firstToken = (hidden: Node, { config: { hiddenSize: D } }: EncoderBuild): Node =>
  select(reshape(hidden, ["B", "n", D]), 1, 0);

/** Dropout, then `classifier`: [B, D] → [B, C]. */
export function classify(x: Node, build: EncoderBuild, name = "classifier"): Node {
  const { hiddenSize: D, numLabels, classifierDropout } = build.config;
  return build.parameters.linear(build.dropout(x, "classifier", ["B", D], classifierDropout), name, D, numLabels);
}

/** Dropout, then `classifier` on every token: [T, D] → [T, C]. */
export function classifyTokens(x: Node, build: EncoderBuild): Node {
  const { hiddenSize: D, numLabels, classifierDropout } = build.config;
  return build.parameters.linear(build.dropout(x, "classifier", ["B*n", D], classifierDropout), "classifier", D, numLabels);
}

/** Scores over the vocabulary by the word embeddings themselves (tied weights): [M, E] → [M, V]. */
export function decode(x: Node, table: string, bias: string, { config, parameters }: EncoderBuild): Node {
  const { vocabSize: V, embeddingSize: E } = config;
  return linear(x, parameters.get(table, [V, E]), parameters.get(bias, [V]));
}
