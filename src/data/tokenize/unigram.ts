/** What the package's Unigram model gives: its pieces by prefix. */
export interface UnigramModel {
  readonly trie: { common_prefix_search(chars: readonly string[], start: number): Iterable<string> };
  tokenize(normalized: string): string[];
}

/** How much worse an unknown character is than the worst piece. */
const UNKNOWN_PENALTY = 10;

/**
 * The most probable pieces of a text, as Hugging Face's library in Rust finds them, to the last bit: equally good ways to cut `....` or `ffff`
 * are told apart by rounding, and the package in JavaScript compares scores one addition later.
 *
 * @param model - Changed in place.
 * @param vocabulary - Pieces and scores of tokenizer.json.
 * @see Kudo, arXiv 1804.10959; `Unigram::encode_optimized` of the library tokenizers.
 */
export function repairUnigram(model: UnigramModel, vocabulary: readonly (readonly [piece: string, score: number])[]): void {
  const scores = new Map(vocabulary.map(([piece, score]) => [piece, readInRust(score)]));
  const unknown = [...scores.values()].reduce((a, b) => Math.min(a, b), Infinity) - UNKNOWN_PENALTY;
  model.tokenize = (normalized) => {
    const chars = Array.from(normalized);
    const best = new Float64Array(chars.length + 1);
    const starts = new Int32Array(chars.length + 1).fill(-1);
    const offer = (start: number, end: number, score: number): void => {
      if (starts[end] < 0 || score + best[start] > best[end]) [best[end], starts[end]] = [score + best[start], start];
    };
    for (let start = 0; start < chars.length; start++) {
      let isKnown = false;
      for (const piece of model.trie.common_prefix_search(chars, start)) {
        const length = Array.from(piece).length;
        offer(start, start + length, scores.get(piece)!);
        isKnown ||= length === 1;
      }
      if (!isKnown) offer(start, start + 1, unknown);
    }
    const pieces: string[] = [];
    for (let end = chars.length; end > 0; end = starts[end]) pieces.push(chars.slice(starts[end], end).join(""));
    return pieces.reverse();
  };
}

/** Rust's serde_json reads the digits as one whole number and divides by a power of ten, which may miss the nearest float64 by a bit. */
function readInRust(score: number): number {
  const [, sign, whole, fraction] = /^(-?)(\d+)\.(\d+)$/.exec(String(score)) ?? [];
  if (whole === undefined) return score;
  const value = Number(whole + fraction) / 10 ** fraction.length;
  return sign ? -value : value;
}
