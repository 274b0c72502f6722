import { add, gather, type Node, relu, reshape, select } from "../graph/index.ts";
import { type AttentionNodes, attention } from "./attention.ts";
import type { EncoderBuild, EncoderNodes } from "./encoder.ts";
import { activations, dropped } from "./layers.ts";

/**
 * DistilBERT with a sequence-classification head, as transformers' `DistilBertForSequenceClassification` defines it.
 *
 * BERT without token types, without a pooler and without dropout behind the attention's output projection; its head is
 * `W_c relu(W_p x[CLS])`.
 *
 * @see Sanh et al., arXiv 1910.01108.
 */
export function distilbert({ config, plan, parameters, inputs, training, ids }: EncoderBuild): EncoderNodes {
  const { hiddenSize: D, intermediateSize: F, layerNormEps: eps, vocabSize, maxPositions, numLabels } = config;
  const dropout = (x: Node, site: string, shape: Node["shape"], p: number): Node =>
    dropped(x, training ? inputs.dropout(site, shape, p) : null);
  const hidden = (x: Node, site: string): Node => dropout(x, site, ["B*n", D], config.hiddenDropout);

  const table = "distilbert.embeddings";
  const words = gather(parameters.get(`${table}.word_embeddings.weight`, [vocabSize, D]), ids.tokens); // [T, D]
  const positions = gather(parameters.get(`${table}.position_embeddings.weight`, [maxPositions, D]), ids.positions); // [n, D]
  let x = reshape(add(reshape(words, ["B", "n", D]), positions), ["B*n", D]); // [T, D]
  x = hidden(parameters.layerNorm(x, `${table}.LayerNorm`, D, eps), "embeddings"); // [T, D]

  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `distilbert.transformer.layer.${layer}`;
    const self = `${name}.attention`;
    const names = { query: `${self}.q_lin`, key: `${self}.k_lin`, value: `${self}.v_lin`, output: `${self}.out_lin` };
    const attended = attention(x, names, { config, layer, plan, parameters, inputs, training });
    attentions.push(attended);
    x = parameters.layerNorm(add(attended.output, x), `${name}.sa_layer_norm`, D, eps); // [T, D]

    const inner = activations[config.activation](parameters.linear(x, `${name}.ffn.lin1`, D, F)); // [T, F]
    const outer = hidden(parameters.linear(inner, `${name}.ffn.lin2`, F, D), `layer.${layer}.feedForward`); // [T, D]
    x = parameters.layerNorm(add(outer, x), `${name}.output_layer_norm`, D, eps); // [T, D]
  }

  const first = select(reshape(x, ["B", "n", D]), 1, 0); // [B, D], [CLS]
  const pooled = relu(parameters.linear(first, "pre_classifier", D, D)); // [B, D]
  const logits = parameters.linear(dropout(pooled, "classifier", ["B", D], config.classifierDropout), "classifier", D, numLabels); // [B, C]
  return { logits, attentions };
}
