import type { FeatureRows } from "./rows.ts";

/** A vocabulary with the weight of each word. */
export interface TfIdf {
  /** Rows of length 1 (or 0, where no word is known): term frequency × idf. */
  rows(texts: readonly string[]): FeatureRows;
  /** Number of words. */
  readonly size: number;
}

/** Two or more letters, digits or underscores, as scikit-learn's `token_pattern` has it. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;

/**
 * Learn the words of texts, as scikit-learn's `TfidfVectorizer()` with its defaults does:
 *
 *     idf(t) = ln((1 + N) / (1 + df(t))) + 1;   row = tf · idf / ‖tf · idf‖₂
 *
 * @param texts - N texts; df(t) of them hold the word t.
 * @example
 * fitTfIdf(["a good film", "a bad film"]).size; // 3: bad, film, good
 */
export function fitTfIdf(texts: readonly string[]): TfIdf {
  const frequency = new Map<string, number>();
  for (const text of texts) for (const word of new Set(wordsOf(text))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const words = [...frequency.keys()].sort();
  const column = new Map(words.map((word, at) => [word, at]));
  const idf = words.map((word) => Math.log((1 + texts.length) / (1 + frequency.get(word)!)) + 1);
  return {
    size: words.length,
    rows(asked) {
      const starts = new Uint32Array(asked.length + 1);
      const columns: number[] = [];
      const values: number[] = [];
      for (const [at, text] of asked.entries()) {
        const counts = new Map<number, number>();
        for (const word of wordsOf(text)) {
          const known = column.get(word);
          if (known !== undefined) counts.set(known, (counts.get(known) ?? 0) + idf[known]);
        }
        let squares = 0;
        for (const weight of counts.values()) squares += weight ** 2;
        const length = Math.sqrt(squares);
        for (const [known, weight] of [...counts].sort(([a], [b]) => a - b)) {
          columns.push(known);
          values.push(weight / length);
        }
        starts[at + 1] = columns.length;
      }
      return {
        count: asked.length,
        width: words.length,
        starts,
        columns: Uint32Array.from(columns),
        values: Float64Array.from(values),
      };
    },
  };
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];
