import { type CrispError, expectedGot, printedJson } from "../../errors/index.ts";

type Json = Readonly<Record<string, unknown>>;
/** A rule in words, and whether a value keeps it. */
type Rule = readonly [string, (value: unknown) => boolean];

/** Steps nest once or twice; nobody writes more than a few. */
const DEEPEST = 16;
/** In all three sequences together. */
const MOST_STEPS = 64;
/** Each takes 60 ms to be judged and compiled; those of DeepSeek, more than most have, are three. */
const MOST_EXPRESSIONS = 16;
/** What a step writes for one match, or a mark at the ends of words: a text that grows with each step would have no end. */
const MOST_WRITTEN = 32;
/** Larger vocabularies do not exist, and the package walks over every number up to the largest. */
const MOST_IDS = 2 ** 24;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isId = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < MOST_IDS;

const optional = ([rule, fits]: Rule): Rule => [
  `${rule}, or nothing`,
  (value) => value === undefined || value === null || fits(value),
];
const TEXT: Rule = ["a text", isText];
const SHORT_TEXT: Rule = [
  `a text of at most ${MOST_WRITTEN} characters`,
  (value) => isText(value) && value.length <= MOST_WRITTEN,
];
const FLAG: Rule = optional(["true or false", (value) => typeof value === "boolean"]);
const oneOf = (...known: string[]): Rule =>
  optional([`one of ${known.join(", ")}`, (value) => isText(value) && known.includes(value)]);
const ID: Rule = [`a whole number below ${MOST_IDS}`, isId];
const PATTERN: Rule = [
  "an object with one text, String or Regex",
  (value) => isObject(value) && isText(value.Regex ?? value.String) && (value.Regex === undefined || value.String === undefined),
];
const TOKEN_AND_ID: Rule = [
  "a token and its id",
  (value) => Array.isArray(value) && value.length === 2 && isText(value[0]) && isId(value[1]),
];
const VOCABULARY: Rule = [
  `an object from tokens to whole numbers below ${MOST_IDS}`,
  (value) => isObject(value) && Object.values(value).every(isId),
];
const SCORED_TOKENS: Rule = [
  "a list of tokens with their scores",
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((entry) => Array.isArray(entry) && isText(entry[0]) && Number.isFinite(entry[1])),
];
const MERGES: Rule = [
  "a list of pairs of tokens",
  (value) =>
    Array.isArray(value) &&
    (value.every((pair) => isText(pair) && pair.includes(" ")) ||
      value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText))),
];
const BEHAVIORS = oneOf("Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext");
/** How often each text stands in a template: none twice. */
const template = (texts: readonly string[]): Rule => [
  `special tokens and the ${texts.length === 1 ? "text" : "texts"} ${texts.join(" and ")}, each with a type`,
  (value) => {
    if (!Array.isArray(value)) return false;
    const found: unknown[] = [];
    for (const part of value) {
      const { SpecialToken, Sequence } = (isObject(part) ? part : {}) as { SpecialToken?: unknown; Sequence?: unknown };
      const named = SpecialToken ?? Sequence;
      if (!isObject(named) || (SpecialToken !== undefined && Sequence !== undefined)) return false;
      if (!isText(named.id) || !Number.isInteger(named.type_id) || Math.abs((named.type_id as number) - 50) > 50) return false;
      if (SpecialToken === undefined) found.push(named.id);
    }
    return found.length === texts.length && texts.every((text) => found.includes(text));
  },
];
const SPECIAL_TOKENS: Rule = [
  "an object from tokens to their ids",
  (value) =>
    isObject(value) && Object.values(value).every((one) => isObject(one) && Array.isArray(one.ids) && one.ids.every(isId)),
];

/** What the fields of each kind of model and step must be; what is not named here is not read. */
const MODELS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  WordPiece: {
    vocab: VOCABULARY,
    unk_token: TEXT,
    continuing_subword_prefix: SHORT_TEXT,
    max_input_chars_per_word: optional([
      "a whole number above 0",
      (value) => Number.isSafeInteger(value) && (value as number) > 0,
    ]),
  },
  WordLevel: { vocab: VOCABULARY, unk_token: TEXT },
  BPE: {
    ...{ vocab: VOCABULARY, merges: MERGES, unk_token: optional(TEXT) },
    ...{
      continuing_subword_prefix: optional(SHORT_TEXT),
      end_of_word_suffix: optional(SHORT_TEXT),
      continuing_subword_suffix: optional(SHORT_TEXT),
    },
    ...{ fuse_unk: FLAG, byte_fallback: FLAG, ignore_merges: FLAG },
  },
  Unigram: { vocab: SCORED_TOKENS, unk_id: optional(ID), byte_fallback: FLAG },
};
const STEPS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  BertNormalizer: { clean_text: FLAG, handle_chinese_chars: FLAG, strip_accents: FLAG, lowercase: FLAG },
  Precompiled: { precompiled_charsmap: optional(TEXT) },
  Replace: { pattern: PATTERN, content: SHORT_TEXT },
  Strip: { strip_left: FLAG, strip_right: FLAG },
  Prepend: { prepend: SHORT_TEXT },
  ByteLevel: { add_prefix_space: FLAG, trim_offsets: FLAG, use_regex: FLAG },
  Metaspace: {
    replacement: optional(["one character", (value) => isText(value) && Array.from(value).length === 1]),
    prepend_scheme: oneOf("always", "never", "first"),
    add_prefix_space: FLAG,
    split: FLAG,
  },
  Split: { pattern: PATTERN, behavior: BEHAVIORS, invert: FLAG },
  Punctuation: { behavior: BEHAVIORS },
  Digits: { individual_digits: FLAG },
  FixedLength: { length: ["a whole number above 0", (value) => Number.isSafeInteger(value) && (value as number) > 0] },
  TemplateProcessing: { single: template(["A"]), pair: template(["A", "B"]), special_tokens: SPECIAL_TOKENS },
  BertProcessing: { sep: TOKEN_AND_ID, cls: TOKEN_AND_ID },
  RobertaProcessing: { sep: TOKEN_AND_ID, cls: TOKEN_AND_ID },
};
/** The field in which a `Sequence` of each kind keeps its steps. */
const INNER = { normalizer: "normalizers", pre_tokenizer: "pretokenizers", post_processor: "processors" } as const;
const ADDED: Readonly<Record<string, Rule>> = {
  id: ID,
  content: ["a text that is not empty", (value) => isText(value) && value !== ""],
  ...{ single_word: FLAG, lstrip: FLAG, rstrip: FLAG, normalized: FLAG, special: FLAG },
};

