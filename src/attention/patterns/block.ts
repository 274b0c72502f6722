import { expectedGot } from "../../errors/index.ts";
import {
  and,
  broadcastTo,
  cast,
  constant,
  type Dim,
  derived,
  div,
  equal,
  gather,
  greater,
  matmul,
  type Node,
  product,
  reshape,
  topKMask,
  topKPlaces,
  transpose,
  where,
} from "../../graph/index.ts";
import { checkParameters } from "./parts/check-parameters.ts";
import { bestWhereEmpty, keepBestWhereEmpty } from "./parts/emptied-rows.ts";
import { checkSparsity, keysOfRow } from "./parts/kept-keys.ts";
import { namesOf } from "./parts/place-blocks.ts";
import { FIRST, rankedMask } from "./parts/ranked-keys.ts";
import { upTo } from "./parts/sparsity-or.ts";
import { blockPlaces, blockTokens, keysOfBlocks, pooledScores, spreadOverTokens, textLengths } from "./parts/token-blocks.ts";
import { tokenPositions } from "./parts/token-positions.ts";
import type { GraphView, HeadView, Pattern } from "./pattern.ts";
import { patternId } from "./pattern-id.ts";

export interface BlockOptions {
  /** Share of each query block's key blocks to remove, in [0, 1). */
  readonly sparsity: number;
  /** Tokens a block, at least 1; default 16, the least that a kernel can still multiply well. The last block may be shorter. */
  readonly size?: number;
  /** Rank the query's own block before all others; it counts among the k. Default false. */
  readonly keepOwn?: boolean;
}

/**
 * Cut the tokens into blocks of `size`, from the first token on; keep, for every block of queries, the k key blocks whose allowed
 * pairs have the largest mean score: `k = max(1, ceil((1 − strength · sparsity) · blocks − 1e-9))`.
 *
 * `blocks` counts the key blocks in which some pair is still allowed: all of the example's own, where nothing but padding was
 * removed before. There the mean over the pairs of two blocks is the product of the two means of queries and keys:
 * `mean(q · k / √d) = mean(q) · mean(k) / √d`. Ranked per head and layer; ties go to the earlier block. Behind another pattern the
 * kept blocks may hold none of a query's keys; it then keeps its best allowed one by score.
 *
 * A text of at most `size` tokens is one block and loses nothing.
 *
 * @throws `pattern/bad-parameter`.
 * @example
 * block({ sparsity: 0.8 }); // 80 tokens, 5 blocks: each block of 16 queries keeps one block of 16 keys
 * @see MInference (arXiv 2407.02490), which ranks blocks by mean-pooled queries and keys too, to infer long prompts.
 */
