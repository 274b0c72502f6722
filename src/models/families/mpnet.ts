import {
  and,
  cast,
  constant,
  gelu,
  lessOrEqual,
  matmul,
  type Node,
  product,
  reshape,
  sub,
  tanh,
  transpose,
} from "../../graph/index.ts";
import { classifyTokens, decode, denseFeatures } from "../layers/heads.ts";
import { bert, bertLayers, embed, positionEmbeddings, wordEmbeddings } from "./bert.ts";
import type { EncoderBuild, EncoderNodes, Family } from "./family.ts";
import { bertParts } from "./mean-layer.ts";

/** Rows of the bias table; transformers computes so many whatever config.json says. */
const BUCKETS = 32;
/** From here on all distances share one bucket, as in transformers. */
const MAX_DISTANCE = 128;
/** transformers' own padding id, by which it counts positions whatever config.json says. */
const PADDING_ID = 1;

/**
 * MPNet, as transformers' `MPNetFor…` classes define it.
 *
 * RoBERTa without token types, and with a bias of the scores that depends on how far query and key are apart, by head; one table
 * b [32, H] for all layers:
 *
 *     softmax(q kᵀ / √d + b[bucket(key − query)]) v
 *
 * There is no `meanPooled`: the shared bias would weigh the tokens of an added layer too.
 *
 * @see Song et al., arXiv 2004.09297; the buckets: Raffel et al., arXiv 1910.10683 (T5).
 */
export const mpnet: Family = {
  name: "mpnet",
  className: "MPNet",
  prefix: "mpnet",
  keys: { ...bert.keys, vocabSize: ["vocab_size", 30527], padTokenId: ["pad_token_id", 1] },
  biasesScores: () => true,
  fixedInPython: true,
  readOwn(read, { hiddenDropout }) {
    const buckets = read.count("relative_attention_num_buckets", BUCKETS);
    if (buckets !== BUCKETS) throw read.unsupported(`relative_attention_num_buckets ${BUCKETS}`, buckets);
    return {
      layerNormEps: read.positive("layer_norm_eps", 1e-12),
      classifierDropout: hiddenDropout,
      positionOffset: PADDING_ID + 1,
    };
  },
  writeOwn: ({ layerNormEps }) => ({ layer_norm_eps: layerNormEps, relative_attention_num_buckets: BUCKETS }),
  encode,
  poolSequence: (hidden, build) => denseFeatures(hidden, tanh, build), // [B, D]
  classifier: "classifier.out_proj",
  classifyTokens,
  predictTokens(rows, build) {
    const { config, parameters } = build;
    const { hiddenSize: D, layerNormEps: eps } = config;
    const inner = gelu(parameters.linear(rows, "lm_head.dense", D, D)); // [M, D]
    const normed = parameters.layerNorm(inner, "lm_head.layer_norm", D, eps); // [M, D]
    return decode(normed, "mpnet.embeddings.word_embeddings.weight", "lm_head.bias", build); // [M, V]
  },
  decoder: "lm_head.decoder.weight",
  otherHeads: [/^lm_head\./],
  poolers: /^mpnet\.pooler\./,
};

const parts = {
  ...bertParts,
  query: "attention.attn.q",
  key: "attention.attn.k",
  value: "attention.attn.v",
  attentionOutput: "attention.attn.o",
  attentionNorm: "attention.LayerNorm",
};

function encode(build: EncoderBuild): EncoderNodes {
  const name = "mpnet.embeddings";
  const x = embed(wordEmbeddings(name, build), positionEmbeddings(name, build), name, build); // [T, D]
  const bias = relativeBias(build); // [1, H, n, n]
  return bertLayers(x, "mpnet", build, { parts, bias: () => bias });
}

/**
 * The bias of every pair of places, [1, H, n, n].
 *
 * A bucket is a run of distances, so it is found by two comparisons, and its row is read by a product with 0 and 1: exact, and the
 * table's gradient is a product too, which adds in the same order every time.
 */
function relativeBias({ config: { heads: H }, parameters, ids }: EncoderBuild): Node {
  const table = parameters.get("mpnet.encoder.relative_attention_bias.weight", [BUCKETS, H]);
  const positions = ids.positions(); // [n]
  const distances = reshape(sub(positions, reshape(positions, ["n", 1])), [product(["n", "n"]), 1]); // key − query
  const { first, last } = bucketEnds();
  const [least, most] = [first, last].map((ends) => constant(ends, [BUCKETS], "int32"));
  const isIn = cast(and(lessOrEqual(least, distances), lessOrEqual(distances, most)), "float"); // [n · n, 32]
  const byPair = reshape(matmul(isIn, table), ["n", "n", H]);
  return reshape(transpose(byPair, [2, 0, 1]), [1, H, "n", "n"]);
}

/**
 * Row of the table for a distance: the lower half for keys up to the query, the upper half for those behind it; in each a bucket for
 * every distance below 8, then ever longer ones up to `MAX_DISTANCE`.
 *
 * @param distance - key − query, in tokens.
 * @returns 0 to 31; 16 stands for no distance.
 * @example
 * [0, -1, 1, 40, 1000].map(relativeBucket); // [0, 1, 17, 28, 31]
 */
export function relativeBucket(distance: number): number {
  const half = BUCKETS / 2;
  const exact = half / 2;
  const behind = distance > 0 ? half : 0;
  const away = Math.abs(distance);
  if (away < exact) return behind + away;
  const share = Math.log(away / exact) / Math.log(MAX_DISTANCE / exact);
  // float32, as PyTorch computes it: 16, 32 and 64 lie on the edge of a bucket
  return behind + Math.min(half - 1, exact + Math.trunc(Math.fround(share) * (half - exact)));
}

/** First and last distance of each bucket; the outermost ones end nowhere. */
function bucketEnds(): { readonly first: readonly number[]; readonly last: readonly number[] } {
  const [first, last] = [new Array<number>(BUCKETS).fill(1), new Array<number>(BUCKETS).fill(0)]; // empty
  for (let distance = -MAX_DISTANCE; distance <= MAX_DISTANCE; distance++) {
    const bucket = relativeBucket(distance);
    if (first[bucket] > last[bucket]) first[bucket] = distance;
    last[bucket] = distance;
  }
  const far = 2 ** 30;
  first[relativeBucket(-MAX_DISTANCE)] = -far;
  last[relativeBucket(MAX_DISTANCE)] = far;
  return { first, last };
}
