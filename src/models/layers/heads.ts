import { linear, matmul, type Node, reshape, select } from "../../graph/index.ts";
import type { EncoderBuild } from "../families/family.ts";

/** Heads that several families share. M masked tokens, V entries of the vocabulary; the rest as everywhere. */

/** The first token's hidden state, [CLS]: [T, D] → [B, D]. */
export const firstToken = (hidden: Node, { config: { hiddenSize: D } }: EncoderBuild): Node =>
  select(reshape(hidden, ["B", "n", D]), 1, 0);

/** Dropout, then the linear layer of that name: [B, D] → [B, C]. */
export function classify(x: Node, name: string, build: EncoderBuild): Node {
  const { hiddenSize: D, numLabels, classifierDropout } = build.config;
  return build.parameters.linear(build.dropout(x, "classifier", ["B", D], classifierDropout), name, D, numLabels);
}

/** act(W x[CLS]), with dropout before W: what the classifier of RoBERTa and ELECTRA reads, [T, D] → [B, D]. */
export function denseFeatures(hidden: Node, activation: (x: Node) => Node, build: EncoderBuild): Node {
  const { hiddenSize: D, classifierDropout } = build.config;
  const first = build.dropout(firstToken(hidden, build), "classifierInput", ["B", D], classifierDropout); // [B, D]
  return activation(build.parameters.linear(first, "classifier.dense", D, D)); // [B, D]
}

/** Dropout, then `classifier` on every token: [T, D] → [T, C]. */
export function classifyTokens(x: Node, build: EncoderBuild): Node {
  const { hiddenSize: D, numLabels, classifierDropout } = build.config;
  return build.parameters.linear(build.dropout(x, "classifier", ["B*n", D], classifierDropout), "classifier", D, numLabels);
}

/** Scores over the vocabulary by the word embeddings themselves (tied weights): [M, E] → [M, V]; `bias` null for none. */
export function decode(x: Node, table: string, bias: string | null, { config, parameters }: EncoderBuild): Node {
  const { vocabSize: V, embeddingSize: E } = config;
  const words = parameters.get(table, [V, E]);
  return bias === null ? matmul(x, words, { transB: true }) : linear(x, words, parameters.get(bias, [V]));
}
