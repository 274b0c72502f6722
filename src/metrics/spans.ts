import { expectedGot } from "../errors/index.ts";
import { checkPairs } from "./check-pairs.ts";
import { f1Of, precisionOf, recallOf } from "./classification.ts";

/** [sentences][tokens]: tags such as `B-PER`, `I-PER`, `O`. */
export type TagRows = readonly (readonly string[])[];

/** An entity of a sentence. */
export interface Span {
  /** `PER` of `B-PER`; empty for a bare `B`. */
  readonly type: string;
  /** First token. */
  readonly start: number;
  /** Token after the last. */
  readonly end: number;
}

export interface SpanScores {
  /** Share of predicted entities that are right in type and in both ends; 0 when none was predicted. */
  readonly precision: number;
  /** Share of actual entities that were predicted so; 0 when there are none. */
  readonly recall: number;
  readonly f1: number;
  /** Share of tokens with the right tag, in [0, 1]. */
  readonly tokenAccuracy: number;
}

const TAG = /^(?:O|[BIES](?:-.*)?)$/s;

/** Whether the labels are those of spans: every one `O`, `B-…`, `I-…` (or `E-…`, `S-…`), and one of them begins or continues. */
export function areSpanTags(labels: Iterable<string>): boolean {
  let entity = false;
  for (const label of labels) {
    if (!TAG.test(label)) return false;
    if (/^[BI]-/.test(label)) entity = true;
  }
  return entity;
}

/**
 * Entities of one sentence, read leniently, as CoNLL's `conlleval` reads them.
 *
 * `B-X` begins an entity. `I-X` continues one of type X and otherwise begins one, so IOB1 and stray `I-` tags are read too.
 * `E-X` ends an entity and `S-X` is one by itself, as in IOBES.
 *
 * @param tags - [tokens].
 * @returns Spans in order; they never overlap.
 * @throws `metrics/bad-tag` for a tag that is none of these.
 * @example spansOf(["B-PER", "I-PER", "O", "I-LOC"]) // [{ type: "PER", start: 0, end: 2 }, { type: "LOC", start: 3, end: 4 }]
 */
export function spansOf(tags: readonly string[]): Span[] {
  const spans: Span[] = [];
  let open: { type: string; start: number } | undefined;
  const close = (end: number): void => {
    if (open) spans.push({ ...open, end });
    open = undefined;
  };
  tags.forEach((tag, at) => {
    if (!TAG.test(tag)) {
      const hint = "Token accuracy and macro-F1 need no such tags.";
      throw expectedGot("metrics/bad-tag", "spansOf", 'tags such as "B-PER", "I-PER" and "O"', JSON.stringify(tag), hint);
    }
    const [mark, type] = [tag[0], tag.slice(2)];
    if (mark === "O" || mark === "B" || mark === "S" || open?.type !== type) close(at);
    if (mark !== "O") open ??= { type, start: at };
    if (mark === "E" || mark === "S") close(at + 1);
  });
  close(tags.length);
  return spans;
}

/**
 * Precision, recall and F1 over entities, and the accuracy over tokens.
 *
 * An entity counts as found when one of the same type with the same first and last token was predicted. Entities of all types
 * and sentences are counted together (micro average).
 *
 * @param predicted - [sentences][tokens] of tags; leave out padding, special tokens and all but the first token of a word.
 * @param actual - [sentences][tokens] of tags.
 * @throws `metrics/bad-shape` when sentences differ in number or length, or hold no token; `metrics/bad-tag` for a tag that is
 *   not `O`, `B-…`, `I-…`, `E-…` or `S-…`.
 * @example spanScores([["B-PER", "O"]], [["B-PER", "I-PER"]]) // { precision: 0, recall: 0, f1: 0, tokenAccuracy: 0.5 }
 *
 * Source: seqeval 1.2's default mode (Nakayama 2018), which mirrors conlleval (Tjong Kim Sang and De Meulder 2003). It warns of
 * other tags where we throw.
 */
export function spanScores(predicted: TagRows, actual: TagRows): SpanScores {
  const tokens = checkSentences("spanScores", predicted, actual);
  const key = ({ type, start, end }: Span): string => `${start} ${end} ${type}`;
  let [hits, ofPredicted, ofActual, rightTokens] = [0, 0, 0, 0];
  actual.forEach((tags, sentence) => {
    const wanted = new Set(spansOf(tags).map(key));
    const found = spansOf(predicted[sentence]);
    hits += found.filter((span) => wanted.has(key(span))).length;
    ofPredicted += found.length;
    ofActual += wanted.size;
    rightTokens += tags.filter((tag, at) => tag === predicted[sentence][at]).length;
  });
  const count = { hits, predicted: ofPredicted, actual: ofActual };
  return {
    precision: precisionOf(count),
    recall: recallOf(count),
    f1: f1Of(count),
    tokenAccuracy: rightTokens / tokens,
  };
}

/** Number of tokens, once both sides are known to have the same sentences. */
export function checkSentences(where: string, predicted: TagRows, actual: TagRows): number {
  checkPairs(where, predicted, actual);
  actual.forEach((tags, sentence) => {
    if (tags.length !== predicted[sentence].length) {
      const got = `${predicted[sentence].length} for ${tags.length}`;
      throw expectedGot("metrics/bad-shape", where, `one predicted tag for each token of sentence ${sentence}`, got);
    }
  });
  const tokens = actual.reduce((sum, tags) => sum + tags.length, 0);
  if (tokens === 0) throw expectedGot("metrics/bad-shape", where, "at least one token", "none");
  return tokens;
}
