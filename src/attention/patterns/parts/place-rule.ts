import type { Node } from "../../../graph/index.ts";

/** Pairs of a query and a key by where they stand: two int32 nodes that broadcast to the pairs. */
export interface PlacePairs {
  readonly queries: Node;
  readonly keys: Node;
}

/**
 * Keeps pairs by the places of query and key and by one number of the text: a radius, a stride.
 *
 * So it is known before any score which blocks hold kept pairs, and a union of such rules is one again.
 */
export interface PlaceRule {
  /** Of the pattern: equal ids share their inputs. */
  readonly id: string;
  /** Tokens a block that suit it; narrower ones do too. */
  readonly size: number;
  /** The number of a text of `length` tokens; never larger for a shorter one. */
  at(length: number, strength: number): number;
  /**
   * Blocks of keys that hold a kept key of a block of queries, its whole rows aside.
   *
   * @param at - The number of the longest text.
   * @param cut - All texts are cut into `blocks` blocks of `size` tokens.
   */
  keyBlocks(block: number, at: number, cut: { readonly size: number; readonly blocks: number }): Iterable<number>;
  /** How many queries, from the first one on, keep keys anywhere. Default: none. */
  wholeRows?(at: number): number;
  /** Which pairs are kept: bool, broadcastable to [B, 1, …pairs]. */
  keeps(pairs: PlacePairs, given: GivenPlaces): Node;
}

/** What a rule may compare pairs by, beside their places. */
export interface GivenPlaces {
  /** The number of each text: int32 [B, 1, …1]. */
  at(): Node;
  /** The pairs with another number in place of each place. */
  mapped(name: string, of: (place: number) => number): PlacePairs;
}