const bad = (place: string, rule: string, got: unknown): CrispError =>
  expectedGot(
    "tokenizer/bad-file",
    `tokenizer.json, ${place}`,
    rule,
    printedJson(got) ?? "nothing",
    "Save the tokenizer again with save_pretrained.",
  );

function checkFields(place: string, json: Json, rules: Readonly<Record<string, Rule>>): void {
  for (const [field, [rule, fits]] of Object.entries(rules)) {
    if (!fits(json[field])) throw bad(`${place}.${field}`, rule, json[field]);
  }
}

/** @param found - What is no sequence is added to it. */
function checkStep(place: string, json: unknown, inner: string, depth: number, found: Json[]): void {
  if (json === null) return;
  if (!isObject(json) || !isText(json.type)) throw bad(place, "null or an object with a type", json);
  if (depth > DEEPEST) throw bad(place, `at most ${DEEPEST} sequences within each other`, "more");
  if (json.type !== "Sequence") {
    if (Object.hasOwn(STEPS, json.type)) checkFields(place, json, STEPS[json.type]);
    found.push(json);
    return;
  }
  const steps = json[inner];
  if (!Array.isArray(steps)) throw bad(`${place}.${inner}`, "a list of steps", steps);
  steps.forEach((step, at) => {
    if (step === null) throw bad(`${place}.${inner}[${at}]`, "an object with a type", step);
    checkStep(`${place}.${inner}[${at}]`, step, inner, depth + 1, found);
  });
}

/**
 * Check what the JavaScript package believes of `tokenizer.json`: types, ids and templates. A wrong one makes it crash on some texts,
 * or walk through numbers without end.
 *
 * @param json - The parsed file.
 * @returns One more than the largest id.
 * @throws `tokenizer/bad-file`, naming the field.
 */
export function checkTokenizerJson(json: unknown): number {
  if (!isObject(json)) throw bad("the file", "an object", json);
  const { model, added_tokens = [] } = json;
  if (!isObject(model)) throw bad("model", "an object", model);
  const kind = isText(model.type) ? model.type : typeOf(model);
  if (kind === undefined || !Object.hasOwn(MODELS, kind))
    throw bad("model.type", `one of ${Object.keys(MODELS).join(", ")}`, model.type);
  checkFields("model", model, MODELS[kind]);
  if (!Array.isArray(added_tokens)) throw bad("added_tokens", "a list", added_tokens);
  added_tokens.forEach((token: unknown, at) => {
    if (!isObject(token)) throw bad(`added_tokens[${at}]`, "an object", token);
    checkFields(`added_tokens[${at}]`, token, ADDED);
  });
  const steps: Json[] = [];
  for (const [field, inner] of Object.entries(INNER)) checkStep(field, json[field], inner, 0, steps);
  if (steps.length > MOST_STEPS) throw bad("the file", `at most ${MOST_STEPS} steps`, steps.length);
  const expressions = steps.filter(({ pattern }) => isObject(pattern) && pattern.Regex !== undefined).length;
  if (expressions > MOST_EXPRESSIONS) throw bad("the file", `at most ${MOST_EXPRESSIONS} expressions`, expressions);

  let largest = -1;
  const scored = kind === "Unigram" ? (model.vocab as readonly unknown[]).length : 0;
  if (kind === "Unigram") {
    if (isId(model.unk_id) && model.unk_id >= scored) throw bad("model.unk_id", `below ${scored}, the tokens`, model.unk_id);
    largest = scored - 1;
  } else for (const id of Object.values(model.vocab as object)) largest = Math.max(largest, id);
  for (const { id } of added_tokens) largest = Math.max(largest, id);
  return largest + 1;
}

/** Files of before 2021 name no type. */
function typeOf({ vocab, merges, continuing_subword_prefix }: Json): string | undefined {
  if (Array.isArray(vocab)) return "Unigram";
  if (!isObject(vocab)) return undefined;
  return merges !== undefined ? "BPE" : continuing_subword_prefix === undefined ? "WordLevel" : "WordPiece";
}
