import { CrispError } from "../../../errors/index.ts";
import { and, broadcastTo, derived, type Node, product, reshape } from "../../../graph/index.ts";
import type { GraphView, KeyBlocks, Pattern } from "../pattern.ts";
import { bestWhereEmpty } from "./emptied-rows.ts";
import { keptBy, keptByAny } from "./place-pairs.ts";
import type { PlaceRule } from "./place-rule.ts";
import { blocksOf, ofBlocks, queryPlaces } from "./token-blocks.ts";
import { tokenPositions } from "./token-positions.ts";

/** The block forms of a pattern that keeps what one of the rules keeps. */
export const ofPlaces = (places: readonly PlaceRule[]): Pick<Pattern, "blocks" | "places"> => ({
  places,
  blocks: (view) => (view.full ? placeBlocks(view, places) : null),
});

/** The graph form of a pattern that keeps what a rule keeps: bool [B, 1, n, n]. */
export function graphOfPlaces(view: GraphView, rule: PlaceRule): Node {
  const keys = tokenPositions(view); // [n]
  const kept = keptBy(view, rule, { queries: reshape(keys, ["n", 1]), keys }, "n"); // [B, 1, n, n]
  return bestWhereEmpty(view, and(view.allowed, kept));
}

/**
 * Blocks that hold every pair that one of the rules keeps; the other pairs in them are removed one by one.
 *
 * Queries that keep keys anywhere are rows of their own, so that the lists of the others stay short.
 */
export function placeBlocks(view: GraphView, rules: readonly PlaceRule[]): KeyBlocks {
  const size = Math.min(...rules.map((rule) => rule.size));
  const { leastStrength = 1 } = view;
  const { name, symbol } = namesOf(rules, size, leastStrength);
  const N = blocksOf(size);
  const listsAt = placeLists(rules, size, leastStrength);
  const K = derived(`slotsOf_${symbol}`, "n", (n) => listsAt(n)[0].length);
  const keys = product([K, size]);
  const ids = ofBlocks(view, `${name}.ids`, size, [[], [K]], "int32", (out, { lengths, bindings: { n } }) => {
    checkNumbers(rules, lengths, n, leastStrength);
    const lists = listsAt(n);
    const slots = lists[0].length;
    for (let at = 0; at < out.length; at++) out[at] = listOf(lists, Math.floor(at / slots))[at % slots];
  });
  const places = view.input(`${name}.keys`, [N, 1, keys], "int32", (out, { bindings: { n } }) => {
    const lists = listsAt(n);
    const width = lists[0].length * size;
    for (let at = 0; at < out.length; at++) {
      const list = listOf(lists, Math.floor(at / width));
      out[at] = list[Math.floor((at % width) / size)] * size + (at % size);
    }
  });
  return {
    size,
    ids: broadcastTo(ids, ["B", view.heads, N, K]),
    keep: keptByAny(view, rules, { queries: queryPlaces(view, size), keys: places }, product([N, size])), // [B, 1, N, size, K · size]
    firstRows: firstRows(view, rules, symbol),
  };
}

/** What inputs and symbols of blocks are called that follow from the same rules. */
export function namesOf(
  parts: readonly { readonly id: string }[],
  size: number,
  leastStrength: number,
): Record<"name" | "symbol", string> {
  const ramp = leastStrength < 1 ? `.from.${leastStrength}` : "";
  const name = `${parts.map(({ id }) => id).join("|")}.${size}${ramp}`;
  return { name, symbol: name.replaceAll(/\W+/g, "_") };
}

/** The queries that keep keys anywhere, and which. */
export function firstRows(view: GraphView, rules: readonly PlaceRule[], symbol: string): KeyBlocks["firstRows"] {
  if (!rules.some((rule) => rule.wholeRows)) return undefined;
  const { leastStrength = 1 } = view;
  const rowsAt = (n: number): number => Math.max(...rules.map((rule) => rule.wholeRows?.(rule.at(n, leastStrength)) ?? 0));
  const count = derived(`rowsOf_${symbol}`, "n", (n) => Math.min(n, rowsAt(n)));
  const queries = view.input(`${symbol}.firstRows`, [count, 1], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });
  return { count, keep: keptByAny(view, rules, { queries, keys: tokenPositions(view) }, "n") }; // [B, 1, count, n]
}

/**
 * Blocks of keys of each block of queries of a text of n tokens: all lists as long as the longest, filled up with blocks that keep nothing.
 *
 * A step asks for one length many times: no answer is computed twice in a row.
 */
export function placeLists(rules: readonly PlaceRule[], size: number, leastStrength: number): (n: number) => number[][] {
  return lastRemembered((n) => listsOf(rules, size, n, leastStrength));
}

function listsOf(rules: readonly PlaceRule[], size: number, n: number, leastStrength: number): number[][] {
  const blocks = Math.ceil(n / size);
  const numbers = rules.map((rule) => rule.at(n, leastStrength));
  const listed = (block: number): number[] =>
    rules.flatMap((rule, at) => [...rule.keyBlocks(block, numbers[at], { size, blocks })]);
  const needed = Array.from({ length: blocks }, (_, block) => new Set(listed(block)));
  const longest = Math.max(...needed.map((list) => list.size));
  for (const list of needed) for (let block = 0; list.size < longest; block++) list.add(block);
  return needed.map((list) => [...list].sort((a, b) => a - b));
}

/** The same function, which computes no answer twice in a row. */
function lastRemembered<Answer>(of: (n: number) => Answer): (n: number) => Answer {
  let last: { readonly n: number; readonly answer: Answer } | undefined;
  return (n) => {
    if (last?.n !== n) last = { n, answer: of(n) };
    return last.answer;
  };
}

/** A block of padding reads what the last one does. */
export const listOf = (lists: readonly number[][], block: number): readonly number[] => lists[Math.min(block, lists.length - 1)];

/** The lists are made for the longest text: those of a shorter one must lie in them. */
export function checkNumbers(rules: readonly PlaceRule[], lengths: ArrayLike<number>, n: number, leastStrength: number): void {
  for (const { id, at } of rules) {
    const largest = at(n, leastStrength);
    if (Array.from(lengths).some((length) => at(length, leastStrength) > largest))
      throw new CrispError("pattern/bad-blocks", `${id}: expected no larger number in a shorter text.`);
  }
}
