import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { elements, input, type Shape } from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { FedView, madeUpBatch } from "../patterns/made-up-heads.fixture.ts";
import { parsePattern } from "../patterns/parse-pattern.ts";
import { visibility } from "../visibility.ts";
import { gathered } from "./gathered.ts";

const [HEADS, WIDTH] = [2, 4];

/** Context of two texts of 9 and 5 tokens under masks of dropout that keep all (1) or nothing (0), by the part of the pairs. */
function contextUnder(masks: Readonly<Record<string, number>>): ArrayLike<number> {
  const view = new FedView({ heads: HEADS, layer: 0 });
  const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
  const asked = new Map<string, Shape>();
  const { context } = gathered.attend(q, k, v, {
    ...{ visibility: visibility(), plan: { pattern: parsePattern("anyOf(slidingWindow(radius=1), global(tokens=3))") } },
    ...{ layer: 0, layers: 1, heads: HEADS, scale: 0.5, input: view.input },
    dropoutMask(shape, part = "blocks") {
      asked.set(part, shape);
      return { mask: input(part, shape, "uint8"), probability: 0 };
    },
  });
  assert.deepEqual([...asked.keys()].sort(), ["blocks", "firstRows"]);
  const batch = madeUpBatch([9, 5], { heads: HEADS, layer: 0 });
  const ones = new Float64Array(elements([2, HEADS, 9, WIDTH])).fill(1);
  const sizes = { blocks: 2 * HEADS * 16 * 16, firstRows: 2 * HEADS * 3 * 9 };
  const drops = Object.entries(sizes).map(([part, size]) => [part, new Float64Array(size).fill(masks[part])]);
  const feeds = { ...view.feeds(batch), q: ones, k: ones, v: ones, ...Object.fromEntries(drops) };
  return interpret({ context }, feeds, batch.bindings).context.data;
}

describe("rows that keep keys anywhere", () => {
  test("have a dropout mask of their own, and the other rows theirs", () => {
    const tokenOf = (at: number): number => Math.floor(at / WIDTH) % 9;
    const isReal = (at: number): boolean => tokenOf(at) < [9, 5][Math.floor(at / (HEADS * 9 * WIDTH))];
    const rowsWith = (value: (token: number) => number): number[] =>
      Array.from({ length: 2 * HEADS * 9 * WIDTH }, (_, at) => (isReal(at) ? value(tokenOf(at)) : 0));
    const rounded = (masks: Record<string, number>): number[] =>
      Array.from(contextUnder(masks), (value) => Math.round(1e9 * value) / 1e9);
    assert.deepEqual(
      rounded({ blocks: 1, firstRows: 0 }),
      rowsWith((token) => Number(token >= 3)),
    );
    assert.deepEqual(
      rounded({ blocks: 0, firstRows: 1 }),
      rowsWith((token) => Number(token < 3)),
    );
  });
});
