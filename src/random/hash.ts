import { expectedGot } from "../errors/index.ts";

/** Names one stream of random numbers. Equal keys give equal streams on every machine; keys that differ anywhere give unrelated ones. */
export interface RandomKey {
  /** Of the run. Any safe integer. */
  readonly seed: number;
  /** Training step, epoch, or 0. Any safe integer. */
  readonly step: number;
  /** What draws: a number or a name, e.g. `"dropout.layer.0"`. `5` and `"5"` are different sites. */
  readonly site: number | string;
}

/** A key folded into two 32-bit words: what the kernels take. */
export interface KeyWords {
  readonly key0: number;
  readonly key1: number;
}

// The same three multiply rounds as `hashWords`: keys are few, so strength matters here and speed does not.
function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

function checkInteger(name: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw expectedGot(
    "random/bad-key",
    `RandomKey.${name}`,
    "a safe integer",
    value,
    "Fractions and NaN would alias other streams.",
  );
}

/**
 * Fold a key into the two 32-bit words that select a stream.
 *
 * Every part passes through a full mix before the next comes in, so that (seed 1, step 2) and (seed 2, step 1), or sites
 * that differ by one, share nothing. Integers enter with all 53 bits; names enter character by character, behind a tag.
 *
 * @param key - Seed, step and site.
 * @returns `key0` and `key1`, unsigned 32-bit.
 * @throws `random/bad-key` when a number is not a safe integer.
 * @example
 * const { key0, key1 } = foldKey({ seed: 7, step: 120, site: "dropout.layer.0" });
 */
export function foldKey(key: RandomKey): KeyWords {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  const absorb = (word: number): void => {
    a = mix(a ^ word);
    b = mix((b ^ Math.imul(word, 0x9e3779b1)) + a);
  };
  const absorbInteger = (name: string, value: number): void => {
    checkInteger(name, value);
    absorb(value);
    absorb(Math.floor(value / 0x1_0000_0000));
  };

  absorbInteger("seed", key.seed);
  absorbInteger("step", key.step);
  if (typeof key.site === "number") {
    absorb(1);
    absorbInteger("site", key.site);
  } else {
    absorb(2);
    absorb(key.site.length);
    for (let i = 0; i < key.site.length; i++) absorb(key.site.charCodeAt(i));
  }
  return { key0: a >>> 0, key1: b >>> 0 };
}

/**
 * The hash behind everything here, on a folded key: `triple32` of `index ^ key0`, with `key1` added after its first round.
 *
 * For one key it is a bijection of the 32-bit index. Not for cryptography.
 *
 * @param key0 - From `foldKey`.
 * @param key1 - From `foldKey`.
 * @param index - Position in the stream, 0 to 2^32 - 1; taken modulo 2^32.
 * @returns An unsigned 32-bit integer.
 * @see Constants of triple32: Chris Wellons, https://github.com/skeeto/hash-prospector (public domain).
 */
export function hashWords(key0: number, key1: number, index: number): number {
  let x = index ^ key0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = (x ^ (x >>> 11)) + key1;
  x = Math.imul(x, 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return (x ^ (x >>> 14)) >>> 0;
}

/**
 * The hash behind dropout masks, 16 random bits on a folded key. It needs nothing but additions, products and divisions of unsigned
 * 32-bit numbers, so that ONNX Runtime's WebGPU, which has no shifts and no exclusive or, draws the same masks.
 *
 *     x = index + key0;  three times x = x (2x + 1), turned by 16 bits, with key1 added after the first;  the high half of the last
 *
 * x (2x + 1) is a bijection modulo 2^32.
 *
 * @param index - Position in the stream; taken modulo 2^32.
 * @returns 0 to 65535.
 * @see Rivest, Robshaw, Sidney and Yin, The RC6 block cipher (1998), for x (2x + 1) and the turn.
 */
export function maskHash(key0: number, key1: number, index: number): number {
  let x = turned(square((index + key0) | 0));
  x = turned(square((x + key1) | 0));
  return square(x) >>> 16;
}

const square = (x: number): number => Math.imul(x, (2 * x + 1) | 0);
const turned = (x: number): number => (x >>> 16) | (x << 16);

/**
 * 32 random bits at one position of one stream.
 *
 * @param key - Names the stream. In a hot loop call `foldKey` once and then `hashWords`.
 * @param index - Position in the stream, 0 to 2^32 - 1.
 * @returns An unsigned 32-bit integer.
 * @throws `random/bad-key` when a number of the key is not a safe integer.
 * @example
 * hash32({ seed: 1, step: 0, site: "shuffle" }, 0); // the same number for ever
 */
export function hash32(key: RandomKey, index: number): number {
  const { key0, key1 } = foldKey(key);
  return hashWords(key0, key1, index);
}
