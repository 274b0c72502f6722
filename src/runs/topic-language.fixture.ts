import { bertTokenizerJson, createTokenizer, type TokenizerJson } from "../data/index.ts";
import { uniform } from "../random/index.ts";
import type { MaskingRules } from "../tasks/index.ts";

/** Words of a topic, and topics: a sentence draws all its words from one topic. */
export const topicWords = 4;
export const topics = 6;
const words = Array.from({ length: topics * topicWords }, (_, at) => `w${at}`);
const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/**
 * Sentences of a language that a bag of words explains: words of one topic, each as likely as the others.
 *
 * Knowing nothing, a word costs ln 24 = 3.18 nats; knowing the topic, ln 4 = 1.39.
 *
 * @returns Documents of one sentence, of 8 to 14 words.
 */
export function topicSentences(count: number, seed: number): string[] {
  const draw = (step: number, at: number, below: number): number =>
    Math.floor(uniform({ seed, step, site: "topic language" }, at) * below);
  return Array.from({ length: count }, (_, sentence) => {
    const topic = draw(sentence, 0, topics);
    const length = 8 + draw(sentence, 1, 7);
    return Array.from({ length }, (_, at) => words[topic * topicWords + draw(sentence, 2 + at, topicWords)]).join(" ");
  });
}

/** The two files of its tokenizer; `masked: false` leaves the mask token out. */
export function topicTokenizerJson({ masked = true }: { readonly masked?: boolean } = {}): TokenizerJson {
  const specialTokens = masked ? special : special.slice(0, 4);
  const vocabulary = [...specialTokens, ...words];
  return bertTokenizerJson({ vocabulary, specialTokens, model: { type: "WordLevel" }, maxLength: 32 });
}

export const topicTokenizer = createTokenizer({ ...topicTokenizerJson(), maxLength: 32 });

export const topicMasking: MaskingRules = {
  probability: 0.15,
  maskTokenId: topicTokenizer.maskTokenId!,
  vocabularySize: topicTokenizer.vocabularySize,
  specialIds: topicTokenizer.specialIds,
};

/** `config.json` of a small encoder for it: 2 layers, D = 32, H = 2, F = 64. */
export const topicConfig = {
  model_type: "bert",
  vocab_size: special.length + words.length,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 64,
  max_position_embeddings: 32,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
} as const;
