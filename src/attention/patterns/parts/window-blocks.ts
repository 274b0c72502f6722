import { CrispError } from "../../../errors/index.ts";
import {
  abs,
  broadcastTo,
  constant,
  derived,
  greater,
  lessOrEqual,
  type Node,
  product,
  sub,
  where,
} from "../../../graph/index.ts";
import type { GraphView, KeyBlocks } from "../pattern.ts";
import { blocksOf, ofBlocks } from "./token-blocks.ts";

/** Blocks before and behind a block's own that hold keys at most `reach` tokens away. */
const around = (reach: number, size: number): { readonly before: number; readonly behind: number } => ({
  before: Math.ceil(reach / size),
  behind: Math.floor((size - 1 + reach) / size),
});

/** Real tokens of each text: int32 [B, 1, 1, 1, 1]. */
export const textLengths = (view: GraphView): Node =>
  view.input("lengths", ["B", 1, 1, 1, 1], "int32", (out, { lengths }) => (out as Int32Array).set(lengths));

/**
 * Blocks that hold every key within a reach of a block of queries, to either side; pairs farther apart are removed one by one.
 *
 * @param id - Of the pattern: equal ids share their inputs.
 * @param size - Tokens a block.
 * @param reach - In tokens, at a text's length; never larger for a shorter text.
 */
export function windowBlocks(view: GraphView, id: string, size: number, reach: (length: number) => number): KeyBlocks {
  const N = blocksOf(size);
  const slotsOf = (n: number): number => {
    const { before, behind } = around(reach(n), size);
    return Math.min(Math.ceil(n / size), before + 1 + behind);
  };
  const name = `${id}.${size}`;
  const K = derived(`windowSlotsOf_${name.replaceAll(/\W+/g, "_")}`, "n", slotsOf);
  const keys = product([K, size]);
  /** Key of a slot's token, by the block of queries and the token's place in the row of its keys. */
  const keyOf = (n: number): ((block: number, at: number) => number) => {
    const [blocks, slots] = [Math.ceil(n / size), slotsOf(n)];
    const { before } = around(reach(n), size);
    return (block, at) => Math.min(Math.max(0, block - before), blocks - slots) * size + at;
  };
  const ids = ofBlocks(view, `${name}.ids`, size, [[], [K]], "int32", (out, { bindings: { n } }) => {
    const [key, slots] = [keyOf(n), slotsOf(n)];
    for (let at = 0; at < out.length; at++) out[at] = key(Math.floor(at / slots), (at % slots) * size) / size;
  });
  const places = view.input(`${name}.keys`, [N, 1, keys], "int32", (out, { bindings: { n } }) => {
    const [key, width] = [keyOf(n), slotsOf(n) * size];
    for (let at = 0; at < out.length; at++) out[at] = key(Math.floor(at / width), at % width);
  });
  const queries = view.input(`blocks.${size}.queryPlaces`, [N, size, 1], "int32", (out) => {
    for (let at = 0; at < out.length; at++) out[at] = at;
  });
  const reaches = view.input(`${name}.reach`, ["B", 1, 1, 1, 1], "int32", (out, { lengths, bindings: { n } }) => {
    lengths.forEach((length, row) => {
      out[row] = reach(length);
      if (reach(length) > reach(n))
        throw new CrispError("pattern/bad-blocks", `${id}: expected no larger reach in a shorter text.`);
    });
  });
  const real = greater(textLengths(view), places); // [B, 1, N, 1, K · size]
  // not the And of two masks: see docs/parity.md, ONNX Runtime's WebGPU kernel of five axes
  const reachOfKey = where(real, reaches, constant(-1, [], "int32"));
  const near = lessOrEqual(abs(sub(queries, places)), reachOfKey); // [B, 1, N, size, K · size]
  return { size, ids: broadcastTo(ids, ["B", view.heads, N, K]), keep: near };
}
