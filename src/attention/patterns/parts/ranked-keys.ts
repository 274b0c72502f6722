import type { BatchContext } from "../../../batch/index.ts";
import { expectedGot } from "../../../errors/index.ts";
import {
  and,
  cast,
  constant,
  gather,
  greater,
  type Node,
  neg,
  type Shape,
  sub,
  sumTo,
  topKMask,
  where,
} from "../../../graph/index.ts";
import type { GraphView, HeadView, Pattern } from "../pattern.ts";
import { patternId } from "../pattern-id.ts";
import { checkParameters } from "./check-parameters.ts";
import { checkSparsity, keysOfRow } from "./kept-keys.ts";
import { validLength } from "./valid-length.ts";

/** Parameters of the patterns that keep the k first keys of some ranking: `topK`, `bottomK` and `random`. */
export interface RankOptions {
  /** Share of each query's allowed keys to remove, in [0, 1). */
  readonly sparsity: number;
  /**
   * Take the share of this many keys instead, as an implementation that ranks padding too would; never of fewer than the row
   * allows. For replication: at 128 a sentence of 12 tokens loses nothing at sparsity 0.8. Default: the row's allowed keys.
   */
  readonly rankOver?: { readonly paddedTo: number };
  /**
   * Rank the first and the last real token, [CLS] and the closing [SEP], before all others. They count among the k keys; where k
   * is smaller than their number, both are kept all the same. Default false.
   */
  readonly keepSpecial?: boolean;
}

/** Larger than any score that a network gets to. */
export const FIRST = 3e38;

/** Check the options; throws `pattern/bad-parameter`. */
export function checkRankOptions(name: string, options: RankOptions): void {
  checkParameters(name, options, ["sparsity", "rankOver", "keepSpecial"]);
  const { sparsity, rankOver, keepSpecial } = options;
  checkSparsity(name, sparsity);
  const paddedTo = rankOver?.paddedTo;
  if (paddedTo !== undefined && !(Number.isInteger(paddedTo) && paddedTo >= 1)) {
    throw expectedGot("pattern/bad-parameter", name, "paddedTo as a whole number of tokens, at least 1", paddedTo);
  }
  if (keepSpecial !== undefined && typeof keepSpecial !== "boolean") {
    throw expectedGot("pattern/bad-parameter", name, "keepSpecial to be true or false", keepSpecial);
  }
}

/** The id of a pattern with these options; throws as {@link checkRankOptions}. */
export function rankedId(name: string, options: RankOptions): string {
  checkRankOptions(name, options);
  const { sparsity, rankOver, keepSpecial } = options;
  return patternId(name, { sparsity, paddedTo: rankOver?.paddedTo, keepSpecial });
}

/**
 * The pattern that keeps each query's k largest or k smallest scores, ties to the earlier key.
 *
 * @param keeps - Which end of the ranking stays.
 * @throws `pattern/bad-parameter`.
 */
export function rankedByScore(name: string, keeps: "largest" | "smallest", options: RankOptions): Pattern {
  const id = rankedId(name, options);
  const largest = keeps === "largest";
  return {
    id,
    needsScores: true,
    nominalSparsity: options.sparsity,
    keep: (view) => keepRanked(view, largest ? view.scores : view.scores.map((score) => -score), options),
    graph: (view) => rankedMask(view, id, largest ? view.scores() : neg(view.scores()), options),
  };
}

/**
 * Keep, of each query's allowed keys, the k that rank first; ties go to the earlier key. Reference form.
 *
 * @param ranks - Higher is better; shape [n, n]. Read only where `view.allowed`.
 * @returns Pairs to keep, shape [n, n].
 */
export function keepRanked(view: HeadView, ranks: Float32Array, options: RankOptions): Uint8Array {
  const { n, allowed, strength = 1 } = view;
  const last = validLength(view) - 1;
  const special = (key: number): boolean => options.keepSpecial === true && (key === 0 || key === last);
  const kept = new Uint8Array(n * n);
  for (let row = 0; row < n * n; row += n) {
    const keys: number[] = [];
    for (let key = 0; key < n; key++) if (allowed[row + key]) keys.push(key);
    if (keys.length === 0) continue;
    keys.sort((a, b) => Number(special(b)) - Number(special(a)) || ranks[row + b] - ranks[row + a] || a - b);
    const k = keysOfRow(strength * options.sparsity, keys.length, options.rankOver?.paddedTo);
    for (const key of keys.slice(0, Math.max(k, keys.filter(special).length))) kept[row + key] = 1;
  }
  return kept;
}

/**
 * Graph form of {@link keepRanked}.
 *
 * k is looked up, row by row, in a table that TypeScript fills: entry c − 1 says how many of c allowed keys are kept. So the
 * ceiling is never taken in float32, and rows that an earlier pattern shortened are treated like any other.
 *
 * @param id - Of the pattern: equal ids share their inputs.
 * @param ranks - float [B, H, n, n].
 * @param mostOf - How many places a text of so many tokens has to rank, at most; default: its tokens.
 * @returns Bool [B, H, n, n].
 */
export function rankedMask(
  view: GraphView,
  id: string,
  ranks: Node,
  options: RankOptions,
  mostOf = (tokens: number): number => tokens,
): Node {
  const { allowed } = view;
  const kept = (count: number, { strength }: BatchContext): number =>
    keysOfRow(strength * options.sparsity, count, options.rankOver?.paddedTo);
  const table = view.input(`${id}.keptOf`, ["n"], "int32", (out, context) => {
    for (let count = 1; count <= out.length; count++) out[count - 1] = kept(count, context);
  });
  const largestK = view.input(`${id}.largestK`, [1], "int64", (out, context) => {
    const longest = mostOf(context.lengths.reduce((a, b) => Math.max(a, b), 1));
    const k = Math.max(kept(longest, context), options.keepSpecial ? Math.min(2, longest) : 1);
    (out as BigInt64Array)[0] = BigInt(k);
  });

  const one = constant(1, [], "int32");
  const counts = sumTo(cast(allowed, "int32"), rowShape(allowed)); // [.., 1]
  // A padded query's row may allow nothing: it looks up entry 0 and is zeroed later.
  const k = gather(table, sub(where(greater(one, counts), one, counts), one)); // [.., 1]
  if (!options.keepSpecial) return topKMask(ranks, allowed, k, largestK);

  const special = view.input("keepSpecial.keys", ["B", 1, 1, "n"], "bool", (out, { lengths, bindings: { n } }) => {
    const bits = out as Uint8Array;
    bits.fill(0);
    lengths.forEach((length, example) => {
      bits[example * n] = 1;
      bits[example * n + Math.max(1, length) - 1] = 1;
    });
  });
  const specials = sumTo(cast(and(allowed, special), "int32"), rowShape(allowed)); // [.., 1]
  const atLeast = where(greater(specials, k), specials, k); // [.., 1]
  return topKMask(where(special, constant(FIRST), ranks), allowed, atLeast, largestK);
}

/** A mask's shape with its last axis, the keys, summed to 1. */
export const rowShape = (mask: Node): Shape => [...mask.shape.slice(0, -1), 1];
