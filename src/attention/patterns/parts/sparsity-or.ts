import { expectedGot } from "../../../errors/index.ts";
import { patternId } from "../pattern-id.ts";
import { checkParameters } from "./check-parameters.ts";
import { checkSparsity } from "./kept-keys.ts";
import { twiceShare } from "./twice-share.ts";

/** A pattern's whole-number parameter that may be given outright or as a sparsity. */
export interface SparsityOr {
  readonly id: string;
  readonly nominalSparsity: number | null;
  /** The parameter at an example's length; throws `pattern/bad-schedule` for one given outright under a ramp. */
  at(length: number, strength: number): number;
}

/**
 * Read the options of a pattern that takes either a sparsity or a whole number of its own.
 *
 * @param name - Of the pattern.
 * @param key - Of its own parameter, e.g. `radius`.
 * @param options - Exactly one of the two.
 * @param about.least - Smallest value allowed.
 * @param about.rule - What the value is, for the message.
 * @param about.hint - What the smallest value does.
 * @param about.ofSparsity - The value whose effective sparsity comes closest at a length.
 * @throws `pattern/bad-parameter`.
 */
export function sparsityOr<Key extends string>(
  name: string,
  key: Key,
  options: { readonly [_ in Key | "sparsity"]?: number },
  about: {
    readonly least: number;
    readonly rule: string;
    readonly hint?: string;
    /** Names of its further parameters. */
    readonly others?: readonly string[];
    /** Before the parameter in messages; default "a ". */
    readonly article?: string;
    ofSparsity(sparsity: number, length: number): number;
  },
): SparsityOr {
  checkParameters(name, options, ["sparsity", key, ...(about.others ?? [])]);
  const { sparsity } = options as { sparsity?: number };
  const given = (options as Record<string, number | undefined>)[key];
  if ((sparsity === undefined) === (given === undefined)) {
    const got = given === undefined ? "neither" : "both";
    throw expectedGot("pattern/bad-parameter", name, `either a sparsity or ${about.article ?? "a "}${key}`, got);
  }
  if (given === undefined) checkSparsity(name, sparsity);
  else if (!(Number.isInteger(given) && given >= about.least)) {
    throw expectedGot("pattern/bad-parameter", name, about.rule, given, about.hint);
  }
  const id = patternId(name, { sparsity, [key]: given });
  return {
    id,
    nominalSparsity: sparsity ?? null,
    at(length, strength) {
      if (given === undefined) return about.ofSparsity(strength * sparsity!, length);
      if (strength === 1) return given;
      const hint = `Give a sparsity instead of the ${key}, or leave the ramp out.`;
      throw expectedGot("pattern/bad-schedule", id, `no ramp on an explicit ${key}`, `strength ${strength}`, hint);
    },
  };
}

/**
 * The candidate whose share of removed pairs comes closest to a sparsity, ties to the earlier one. Decided in whole numbers.
 *
 * @param keptPairs - Pairs kept of length · length with a candidate.
 */
export function closestTo(
  sparsity: number,
  length: number,
  candidates: Iterable<number>,
  keptPairs: (candidate: number) => number,
): number {
  const pairs = length ** 2;
  const wanted = twiceShare(sparsity, pairs);
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const candidate of candidates) {
    const missBy = Math.abs(2 * (pairs - keptPairs(candidate)) - wanted);
    if (missBy < least) [best, least] = [candidate, missBy];
  }
  return best;
}

/** The whole numbers `first` … `last`. */
export function* upTo(first: number, last: number): Generator<number> {
  for (let value = first; value <= last; value++) yield value;
}
