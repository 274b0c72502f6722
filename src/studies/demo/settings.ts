import { demoLayers } from "./ceilings.ts";
import { demoVocabulary } from "./tokenizer.ts";

/**
 * The demonstration's encoder, as a Hugging Face `config.json`: BERT, 2 layers, D = 64, H = 4, F = 128, about 98,000 parameters.
 *
 * The number of layers is part of the planted truth (see `reachOfCls`); the widths were chosen for seconds a run.
 */
export function demoEncoderConfig() {
  return {
    architectures: ["BertForSequenceClassification"],
    model_type: "bert",
    vocab_size: demoVocabulary().length,
    hidden_size: 64,
    num_hidden_layers: demoLayers,
    num_attention_heads: 4,
    intermediate_size: 128,
    hidden_act: "gelu",
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    // The longest review has 36 tokens; the rest is room for what people type.
    max_position_embeddings: 64,
    type_vocab_size: 2,
    initializer_range: 0.02,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    id2label: { "0": "negative", "1": "positive" },
    label2id: { negative: 0, positive: 1 },
  } as const;
}

/**
 * Training settings, tuned in trials (docs/demo-corpora.md).
 *
 * `every-word` takes more passes than the others, as one distant word among seven says little. The rate is high for BERT because nothing
 * is pretrained; at 3e-3 with 100 steps one seed in three stayed at chance.
 */
export const demoTraining = {
  /** Over the 800 training sentences, 25 steps each. */
  passes: { distractors: 4, "every-word": 5, "dense-against-dense": 6 },
  batchSize: 32,
  learningRate: 2e-3,
  /** Share of the steps; linear decay to 0 follows. */
  warmupShare: 0.1,
  weightDecay: 0.01,
  maxGradNorm: 1,
  seeds: [0, 1, 2, 3, 4],
} as const;
