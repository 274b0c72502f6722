import type { NoVerdict, Verdict, VerdictWord } from "../records.ts";
import type { CrossedBootstrap, Interval } from "./bootstrap.ts";
import { furtherSeeds } from "./further-seeds.ts";

/** A difference smaller than this many accuracy points counts as none. */
export const ZONE = 0.5;

/** Fewer paired seeds than this get no verdict. */
export const FEWEST_SEEDS = 5;

export type DecidedWord = "supported" | "contradicted" | "no difference" | "undecided";

/**
 * The verdict word of one claim.
 *
 * @param corrected - Holm-corrected interval of the difference, in accuracy points unless `zone` says otherwise.
 * @param ninety - 90 % interval, for "no difference" (two one-sided tests at 5 %).
 * @param zone - Half-width of "no difference", in the intervals' unit; default 0.5 accuracy points.
 * @returns "supported" above 0, "contradicted" below, "no difference" inside ± zone, "undecided" otherwise.
 * @example decide({ low: 0.2, high: 1.6 }, { low: 0.3, high: 1.5 }) // "supported"
 */
export function decide(corrected: Interval, ninety: Interval, zone = ZONE): DecidedWord {
  if (corrected.low > 0) return "supported";
  if (corrected.high < 0) return "contradicted";
  return ninety.low > -zone && ninety.high < zone ? "no difference" : "undecided";
}

export interface Claim {
  /** Arm and pattern, e.g. `aggressive_sparse`, `topK(sparsity=0.8)`. */
  readonly name: string;
  readonly pattern: string;
  readonly baseline: string;
  readonly corpus: string;
  readonly synthetic: boolean;
  /** Claims named beforehand, for the sentence. */
  readonly family: number;
}

/** Verdict on the claim "this arm is more accurate than the baseline", with its sentence. */
export function verdictOn(claim: Claim, boot: CrossedBootstrap, level: number, level90: number): Verdict {
  const { seeds, mean, examples } = boot.components;
  const corrected = boot.interval(level);
  const ninety = boot.interval(level90);
  const on = claim.synthetic ? "On this synthetic corpus" : `On ${claim.corpus}`;
  const name = `${claim.name} (${claim.pattern})`;
  const holm = claim.family > 1 ? `, Holm-corrected for ${claim.family} claims` : "";
  const figures = `${points(mean)} points, 95 % interval ${points(corrected.low)} to ${points(corrected.high)}${holm}, ${seeds} paired seeds`;
  const word = decide(corrected, ninety);
  if (word === "supported") return settled(word, `${on}, ${name} is more accurate than ${claim.baseline}: ${figures}.`);
  if (word === "contradicted") return settled(word, `${on}, ${name} is less accurate than ${claim.baseline}: ${figures}.`);
  if (word === "no difference") {
    const range = `${points(mean)} points, 90 % interval ${points(ninety.low)} to ${points(ninety.high)}, ${seeds} paired seeds`;
    return settled(word, `${on}, ${name} and ${claim.baseline} differ by less than ${ZONE} points: ${range}.`);
  }
  const more = furtherSeeds(boot.components, level, level90, ZONE);
  const outlook =
    more === null
      ? `No number of seeds can decide it: a split of ${examples.toLocaleString("en")} sentences is too small.`
      : `If the difference stays as it is, ${more > 1000 ? "more than 1,000" : `about ${more}`} further seed${more === 1 ? "" : "s"} would decide it.`;
  return { word, sentence: `${on}, ${name} cannot be told from ${claim.baseline}: ${figures}. ${outlook}`, furtherSeeds: more };
}

export const settled = (word: VerdictWord, sentence: string): Verdict => ({ word, sentence, furtherSeeds: null });

export const noVerdict = (because: NoVerdict, sentence: string): Verdict => ({ ...settled("no verdict", sentence), because });

/** Signed points with two decimals and a real minus sign: `+0.97`, `−0.40`, `0.00`. */
export function points(value: number): string {
  const text = Math.abs(value).toFixed(2);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}
