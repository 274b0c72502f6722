import { expectedGot } from "../errors/index.ts";
import { foldKey, hash32, hashWords, type RandomKey } from "./hash.ts";

const TWO_32 = 0x1_0000_0000;

/**
 * A uniform number in [0, 1) at one position of one stream: `floor(hash / 2^8) / 2^24`.
 *
 * 24 bits, so that float32 holds it exactly and the `uniformFill` kernel gives the very same number.
 *
 * @param key - Names the stream.
 * @param index - Position in the stream, 0 to 2^32 - 1.
 * @returns A multiple of 2^-24 in [0, 1).
 * @throws `random/bad-key` when a number of the key is not a safe integer.
 * @example
 * const warmedUp = uniform({ seed: 1, step: 0, site: "coin" }, 0) < 0.5;
 */
export function uniform(key: RandomKey, index: number): number {
  return (hash32(key, index) >>> 8) / 0x100_0000;
}

/**
 * A random order of 0 … n - 1, each of the n! orders equally likely: Fisher–Yates, with draws made unbiased by rejection.
 *
 * @param key - Names the stream; all of it belongs to this permutation.
 * @param n - Length, 0 to 2^31.
 * @returns The order.
 * @throws `random/bad-length` when n is no such integer; `random/bad-key`.
 * @example
 * const order = permutation({ seed: 1, step: epoch, site: "data-order" }, examples.length);
 */
export function permutation(key: RandomKey, n: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n > 0x8000_0000) {
    throw expectedGot("random/bad-length", "permutation", "an integer n in [0, 2^31]", n);
  }
  const { key0, key1 } = foldKey(key);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let next = 0;
  for (let last = n - 1; last > 0; last--) {
    const choices = last + 1;
    const limit = TWO_32 - (TWO_32 % choices);
    let draw = hashWords(key0, key1, next++);
    while (draw >= limit) draw = hashWords(key0, key1, next++);
    const chosen = draw % choices;
    const moved = order[last];
    order[last] = order[chosen];
    order[chosen] = moved;
  }
  return order;
}

// Position 2i takes the cosine and 2i + 1 the sine of one Box–Muller pair, so that the index range is used once.
function normalAt(key0: number, key1: number, index: number): number {
  const pair = index - (index % 2);
  // The half keeps the logarithm finite.
  const radius = Math.sqrt(-2 * Math.log((hashWords(key0, key1, pair) + 0.5) / TWO_32));
  const angle = (2 * Math.PI * hashWords(key0, key1, pair + 1)) / TWO_32;
  return radius * (index % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
}

/**
 * A standard normal number at one position of one stream, by Box–Muller: `sqrt(-2 ln u1) · cos or sin(2π u2)`.
 *
 * The hash is exact everywhere; `Math.log`, `Math.cos` and `Math.sin` may differ between JavaScript engines in the last bit.
 *
 * @param key - Names the stream; don't draw other numbers from the same one.
 * @param index - Position in the stream, 0 to 2^32 - 1.
 * @returns A number with mean 0 and deviation 1, within ±6.8.
 * @throws `random/bad-key` when a number of the key is not a safe integer.
 * @example
 * const weight = 0.02 * normal({ seed: 1, step: 0, site: "classifier.weight" }, 0);
 */
export function normal(key: RandomKey, index: number): number {
  const { key0, key1 } = foldKey(key);
  return normalAt(key0, key1, index);
}

/**
 * Fill an array with `deviation · normal(key, i)`, for initialising parameters.
 *
 * @param out - Written in full.
 * @param key - Names the stream; use the parameter's name as the site.
 * @param deviation - Standard deviation, 1 by default.
 * @throws `random/bad-key` when a number of the key is not a safe integer.
 * @example
 * normalFill(weights, { seed: 1, step: 0, site: "classifier.weight" }, 0.02);
 */
export function normalFill(out: Float32Array, key: RandomKey, deviation = 1): void {
  const { key0, key1 } = foldKey(key);
  for (let i = 0; i < out.length; i++) out[i] = deviation * normalAt(key0, key1, i);
}
