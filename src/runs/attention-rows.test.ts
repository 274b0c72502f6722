import assert from "node:assert/strict";
import { test } from "node:test";
import { mapOf, shownHeads } from "./attention-rows.ts";

const layersOf = (count: number, heads: number, n: number): Float32Array[] =>
  Array.from({ length: count }, () => new Float32Array(heads * n * n));
const places = (count: number, heads: number): string =>
  shownHeads(layersOf(count, heads, 5), 5)
    .map(({ layer, head }) => `${layer}.${head}`)
    .join(" ");

test("of a large encoder the first, the middle and the last layer are kept, four heads of each; of a small one everything", () => {
  assert.equal(places(12, 12), "0.0 0.1 0.2 0.3 6.0 6.1 6.2 6.3 11.0 11.1 11.2 11.3");
  assert.equal(places(2, 2), "0.0 0.1 1.0 1.1");
  assert.equal(places(1, 1), "0.0");
});

test("a map is the right head's, of the first 32 tokens, and only what was removed is 0", () => {
  const n = 40;
  const layer = Float32Array.from({ length: 2 * n * n }, (_, at) => (at % 3 === 0 ? 0 : 1e-30 * (at + 1)));
  const tokens = Array.from({ length: n }, (_, at) => `t${at}`);
  const { probabilities, head } = mapOf(layer, { text: "a text", tokens, layer: 0, head: 1 });
  assert.deepEqual([probabilities.length, probabilities[0].length, head], [32, 32, 1]);
  for (const [query, row] of probabilities.entries())
    for (const [key, p] of row.entries()) {
      const exact = layer[(n + query) * n + key];
      assert.equal(p === 0, exact === 0);
      assert.ok(Math.abs(p - exact) <= 0.005 * exact, "three digits");
    }
});
