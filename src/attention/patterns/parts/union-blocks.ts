import {
  add,
  bindDim,
  broadcastTo,
  cast,
  constant,
  derived,
  gather,
  greater,
  matmul,
  type Node,
  or,
  product,
  reshape,
  topKPlaces,
  where,
} from "../../../graph/index.ts";
import type { BlockChoice, GraphView, KeyBlocks, Pattern } from "../pattern.ts";
import { checkNumbers, firstRows, listOf, namesOf, placeLists } from "./place-blocks.ts";
import { endByAny } from "./place-pairs.ts";
import type { PlaceRule } from "./place-rule.ts";
import { upTo } from "./sparsity-or.ts";
import { blocksOf, keysOfBlocks, ofBlocks, queryPlaces, spreadOverKeys, textLengths } from "./token-blocks.ts";

/**
 * The block form of a pattern that keeps what one of the rules keeps, and the blocks of the choices: where there is a rule, and the choices
 * are of one size.
 */
export const ofUnion = (
  places: readonly PlaceRule[],
  choices: readonly BlockChoice[],
): Pick<Pattern, "blocks" | "places" | "choices"> => ({
  places,
  choices,
  blocks(view) {
    const fits = places.length > 0 && choices.every(({ size }) => size === choices[0].size);
    return fits && view.full && !view.biased ? unionBlocks(view, places, choices) : null;
  },
});

/**
 * Lists of blocks that hold every pair of the rules, and every chosen block: first those of the rules, which are the same for all heads
 * and known before any score, then the chosen ones that are not among them, and others that keep nothing.
 *
 * So no block is listed twice. A chosen block is kept whole wherever it stands in the list.
 */
function unionBlocks(view: GraphView, rules: readonly PlaceRule[], choices: readonly BlockChoice[]): KeyBlocks {
  const { heads, leastStrength = 1 } = view;
  const [{ size }] = choices;
  const { name, symbol } = namesOf([...rules, ...choices], size, leastStrength);
  const N = blocksOf(size);
  const listsAt = placeLists(rules, size, leastStrength);
  const slotsAt = (n: number): number => {
    const blocks = Math.ceil(n / size);
    const ofChoices = choices.reduce((sum, choice) => sum + choice.most(blocks, leastStrength), 0);
    return Math.min(blocks, listsAt(n)[0].length + ofChoices);
  };
  const K = derived(`slotsOf_${symbol}`, "n", slotsAt);
  const width = product([K, size]);

  const chosen = cast(
    choices.map((choice) => choice.chosen(view)).reduce((a, b) => or(a, b)),
    "float",
  ); // [B, H, N, N]
  const order = ofBlocks(view, `${name}.order`, size, [[], [N]], "float", (out, { lengths, bindings: { n } }) => {
    checkNumbers(rules, lengths, n, leastStrength);
    const lists = listsAt(n);
    const blocks = Math.sqrt(out.length);
    for (let at = 0; at < out.length; at++) {
      const list = listOf(lists, Math.floor(at / blocks));
      const place = list.indexOf(at % blocks);
      out[at] = place < 0 ? 0 : 2 - place / list.length; // above 1, the rank of chosen blocks
    }
  });
  const ranks = where(greater(order, constant(0)), order, chosen); // [B, H, N, N]
  const ids = topKPlaces(ranks, constant(1, [1], "bool"), K); // [B, H, N, K]

  const rows = ofBlocks(view, `${name}.${heads}.rows`, size, [["B", heads], [1]], "int32", (out, { bindings: { B } }) => {
    const blocks = out.length / B / heads;
    for (let at = 0; at < out.length; at++) out[at] = at * blocks;
  });
  const isChosen = greater(gather(reshape(chosen, [product(["B", heads, N, N])]), add(rows, ids)), constant(0)); // [B, H, N, K]
  const none = constant(0, [], "int32");
  const end = where(reshape(isChosen, ["B", heads, N, K, 1]), textLengths(view), none); // [B, H, N, K, 1]
  const endOfChosen = reshape(broadcastTo(end, ["B", heads, N, K, size]), ["B", heads, N, 1, width]);

  // behind the rules' own blocks any others, of which they keep nothing: what is chosen there is not known yet
  const places = view.input(`${name}.keys`, [N, 1, width], "int32", (out, { bindings: { n } }) => {
    const slots = slotsAt(n);
    const filled = listsAt(n).map((list) => [...new Set([...list, ...upTo(0, Math.ceil(n / size) - 1)])].slice(0, slots));
    for (let at = 0; at < out.length; at++) {
      const list = listOf(filled, Math.floor(at / (slots * size)));
      out[at] = list[Math.floor((at % (slots * size)) / size)] * size + (at % size);
    }
  });
  const endOfRules = endByAny(view, rules, { queries: queryPlaces(view, size), keys: places }, product([N, size]));
  const keys = reshape(keysOfBlocks(ids, size), ["B", heads, N, 1, width]);
  const keep = greater(where(greater(endOfRules, none), endOfRules, endOfChosen), keys); // [B, H, N, size, K · size]
  return { size, ids, keep, firstRows: unionRows(view, rules, { symbol, size, chosen }) };
}

/** The first queries, which keep keys anywhere, with the blocks that are chosen for them. */
function unionRows(
  view: GraphView,
  rules: readonly PlaceRule[],
  { symbol, size, chosen }: { readonly symbol: string; readonly size: number; readonly chosen: Node },
): KeyBlocks["firstRows"] {
  const ofRules = firstRows(view, rules, symbol);
  if (!ofRules) return undefined;
  const { count, keep } = ofRules;
  const blockOf = ofBlocks(view, `${symbol}.blockOfRow`, size, [[count], []], "float", (out, { bindings }) => {
    const blocks = out.length / bindDim(count, bindings);
    for (let at = 0; at < out.length; at++) out[at] = Number(at % blocks === Math.floor(Math.floor(at / blocks) / size));
  }); // [count, N]
  const ofRows = matmul(broadcastTo(blockOf, ["B", view.heads, count, blocksOf(size)]), chosen); // [B, H, count, N]
  return { count, keep: or(keep, spreadOverKeys(view, size, ofRows)) }; // [B, H, count, n]
}