export function block(options: BlockOptions): Pattern {
  checkParameters("block", options, ["sparsity", "size", "keepOwn"]);
  const { sparsity, size = 16, keepOwn = false } = options;
  checkSparsity("block", sparsity);
  if (!(Number.isInteger(size) && size >= 1)) {
    throw expectedGot("pattern/bad-parameter", "block", "a whole size in tokens, at least 1", size, "1 ranks single keys.");
  }
  if (typeof keepOwn !== "boolean") throw expectedGot("pattern/bad-parameter", "block", "keepOwn to be true or false", keepOwn);
  const id = patternId("block", { sparsity, size, keepOwn });
  const keptOf = (blocks: number, strength = 1): number => keysOfRow(strength * sparsity, blocks);
  const tokensOfBlock = (start: number, n: number): number[] => [...upTo(start, Math.min(start + size, n) - 1)];
  return {
    id,
    needsScores: true,
    nominalSparsity: sparsity,
    keep(view) {
      const { n, allowed, strength = 1 } = view;
      const kept = new Uint8Array(n * n);
      for (let own = 0; own < n; own += size) {
        const queries = tokensOfBlock(own, n);
        const means = new Map<number, number>(); // of key blocks, by their first key
        for (let start = 0; start < n; start += size) {
          const mean = meanScore(view, queries, tokensOfBlock(start, n));
          if (mean !== null) means.set(start, mean);
        }
        const isOwn = (start: number): number => Number(keepOwn && start === own);
        const ranked = [...means.keys()].sort((a, b) => isOwn(b) - isOwn(a) || means.get(b)! - means.get(a)! || a - b);
        for (const start of ranked.slice(0, keysOfRow(strength * sparsity, ranked.length))) {
          const keys = tokensOfBlock(start, n);
          for (const query of queries) for (const key of keys) kept[query * n + key] = allowed[query * n + key];
        }
      }
      return keepBestWhereEmpty(view, kept);
    },
    // Where only padding was removed before, and scores are products alone, blocks are ranked by what they hold, pooled.
    graph: (view) => (view.full && !view.tokensOnly && !view.biased ? wholeBlocks(view) : blocksOfWhatIsLeft(view)),
    blocks(view) {
      if (!view.full || view.biased) return null;
      const { leastStrength = 1 } = view;
      const { name, symbol } = namesOf([{ id }], size, leastStrength);
      const slots = derived(`slotsOf_${symbol}`, "n", (n) => keptOf(Math.ceil(n / size), leastStrength));
      const ids = topKPlaces(ranksOf(view), realBlocks(view, size), slots); // [B, H, N, K]
      return { size, ids, keep: keysOf(view, ids, { slots, name }) };
    },
    choices: [{ id, size, most: keptOf, chosen: chosenBlocks }],
  };

  function ranksOf(view: GraphView): Node {
    const means = pooledScores(view, size); // [B, H, N, N]
    if (!keepOwn) return means;
    const places = blockPlaces(view, size);
    return where(equal(reshape(places, [places.shape[0], 1]), places), constant(FIRST), means);
  }

  /** Key blocks that each text keeps for a block of queries: int32 [B, 1, 1, 1]. */
  function keptBlocks(view: GraphView): Node {
    return view.input(`${id}.keptBlocks`, ["B", 1, 1, 1], "int32", (out, { lengths, strength }) => {
      lengths.forEach((length, row) => {
        out[row] = keptOf(Math.ceil(Math.max(1, length) / size), strength);
      });
    });
  }

  /** Bool [B, H, N, N]. */
  function chosenBlocks(view: GraphView): Node {
    const largestK = view.input(`${id}.largestK`, [1], "int64", (out, { lengths, strength }) => {
      const longest = lengths.reduce((a, b) => Math.max(a, b), 1);
      (out as BigInt64Array)[0] = BigInt(keptOf(Math.ceil(longest / size), strength));
    });
    return topKMask(ranksOf(view), realBlocks(view, size), keptBlocks(view), largestK);
  }

  function wholeBlocks(view: GraphView): Node {
    return and(view.allowed, spreadOverTokens(view, size, cast(chosenBlocks(view), "float"))); // [B, H, n, n]
  }

  /** Keys that the listed blocks hold, real ones of the first `keptBlocks`: bool [B, H, N, 1, K · size]. */
  function keysOf(view: GraphView, ids: Node, { slots, name }: { readonly slots: Dim; readonly name: string }): Node {
    const [B, H, N] = ids.shape;
    const place = view.input(`${name}.slots`, [slots], "int32", (out) => out.forEach((_, at) => void (out[at] = at)));
    const isKept = greater(keptBlocks(view), place); // [B, 1, 1, K]
    // not the And of two masks: see docs/parity.md, ONNX Runtime's WebGPU kernel of five axes
    const end = where(reshape(isKept, [B, 1, 1, slots, 1]), textLengths(view), constant(0, [], "int32")); // [B, 1, 1, K, 1]
    const keep = greater(end, keysOfBlocks(ids, size)); // [B, H, N, K, size]
    return reshape(keep, [B, H, N, 1, product([slots, size])]);
  }

  function blocksOfWhatIsLeft(view: GraphView): Node {
    // Pairs may be gone anywhere, so everything stays at the resolution of tokens, and the first key of a block stands for it.
    const firsts = view.input(`block.${size}.firsts`, ["n"], "int32", (out) => {
      for (let at = 0; at < out.length; at++) out[at] = at - (at % size);
    });
    // Padded queries hold scores too, which must not count.
    const real = view.input("block.realQueries", ["B", 1, "n", 1], "bool", (out, { lengths, bindings: { n } }) => {
      for (let at = 0; at < out.length; at++) out[at] = Number(at % n < lengths[Math.floor(at / n)]);
    });
    const together = equal(reshape(firsts, ["n", 1]), firsts); // [n, n]
    const pairs = and(view.allowed, real); // [B, 1 or H, n, n]
    const counts = blockSums(cast(pairs, "float"), together); // [B, 1 or H, n, n]
    const sums = blockSums(where(pairs, view.scores(), constant(0)), together); // [B, H, n, n]
    const some = greater(counts, constant(0)); // [B, 1 or H, n, n]
    const means = div(sums, where(some, counts, constant(1))); // [B, H, n, n]

    const ranks = keepOwn ? where(together, constant(FIRST), means) : means; // [B, H, n, n]
    const blocks = and(some, equal(firsts, tokenPositions(view))); // [B, 1 or H, n, n]
    const chosen = rankedMask({ ...view, allowed: blocks }, id, ranks, { sparsity }, (tokens) => Math.ceil(tokens / size));
    return bestWhereEmpty(view, and(view.allowed, spread(chosen, firsts))); // [B, H, n, n]
  }
}

/** Blocks that hold a real token: bool [B, 1, 1, N]. */
function realBlocks(view: GraphView, size: number): Node {
  const tokens = blockTokens(view, size);
  return greater(reshape(tokens, ["B", 1, 1, tokens.shape[1]]), constant(0));
}

/** Mean score of the allowed pairs of two blocks; null where there is none. */
function meanScore({ n, scores, allowed }: HeadView, queries: readonly number[], keys: readonly number[]): number | null {
  let [sum, pairs] = [0, 0];
  for (const key of keys) {
    // Column by column, as the graph adds: in floating point the order shows in the last bit.
    let column = 0;
    for (const query of queries) {
      const at = query * n + key;
      if (!allowed[at]) continue;
      column += scores[at];
      pairs++;
    }
    sum += column;
  }
  return pairs > 0 ? sum / pairs : null;
}

/**
 * Sum over the pairs of each two blocks: `M · x · M`, at every pair of the two.
 *
 * @param x - float [B, h, n, n].
 * @param together - M: bool [n, n], true where two tokens share a block.
 */
function blockSums(x: Node, together: Node): Node {
  const members = broadcastTo(cast(together, "float"), x.shape); // [B, h, n, n]
  return matmul(matmul(members, x), members); // [B, h, n, n]
}

/** What a block's first key says, for all of its keys: bool [B, H, n, n]. */
function spread(chosen: Node, firsts: Node): Node {
  // Only rows can be gathered, and not every device gathers bools.
  const byKey = transpose(cast(chosen, "float"), [3, 0, 1, 2]); // [n, B, H, n]
  return greater(transpose(gather(byKey, firsts), [1, 2, 3, 0]), constant(0)); // [B, H, n, n]
}
