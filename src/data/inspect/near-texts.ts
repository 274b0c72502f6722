import { foldKey, hashWords } from "../../random/index.ts";

/** Groups of hashes that must all agree; two texts that share 70 % are found 99 times of 100, 40 % a third of the time. */
const BANDS = 16;
const HASHES_A_BAND = 4;
/** Share of pairs of words, of those in either text, that near texts have in common. */
const LEAST_SHARED = 0.7;
/** Shorter texts are alike by chance. */
const FEWEST_WORDS = 5;
/** Texts that are compared in full, of those that share a band; it keeps boilerplate from costing n². */
const MOST_COMPARED = 32;

const FACTORS = (() => {
  const { key0, key1 } = foldKey({ seed: 0, step: 0, site: "near-texts" });
  return Int32Array.from({ length: 2 * BANDS * HASHES_A_BAND }, (_, at) => hashWords(key0, key1, at) | (at & 1));
})();

/** What is compared of a text. */
export interface TextSketch {
  /** Hashes of its pairs of neighbouring words, its edges counting as words; sorted, each once. */
  readonly shingles: Uint32Array;
  /** One number a band. */
  readonly bands: Int32Array;
}

function shinglesOf(words: readonly string[]): Uint32Array {
  const hashes = new Set<number>();
  let before = 1;
  for (const word of [...words, ""]) {
    let hash = 0x811c9dc5 | 0;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
    hashes.add((Math.imul(before, 0x85ebca6b) ^ hash) >>> 0);
    before = hash;
  }
  return Uint32Array.from(hashes).sort();
}

/**
 * The MinHash sketch of a text: for each of 64 hash functions, drawn from `src/random` by a fixed seed, its smallest hash.
 *
 * @param text - As `normaliseText` gives it: words between single spaces.
 * @returns Undefined for texts of fewer than five words.
 * @see Broder, On the resemblance and containment of documents, 1997.
 */
export function sketchOf(text: string): TextSketch | undefined {
  const words = text.split(/\s/);
  if (words.length < FEWEST_WORDS) return undefined;
  const shingles = shinglesOf(words);
  const bands = new Int32Array(BANDS);
  for (let at = 0; at < BANDS * HASHES_A_BAND; at++) {
    const [mask, factor] = [FACTORS[2 * at], FACTORS[2 * at + 1]];
    let least = 0x7fffffff;
    for (let i = 0; i < shingles.length; i++) {
      const hash = Math.imul(shingles[i] ^ mask, factor);
      const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 1;
      if (mixed < least) least = mixed;
    }
    const band = Math.floor(at / HASHES_A_BAND);
    bands[band] = Math.imul(bands[band] ^ least, 0x01000193);
  }
  return { shingles, bands };
}

/** Jaccard similarity: of the pairs of words in either text, the share that is in both. */
export function sharedPairs({ shingles: a }: TextSketch, { shingles: b }: TextSketch): number {
  let [i, j, both] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) both++;
    const [left, right] = [a[i], b[j]];
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return both / (a.length + b.length - both);
}

/** Finds texts that nearly repeat one that was added, in about constant time each. */
export class NearTexts {
  readonly #sketches: (readonly [sketch: TextSketch, id: number])[] = [];
  readonly #slots = Array.from({ length: BANDS }, () => new Map<number, number[]>());

  /** The id of an added text that shares at least 70 % of its pairs of words; undefined when none is found. */
  find(sketch: TextSketch): number | undefined {
    const seen = new Set<number>();
    for (let band = 0; band < BANDS; band++) {
      for (const at of this.#slots[band].get(sketch.bands[band]) ?? []) {
        if (seen.has(at)) continue;
        seen.add(at);
        const [other, id] = this.#sketches[at];
        if (sharedPairs(sketch, other) >= LEAST_SHARED) return id;
      }
    }
    return undefined;
  }

  add(sketch: TextSketch, id: number): void {
    const at = this.#sketches.push([sketch, id]) - 1;
    for (let band = 0; band < BANDS; band++) {
      const slot = this.#slots[band].get(sketch.bands[band]);
      if (slot === undefined) this.#slots[band].set(sketch.bands[band], [at]);
      else if (slot.length < MOST_COMPARED) slot.push(at);
    }
  }
}
