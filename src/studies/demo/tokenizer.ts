import { bertTokenizerJson, type TokenizerJson } from "../../data/index.ts";
import { distractorTemplates, everyWordTemplates } from "./templates.ts";
import { opinions, slots } from "./words.ts";

const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] as const;

/** Every token the grammar can write, held-out words included: special tokens first, then the words by alphabet. */
export function demoVocabulary(): string[] {
  const fixed = [...distractorTemplates, ...everyWordTemplates]
    .flatMap((t) => t.split(" "))
    .filter((token) => !token.startsWith("{"));
  const filled = Object.values(slots).flatMap(({ seen, heldOut }) => [...seen, ...heldOut]);
  return [...specialTokens, ...[...new Set([...opinions.flat(), ...fixed, ...filled])].sort()];
}

/**
 * The word-level tokenizer of the demonstration, as the two files a Hugging Face model folder holds.
 *
 * Lower case, split at spaces and punctuation, one id a word, [UNK] for anything else, `[CLS] … [SEP]` around it.
 *
 * @returns Contents of `tokenizer.json` and `tokenizer_config.json`, for `createTokenizer` or to be saved with the model.
 * @example
 * createTokenizer(demoTokenizer()).encode("a fine film").inputIds; // 5 ids: [CLS] a fine film [SEP]
 */
export function demoTokenizer(): TokenizerJson {
  return bertTokenizerJson({ vocabulary: demoVocabulary(), specialTokens, model: { type: "WordLevel" }, maxLength: 64 });
}
