import type { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { expectedGot, printedJson } from "../../errors/index.ts";
import { readCharsMap } from "./precompiled.ts";
import { slowPattern } from "./slow-pattern.ts";
import { repairUnigram, type UnigramModel } from "./unigram.ts";

/** Unicode's compatibility forms reach 18: U+FDFA; Prepend has 32 more. */
const MOST_GROWTH = 64;

/** A step of the package's pipeline: its methods can be replaced; sequences hold others. */
interface Step {
  normalizers?: (Step | null)[];
  tokenizers?: (Step | null)[];
  processors?: Step[];
  normalize(text: string): string;
  pre_tokenize_text(text: string, options?: { section_index?: number }): string[];
  post_process(...args: unknown[]): { tokens: string[]; token_type_ids?: number[] };
  pattern?: RegExp | string | null;
}

/** A step of tokenizer.json. */
interface StepJson {
  readonly type: string;
  readonly normalizers?: readonly StepJson[];
  readonly pretokenizers?: readonly StepJson[];
  readonly processors?: readonly StepJson[];
  readonly special_tokens?: Readonly<Record<string, { readonly ids: readonly number[] }>>;
  readonly [key: string]: unknown;
}

/** Rust's white space, which lacks U+FEFF and has U+0085; JavaScript's `\s` is the other way round. */
const SPACE = "\\p{White_Space}";
/** `\w` of Rust's regular expressions; JavaScript's knows ASCII only. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const PUNCTUATION = "\\p{P}\\u0021-\\u002F\\u003A-\\u0040\\u005B-\\u0060\\u007B-\\u007E";
const pieces = (pattern: string): ((text: string) => string[]) => {
  const expression = new RegExp(pattern, "gu");
  return (text) => text.match(expression) ?? [];
};

/**
 * Make the JavaScript package follow Hugging Face's library in Rust where the two differ, step by step of the pipeline.
 *
 * @param library - Changed in place.
 * @param tokenizerJson - What it was made from.
 * @throws `tokenizer/unsupported` for what the package computes otherwise and this does not mend; `tokenizer/slow-pattern` for an
 *   expression that may take endless time. Encoding a text then throws `tokenizer/text-grows`.
 */
export function repairLibrary(library: HuggingFaceTokenizer, tokenizerJson: object): void {
  const { normalizer, pre_tokenizer, post_processor, model, added_tokens } = tokenizerJson as {
    normalizer: StepJson | null;
    pre_tokenizer: StepJson | null;
    post_processor: StepJson | null;
    model: { type?: string; byte_fallback?: boolean; vocab?: [string, number][] | object };
    added_tokens?: readonly { content: string; single_word?: boolean }[];
  };
  const steps = library as unknown as Record<"normalizer" | "pre_tokenizer" | "post_processor", Step | null>;
  const bound = { most: Infinity };
  repairNormaliser(steps.normalizer, normalizer, bound);
  boundGrowth(steps.normalizer, bound);
  if (pre_tokenizer?.type === "BertPreTokenizer") keepFromAddedTokens(steps.normalizer);
  repairSplitter(steps.pre_tokenizer, pre_tokenizer);
  repairTemplate(steps.post_processor, post_processor, library);
  if (model.type === "Unigram" && model.byte_fallback) throw unsupported("a Unigram model without byte_fallback", "one with it");
  // older files do not name the type; only Unigram's vocabulary is a list
  if (Array.isArray(model.vocab)) repairUnigram((library as unknown as { model: UnigramModel }).model, model.vocab);
  const single = added_tokens?.find(({ single_word }) => single_word);
  if (single) throw unsupported("added tokens that may stand inside a word", `${single.content} with single_word`);
}

/** UTF-16 units that a step may make of the text at hand. */
interface Bound {
  most: number;
}

function repairNormaliser(step: Step | null, json: StepJson | null, bound: Bound): void {
  if (!step || !json) return;
  json.normalizers?.forEach((inner, at) => {
    repairNormaliser(step.normalizers![at], inner, bound);
  });
  refuseSlow(step, json);
  if (json.type === "Precompiled" && typeof json.precompiled_charsmap === "string") {
    step.normalize = readCharsMap(json.precompiled_charsmap);
  }
  // one character at a time: no ς at the end of a word
  if (json.type === "Lowercase") step.normalize = (text) => text.replaceAll("Σ", "σ").toLowerCase();
  if (json.type === "Strip") step.normalize = (text) => stripped(text, json.strip_left === true, json.strip_right === true);
  const { pattern } = step;
  // a `$` of the content is only that
  if (json.type === "Replace" && pattern) step.normalize = (text) => text.replaceAll(pattern, () => String(json.content));
  if (!json.normalizers) refuseGrowth(step, bound);
}

/** Steps that each write more than they read would together write without end. */
function refuseGrowth(step: Step, bound: Bound): void {
  const normalize = step.normalize.bind(step);
  step.normalize = (text) => {
    let written: string | undefined;
    try {
      written = normalize(text);
    } catch (error) {
      // longer than a string can be
      if (!(error instanceof RangeError)) throw error;
    }
    if (written !== undefined && written.length <= bound.most) return written;
    const rule = `steps that make a text at most ${MOST_GROWTH} times as long`;
    throw expectedGot("tokenizer/text-grows", "tokenizer.json, normalizer", rule, "more", "Don't use this tokenizer.");
  };
}

/** Each text has its own bound; of an empty one Rust makes nothing, whatever is to stand before or in it. */
function boundGrowth(step: Step | null, bound: Bound): void {
  if (!step) return;
  const normalize = step.normalize.bind(step);
  step.normalize = (text) => {
    bound.most = MOST_GROWTH * text.length;
    return text === "" ? "" : normalize(text);
  };
}

/**
 * What becomes an added token only by normalising, `<S>` in lower case, is none: the package takes it for one where it stands between
 * two added tokens or alone, as each word does here. A space behind it keeps it apart, and is split off again.
 */
function keepFromAddedTokens(step: Step | null): void {
  if (!step) return;
  const normalize = step.normalize.bind(step);
  step.normalize = (text) => `${normalize(text)} `;
}

const ONE_SPACE = new RegExp(SPACE, "u");

/** By hand, as an expression for spaces at the end looks at each run of spaces again from each of its places. */
function stripped(text: string, left: boolean, right: boolean): string {
  let [start, end] = [0, text.length];
  // every white space is one UTF-16 unit
  while (left && start < end && ONE_SPACE.test(text[start])) start++;
  while (right && end > start && ONE_SPACE.test(text[end - 1])) end--;
  return text.slice(start, end);
}

/** A `Split` or `Replace` by an expression of the file. */
function refuseSlow({ pattern }: Step, json: StepJson): void {
  const written = (json.pattern as { Regex?: string } | undefined)?.Regex;
  if (written === undefined || !(pattern instanceof RegExp)) return;
  const why = slowPattern(pattern);
  if (why === undefined) return;
  const rule = `an expression that takes little time on any text, not ${why}`;
  throw expectedGot("tokenizer/slow-pattern", `tokenizer.json, ${json.type}`, rule, written, "Don't use this tokenizer.");
}

function repairSplitter(step: Step | null, json: StepJson | null): void {
  if (!step || !json) return;
  json.pretokenizers?.forEach((inner, at) => {
    if (at > 0 && inner.prepend_scheme === "first") throw unsupported("a Metaspace before all other splits", 'one with "first"');
    repairSplitter(step.tokenizers![at], inner);
  });
  refuseSlow(step, json);
  const repair = splitters[json.type];
  repair?.(step, json);
}

function repairTemplate(step: Step | null, json: StepJson | null, library: HuggingFaceTokenizer): void {
  if (!step || !json) return;
  json.processors?.forEach((inner, at) => {
    repairTemplate(step.processors![at], inner, library);
  });
  if (json.type === "RobertaProcessing") {
    const process = step.post_process.bind(step);
    // RoBERTa has no token types: the package gives the second text 1
    step.post_process = (...args) => {
      const { tokens } = process(...args);
      return { tokens, token_type_ids: tokens.map(() => 0) };
    };
  }
  for (const [token, { ids }] of Object.entries((json.type === "TemplateProcessing" && json.special_tokens) || {})) {
    if (ids.length !== 1 || ids[0] !== library.token_to_id(token)) {
      throw unsupported("special tokens with one id, that of their name", `${token} with ${printedJson(ids)}`);
    }
  }
}

/** By type of the step. */
const splitters: Readonly<Record<string, (step: Step, json: StepJson) => void>> = {
  ByteLevel(step) {
    step.pattern = new RegExp(
      `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${SPACE}\\p{L}\\p{N}]+|${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
      "gu",
    );
  },
  WhitespaceSplit(step) {
    step.pre_tokenize_text = pieces("\\P{White_Space}+");
  },
  Whitespace(step) {
    step.pre_tokenize_text = pieces(`[${WORD}]+|[^${WORD}${SPACE}]+`);
  },
  Digits(step, { individual_digits }) {
    step.pre_tokenize_text = pieces(`\\P{N}+|\\p{N}${individual_digits ? "" : "+"}`);
  },
  Punctuation(step, { behavior = "Isolated" }) {
    if (behavior !== "Isolated" && behavior !== "Contiguous") throw unsupported("punctuation that is Isolated", String(behavior));
    step.pre_tokenize_text = pieces(`[^${PUNCTUATION}]+|[${PUNCTUATION}]${behavior === "Isolated" ? "" : "+"}`);
  },
  Split(_, { behavior, invert }) {
    if (behavior !== "Isolated" && behavior !== "Removed" && !invert) {
      throw unsupported("a Split whose behavior is Isolated or Removed", String(behavior));
    }
  },
  Metaspace(step, { replacement = "▁", prepend_scheme, add_prefix_space, split = true }) {
    const mark = String(replacement);
    // `add_prefix_space` is the older name
    const prepend = prepend_scheme ?? (add_prefix_space === false ? "never" : "always");
    step.pre_tokenize_text = (text, { section_index } = {}) => {
      const marked = text.replaceAll(" ", mark);
      const first = prepend === "always" || (prepend === "first" && section_index === 0);
      const whole = first && !marked.startsWith(mark) ? mark + marked : marked;
      return split ? whole.split(new RegExp(`(?=${mark.replace(/[^\p{L}\p{N}_▁]/gu, "\\$&")})`, "u")) : [whole];
    };
  },
};

const unsupported = (rule: string, got: string) =>
  expectedGot("tokenizer/unsupported", "tokenizer.json", rule, got, "Its ids would differ from those in Python.");
