import { foldKey, type KeyWords } from "../../../random/index.ts";
import type { HeadView } from "../pattern.ts";

/** The stream of one head of one example: nothing in it depends on padding, batch or the pattern's sparsity. */
export function noiseKey({ seed, step, layer, head, example }: HeadView["key"]): KeyWords {
  return foldKey({ seed, step, site: `pattern.noise.${layer}.${head}.${example}` });
}

/**
 * Fill the pairs of one head with uniform noise: pair (query, key) gets `floor(hash(2^16 · query + key) / 2^8) / 2^24`.
 *
 * This is `uniform` of src/random at that index, with the hash written out: a batch needs millions of numbers, and the call costs
 * more than the arithmetic. 24 bits, so that float32 holds each number exactly.
 *
 * @param out - Written at `offset + query · n + key` for the first `length` queries and keys; the rest is left as it is.
 * @param offset - Where the head starts.
 * @param n - Row length of `out`, padding included.
 * @param length - Real tokens, at most 2^16.
 */
export function fillNoise(out: Float32Array, offset: number, n: number, length: number, { key0, key1 }: KeyWords): void {
  for (let query = 0; query < length; query++) {
    const row = offset + query * n;
    const first = query << 16;
    for (let key = 0; key < length; key++) {
      let x = (first | key) ^ key0;
      x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
      x = ((x ^ (x >>> 11)) + key1) | 0;
      x = Math.imul(x, 0xac4c1b51);
      x = Math.imul(x ^ (x >>> 15), 0x31848bab);
      out[row + key] = ((x ^ (x >>> 14)) >>> 8) / 0x100_0000;
    }
  }
}
