import type { BatchContext } from "../batch/index.ts";
import { expectedGot } from "../errors/index.ts";
import {
  type AnyArray,
  abs,
  and,
  constant,
  type DType,
  lessOrEqual,
  type Node,
  reshape,
  type Shape,
  sub,
} from "../graph/index.ts";

/** Makes an input of the graph that a function of the batch fills in full; the same name gives the same node again. */
export type MakeInput = (name: string, shape: Shape, dtype: DType, write: (out: AnyArray, context: BatchContext) => void) => Node;

/**
 * Which pairs the model itself lets meet in one layer, before any pattern: pairs of real tokens, within a window where it has one.
 *
 * One value in three forms, so that what is attended, what a pattern's reference sees and what is counted cannot differ.
 */
export interface Visibility {
  /** Every real token sees every other, so that no real query's row is empty. */
  readonly full: boolean;
  /** Tokens to either side that a token sees; infinite where it sees all. */
  readonly reach: number;
  /**
   * Pairs of one head that may meet: n² of n tokens, and n (2r + 1) − r (r + 1) within r tokens to either side.
   *
   * @param length - Real tokens, at least 0.
   */
  pairs(length: number): number;
  /**
   * Reference form: 1 where a pair may meet, shape [n, n].
   *
   * @param length - Real tokens.
   * @param n - Tokens with padding, at the end; default `length`.
   */
  allowed(length: number, n?: number): Uint8Array;
  /**
   * Graph form: bool, [B, 1, 1, n] where `full`, otherwise [B, 1, n, n]. Rows of padded queries hold anything; see `validQueries`.
   */
  graph(input: MakeInput): Node;
}

/**
 * Pairs of real tokens, at most a window apart.
 *
 * @param options.window - r, tokens to either side, a whole number, at least 0; default: all tokens.
 * @throws `pattern/bad-parameter`.
 * @example
 * visibility({ window: 1 }).pairs(5); // 13
 */
export function visibility({ window }: { readonly window?: number } = {}): Visibility {
  if (window !== undefined && !(Number.isInteger(window) && window >= 0)) {
    throw expectedGot(
      "pattern/bad-parameter",
      "visibility",
      "a whole window in tokens, at least 0",
      window,
      "Leave it out for all.",
    );
  }
  const radius = window ?? Number.POSITIVE_INFINITY;
  return {
    full: window === undefined,
    reach: radius,
    pairs(length) {
      const reach = Math.min(radius, Math.max(0, length - 1));
      return length * (2 * reach + 1) - reach * (reach + 1);
    },
    allowed(length, n = length) {
      const meet = (query: number, key: number): boolean => query < length && key < length && Math.abs(query - key) <= radius;
      return Uint8Array.from({ length: n * n }, (_, at) => Number(meet(Math.floor(at / n), at % n)));
    },
    graph(input) {
      const keys = input("validKeys", ["B", 1, 1, "n"], "bool", writeValid); // [B, 1, 1, n]
      return window === undefined ? keys : and(keys, within(window, input));
    },
  };
}

/** 1 for real queries, 0 for padded ones: float [B, 1, n, 1]. */
export const validQueries = (input: MakeInput): Node => input("validQueries", ["B", 1, "n", 1], "float", writeValid);

/** Pairs at most `radius` tokens apart: bool [n, n]. */
function within(radius: number, input: MakeInput): Node {
  const places = input("places", ["n"], "int32", (out) => out.forEach((_, at) => void (out[at] = at))); // [n]
  return lessOrEqual(abs(sub(reshape(places, ["n", 1]), places)), constant(radius, [], "int32"));
}

/** 1 for real tokens, 0 for padding: [B, n]. */
function writeValid(out: AnyArray, { lengths, bindings: { n } }: BatchContext): void {
  const flags = out as Uint8Array | Float32Array;
  flags.fill(0);
  lengths.forEach((length, row) => {
    flags.fill(1, row * n, row * n + length);
  });
}
