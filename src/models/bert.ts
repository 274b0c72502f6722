import { add, gather, type Node, reshape, select, tanh } from "../graph/index.ts";
import { type AttentionNodes, attention } from "./attention.ts";
import type { EncoderBuild, EncoderNodes } from "./encoder.ts";
import { activations, dropped } from "./layers.ts";

/**
 * BERT with its pooler and a sequence-classification head, as transformers' `BertForSequenceClassification` defines it.
 *
 *     x = LayerNorm(word + position + type)
 *     x = LayerNorm(x + attention(x));  x = LayerNorm(x + W₂ act(W₁ x))      for each layer
 *     logits = W_c tanh(W_p x[CLS])
 *
 * @see Devlin et al., arXiv 1810.04805.
 */
export function bert({ config, plan, parameters, inputs, training, ids }: EncoderBuild): EncoderNodes {
  const { hiddenSize: D, intermediateSize: F, layerNormEps: eps, vocabSize, maxPositions, typeVocabSize, numLabels } = config;
  const dropout = (x: Node, site: string, shape: Node["shape"], p: number): Node =>
    dropped(x, training ? inputs.dropout(site, shape, p) : null);
  const hidden = (x: Node, site: string): Node => dropout(x, site, ["B*n", D], config.hiddenDropout);

  const table = "bert.embeddings";
  const words = gather(parameters.get(`${table}.word_embeddings.weight`, [vocabSize, D]), ids.tokens); // [T, D]
  const types = gather(parameters.get(`${table}.token_type_embeddings.weight`, [typeVocabSize, D]), ids.types()); // [T, D]
  const positions = gather(parameters.get(`${table}.position_embeddings.weight`, [maxPositions, D]), ids.positions); // [n, D]
  const tokens = reshape(add(words, types), ["B", "n", D]); // [B, n, D]
  let x = reshape(add(tokens, positions), ["B*n", D]); // [T, D]
  x = hidden(parameters.layerNorm(x, `${table}.LayerNorm`, D, eps), "embeddings"); // [T, D]

  const attentions: AttentionNodes[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    const name = `bert.encoder.layer.${layer}`;
    const self = `${name}.attention.self`;
    const names = {
      query: `${self}.query`,
      key: `${self}.key`,
      value: `${self}.value`,
      output: `${name}.attention.output.dense`,
    };
    const attended = attention(x, names, { config, layer, plan, parameters, inputs, training });
    attentions.push(attended);
    const residual = add(hidden(attended.output, `layer.${layer}.attentionOutput`), x); // [T, D]
    x = parameters.layerNorm(residual, `${name}.attention.output.LayerNorm`, D, eps); // [T, D]

    const inner = activations[config.activation](parameters.linear(x, `${name}.intermediate.dense`, D, F)); // [T, F]
    const outer = hidden(parameters.linear(inner, `${name}.output.dense`, F, D), `layer.${layer}.feedForward`); // [T, D]
    x = parameters.layerNorm(add(outer, x), `${name}.output.LayerNorm`, D, eps); // [T, D]
  }

  const first = select(reshape(x, ["B", "n", D]), 1, 0); // [B, D], [CLS]
  const pooled = tanh(parameters.linear(first, "bert.pooler.dense", D, D)); // [B, D]
  const logits = parameters.linear(dropout(pooled, "classifier", ["B", D], config.classifierDropout), "classifier", D, numLabels); // [B, C]
  return { logits, attentions };
}
