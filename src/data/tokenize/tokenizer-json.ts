import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";

/** The two tokenizer files of a Hugging Face model folder, parsed: what `createTokenizer` takes. */
export interface TokenizerJson {
  readonly tokenizerJson: object;
  readonly tokenizerConfig: object;
}

/**
 * Read the tokenizer among the files of a Hugging Face model folder, by name.
 *
 * @param where - The folder, for messages.
 * @throws `data/unreadable` without `tokenizer.json`; `tokenizer/bad-file` when a file is damaged.
 */
export function readTokenizerJson(files: ReadonlyMap<string, Uint8Array>, where = "model"): TokenizerJson {
  const hint = "Save the tokenizer again with save_pretrained, which writes tokenizer.json.";
  if (!files.has("tokenizer.json")) {
    throw expectedGot("data/unreadable", `${where}/tokenizer.json`, "a readable file", "no such file", hint);
  }
  const parse = (name: string, next: string): object => {
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(files.get(name)));
    } catch (error) {
      throw new CrispError("tokenizer/bad-file", `${where}/${name}: expected JSON, got ${(error as Error).message}. ${next}`);
    }
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
    throw expectedGot("tokenizer/bad-file", `${where}/${name}`, "a JSON object", printedJson(json), next);
  };
  return {
    tokenizerJson: parse("tokenizer.json", hint),
    tokenizerConfig: files.has("tokenizer_config.json")
      ? parse("tokenizer_config.json", "Copy the file from the original model.")
      : {},
  };
}

/**
 * An uncased tokenizer as BERT's: lower case, accents stripped, split at spaces and punctuation, `[CLS] first [SEP] second [SEP]`.
 *
 * @param parts.vocabulary - Token by id; holds the special tokens.
 * @param parts.specialTokens - [PAD], [UNK], [CLS] and [SEP] among them.
 * @param parts.model - The `model` of tokenizer.json without its vocabulary, e.g. `{ type: "WordLevel" }`.
 * @param parts.maxLength - Tokens that the encoder takes.
 * @returns Contents of `tokenizer.json` and `tokenizer_config.json`.
 */
export function bertTokenizerJson({
  vocabulary,
  specialTokens,
  model,
  maxLength,
}: {
  readonly vocabulary: readonly string[];
  readonly specialTokens: readonly string[];
  readonly model: Readonly<Record<string, unknown>>;
  readonly maxLength: number;
}): TokenizerJson {
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
    model: { ...model, vocab: Object.fromEntries(vocabulary.map((token, at) => [token, at])), unk_token: "[UNK]" },
  };
  const tokenizerConfig = {
    tokenizer_class: "PreTrainedTokenizerFast",
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    ...(specialTokens.includes("[MASK]") && { mask_token: "[MASK]" }),
    model_max_length: maxLength,
  };
  return { tokenizerJson, tokenizerConfig };
}
