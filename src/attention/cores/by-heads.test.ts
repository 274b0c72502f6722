import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bindShape, elements, input, type Shape } from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { FedView, madeUpBatch } from "../patterns/made-up-heads.fixture.ts";
import { parsePattern } from "../patterns/parse-pattern.ts";
import { visibility } from "../visibility.ts";
import { gathered } from "./gathered.ts";

const [HEADS, WIDTH] = [3, 4];

describe("a plan for some heads", () => {
  test("has a dropout mask for each group of heads, which reaches no other", () => {
    const asked = new Map<string, Shape>();
    const view = new FedView({ heads: HEADS, layer: 0 });
    const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
    const { context } = gathered.attend(q, k, v, {
      ...{ visibility: visibility(), plan: { pattern: parsePattern("slidingWindow(radius=1)"), heads: [2, 0] } },
      ...{ layer: 0, layers: 1, heads: HEADS, scale: 0.5, input: view.input },
      dropoutMask(shape, part = "whole") {
        asked.set(part, shape);
        return { mask: input(part, shape, "uint8"), probability: 0 };
      },
    });
    assert.deepEqual([...asked.keys()].sort(), ["heads.0+2", "heads.1"]);
    const batch = madeUpBatch([7, 7], { heads: HEADS, layer: 0 });
    const filled = (shape: Shape, value: number) => new Float64Array(elements(bindShape(shape, batch.bindings))).fill(value);
    for (const dropped of asked.keys()) {
      const masks = [...asked].map(([part, shape]) => [part, filled(shape, Number(part !== dropped))]);
      const ones = filled(q.shape, 1);
      const feeds = { ...view.feeds(batch), q: ones, k: ones, v: ones, ...Object.fromEntries(masks) };
      const { data } = interpret({ context }, feeds, batch.bindings).context;
      const isDropped = (head: number): boolean => (dropped === "heads.1") === (head === 1);
      const want = Array.from({ length: data.length }, (_, at) => Number(!isDropped(Math.floor(at / (7 * WIDTH)) % HEADS)));
      assert.deepEqual(
        Array.from(data, (value) => Math.round(1e9 * value) / 1e9),
        want,
        dropped,
      );
    }
  });
});
