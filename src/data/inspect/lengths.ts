import { permutation } from "../../random/index.ts";
import { normaliseText } from "../groups/text-groups.ts";
import { encodeDataset } from "../tokenize/encode-dataset.ts";
import type { Tokenizer } from "../tokenize/tokenizer.ts";
import type { Dataset } from "../types.ts";

/** Values of `--max_seq_length` whose price is told. */
export const LENGTH_LIMITS = [64, 128, 256, 512] as const;
/** More texts than this are not tokenised: so many, drawn at random, tell shares to within half a percent. */
const MOST_MEASURED = 50_000;

/** How long texts are; with pairs, both together. */
export interface LengthFacts {
  /** Tokens count special ones too, and nothing is cut off. */
  readonly unit: "tokens" | "words";
  /** Texts that were measured; fewer than there are where a sample was drawn. */
  readonly texts: number;
  readonly median: number;
  readonly p90: number;
  readonly p95: number;
  readonly longest: number;
  /** In tokens: the share of texts that each limit cuts, in [0, 1]. */
  readonly cut: readonly { readonly limit: number; readonly share: number }[];
}

/**
 * Lengths of the texts of a dataset, in tokens, or in words without a tokenizer.
 *
 * @param tokenizer - With a `maxLength` that cuts nothing.
 * @example
 * measureLengths(dataset, await loadTokenizer("minilm", { maxLength: 1e6 })).p95; // 54
 */
export function measureLengths(dataset: Dataset, tokenizer?: Tokenizer): LengthFacts {
  const { examples } = dataset;
  if (!tokenizer) {
    const words = (text: string | undefined): number => (text === undefined ? 0 : normaliseText(text).split(" ").length);
    return factsOf(
      "words",
      examples.map((example) => example.words?.length ?? words(example.text) + words(example.pair)),
    );
  }
  const chosen =
    examples.length <= MOST_MEASURED
      ? examples
      : Array.from(
          permutation({ seed: 0, step: 0, site: "lengths" }, examples.length).subarray(0, MOST_MEASURED),
          (at) => examples[at],
        );
  const encoded = encodeDataset(tokenizer, { ...dataset, examples: chosen });
  return factsOf(
    "tokens",
    encoded.map(({ inputIds }) => inputIds.length),
  );
}

function factsOf(unit: LengthFacts["unit"], lengths: readonly number[]): LengthFacts {
  const sorted = Int32Array.from(lengths).sort();
  const within = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const limits = unit === "tokens" ? LENGTH_LIMITS : [];
  const cut = limits.map((limit) => ({ limit, share: sorted.filter((length) => length > limit).length / sorted.length }));
  const [median, p90, p95, longest] = [0.5, 0.9, 0.95, 1].map(within);
  return { unit, texts: sorted.length, median, p90, p95, longest, cut };
}
