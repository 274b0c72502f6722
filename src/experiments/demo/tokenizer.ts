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
export function demoTokenizer(): { readonly tokenizerJson: object; readonly tokenizerConfig: object } {
  const vocabulary = demoVocabulary();
  const id = (token: string): number => vocabulary.indexOf(token);
  const special = (token: string, type: number): object => ({ SpecialToken: { id: token, type_id: type } });
  const text = (sequence: "A" | "B", type: number): object => ({ Sequence: { id: sequence, type_id: type } });
  const tokenizerJson = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: id(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]", 0), text("A", 0), special("[SEP]", 0)],
      pair: [special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1), special("[SEP]", 1)],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }]),
      ),
    },
    decoder: null,
    model: { type: "WordLevel", vocab: Object.fromEntries(vocabulary.map((token, at) => [token, at])), unk_token: "[UNK]" },
  };
  const tokenizerConfig = {
    tokenizer_class: "PreTrainedTokenizerFast",
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    model_max_length: 64,
  };
  return { tokenizerJson, tokenizerConfig };
}
