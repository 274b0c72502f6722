import type { EncoderConfig } from "../config/encoder-config.ts";
import type { MeanPooled } from "./family.ts";

/** Where a family keeps the matrices of a layer, behind the layer's name. */
export interface LayerParts {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly inner: string;
  readonly outer: string;
  readonly outputNorm: string;
}

/** Names of a family's layers, and of what reads the last one. */
export interface LayerNames extends LayerParts {
  /** Prefix of layer l, without the dot. */
  readonly layer: (layer: number) => string;
  /** The dense layer between [CLS] and the classifier, with its whole name. */
  readonly pooler: string;
}

/** How much the mean outweighs what a token was: the residual connection adds that to it, and the norm divides both. */
const WEIGHT = 100;

/**
 * One more layer, in which every token becomes the mean of all: the first token, which the head reads, then is the mean of the text, and
 * plain transformers computes it.
 *
 *     query = key = 0: all scores are alike, so attention is the mean;  value = I, output = 100 · I
 *     x = LayerNorm(100 · mean + x) ≈ LayerNorm(mean);  feed-forward = 0
 *     pooler = gain · I with bias: act(gain · x + bias), with `gain` and `bias` where the activation is nearly a straight line
 *
 * Encoders that were trained to give sentence embeddings by the mean of their tokens know a text by it, and little by [CLS].
 */
export function meanLayer(
  config: EncoderConfig,
  names: LayerNames,
  { gain, bias }: { readonly gain: number; readonly bias: number },
): MeanPooled {
  const { hiddenSize: D, intermediateSize: F, layers } = config;
  const prefix = names.layer(layers);
  const zeros = (...shape: readonly number[]): Float32Array => new Float32Array(shape.reduce((a, b) => a * b, 1));
  const diagonal = (value: number): Float32Array => zeros(D, D).map((_, at) => (at % (D + 1) === 0 ? value : 0));
  const dense = (weight: Float32Array, width: number) => ({ weight, bias: zeros(width) });
  const norm = { weight: zeros(D).fill(1), bias: zeros(D) };
  const layer = {
    [names.query]: dense(zeros(D, D), D),
    [names.key]: dense(zeros(D, D), D),
    [names.value]: dense(diagonal(1), D),
    [names.attentionOutput]: dense(diagonal(WEIGHT), D),
    [names.attentionNorm]: norm,
    [names.inner]: dense(zeros(F, D), F),
    [names.outer]: dense(zeros(D, F), D),
    [names.outputNorm]: norm,
  };
  const values = new Map<string, Float32Array>();
  for (const [part, tensors] of Object.entries(layer))
    for (const [kind, tensor] of Object.entries(tensors)) values.set(`${prefix}.${part}.${kind}`, tensor.slice());
  values.set(`${names.pooler}.weight`, diagonal(gain));
  values.set(`${names.pooler}.bias`, zeros(D).fill(bias));
  return { config: { ...config, layers: layers + 1 }, values };
}

/** As BERT names them. */
export const bertParts: LayerParts = {
  query: "attention.self.query",
  key: "attention.self.key",
  value: "attention.self.value",
  attentionOutput: "attention.output.dense",
  attentionNorm: "attention.output.LayerNorm",
  inner: "intermediate.dense",
  outer: "output.dense",
  outputNorm: "output.LayerNorm",
};

/** Names of BERT's layers under a prefix. */
export const bertLayerNames = (prefix: string, pooler: string): LayerNames => ({
  ...bertParts,
  layer: (layer) => `${prefix}.encoder.layer.${layer}`,
  pooler,
});
