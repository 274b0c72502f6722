import { type RankOptions, rankedByScore } from "./parts/ranked-keys.ts";
import type { Pattern } from "./pattern.ts";

/**
 * Of every query's allowed keys, keep the k with the largest scaled score:
 * `k = max(1, ceil((1 − strength · sparsity) · allowed − 1e-9))`.
 *
 * Ranked per query, head and layer, before the softmax; ties go to the earlier key. The gradient flows through the kept scores
 * only, none through the choice.
 *
 * @param options.sparsity - Share of keys to remove, in [0, 1).
 * @param options.rankOver - `{ paddedTo: 128 }` takes the share of 128 keys instead; default: the row's allowed keys.
 * @param options.keepSpecial - Keep [CLS] and the closing [SEP] always; default false.
 * @throws `pattern/bad-parameter`.
 * @example
 * topK({ sparsity: 0.75 }); // scores [1, 5, 5, 0] keep [0, 1, 0, 0]
 * @see arXiv 2508.06016, *Crisp Attention*: one reading of its "structured sparsity, applied to the attention scores post hoc".
 *   The paper says neither what is ranked nor over which keys.
 */
export const topK = (options: RankOptions): Pattern => rankedByScore("topK", "largest", options);
