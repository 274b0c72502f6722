import { expectedGot } from "../errors/index.ts";
import { hashWords, type KeyWords, maskHash } from "./hash.ts";

/** A drop probability as the mask kernels take it. */
export interface DropoutRate {
  /** An element is dropped when its 16 random bits are below this: 0 to 65535. */
  readonly threshold16: number;
  /** What a kept element is multiplied by, rounded to float32. */
  readonly scale: number;
  /** The probability really used, `threshold16 / 65536`. */
  readonly probability: number;
}

/**
 * Round a drop probability to 1/65536, and give the scale that keeps the expectation exact: `1 / (1 - rounded p)`.
 *
 * p = 0.1 becomes 6554/65536 = 0.100006; the scale follows the rounded p, so that the mean of mask · x is x.
 *
 * @param p - Drop probability in [0, 1).
 * @throws `random/bad-probability` outside that range.
 * @example
 * const { threshold16, scale } = dropoutRate(0.1); // 6554, 1.1111179…
 */
export function dropoutRate(p: number): DropoutRate {
  if (!(p >= 0 && p < 1)) throw expectedGot("random/bad-probability", "dropoutRate", "a drop probability in [0, 1)", p);
  const threshold16 = Math.min(65535, Math.round(p * 65536));
  const probability = threshold16 / 65536;
  return { threshold16, scale: Math.fround(1 / (1 - probability)), probability };
}

/**
 * What dropout keeps, in plain TypeScript: 1 where kept, 0 where dropped. The kernel gives the same bits.
 *
 * @param out - Written in full: element i is decision `firstIndex + i`.
 * @param key - From `foldKey`.
 * @param firstIndex - 0 to 2^32 - 1, so that a mask can be made in pieces.
 * @param rate - From `dropoutRate`.
 * @example
 * dropoutKeptReference(kept, foldKey({ seed: 1, step: 9, site: "dropout.0" }), 0, dropoutRate(0.1));
 */
export function dropoutKeptReference(out: Uint8Array, key: KeyWords, firstIndex: number, rate: DropoutRate): void {
  for (let i = 0; i < out.length; i++) out[i] = Number(maskHash(key.key0, key.key1, firstIndex + i) >= rate.threshold16);
}

/** The dropout mask in plain TypeScript: `scale` where `dropoutKeptReference` is 1, else 0. The graph's `dropoutMask` gives the same bits. */
export function dropoutMaskReference(out: Float32Array, key: KeyWords, firstIndex: number, rate: DropoutRate): void {
  const kept = new Uint8Array(out.length);
  dropoutKeptReference(kept, key, firstIndex, rate);
  for (let i = 0; i < out.length; i++) out[i] = kept[i] * rate.scale;
}

/**
 * Uniform numbers in plain TypeScript: element i is `uniform(key, firstIndex + i)`. The kernel gives the same bits.
 *
 * @param out - Written in full.
 * @param key - From `foldKey`.
 * @param firstIndex - 0 to 2^32 - 1.
 */
export function uniformFillReference(out: Float32Array, key: KeyWords, firstIndex: number): void {
  for (let i = 0; i < out.length; i++) out[i] = (hashWords(key.key0, key.key1, firstIndex + i) >>> 8) / 0x100_0000;
}
