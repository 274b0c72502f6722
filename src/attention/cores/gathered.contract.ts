import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { elements, gradients, input, mul, type Node, sumAll } from "../../graph/index.ts";
import { normalFill, uniform } from "../../random/index.ts";
import type { HostTensor, Runtime, Session } from "../../runtime/index.ts";
import { FedView, madeUpBatch, tensorsOf } from "../patterns/made-up-heads.fixture.ts";
import { parsePattern } from "../patterns/parse-pattern.ts";
import { visibility } from "../visibility.ts";
import { chunked } from "./chunked.ts";
import type { AttentionCore } from "./core.ts";
import { masked } from "./masked.ts";

const [HEADS, WIDTH, LAYER] = [2, 8, 1];
/** Largest difference, as a share of the largest value: rounding of float32 sums in another order. */
const TOLERANCE = 1e-5;

/**
 * Context, kept pairs and gradients for q, k and v of the loss Σ r ∘ context.
 *
 * @param pattern - An id, or one in a window or in one head: `dense within 5`, `block(sparsity=0.5, size=4) in head 1`.
 */
function outputsOf(core: AttentionCore, pattern: string, view: FedView): Record<string, Node> {
  const [everyHead, window] = pattern.split(" within ");
  const [id, head] = everyHead.split(" in head ");
  const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
  const made = core.attend(q, k, v, {
    ...{
      visibility: visibility(window ? { window: Number(window) } : {}),
      plan: { pattern: parsePattern(id), ...(head && { heads: [Number(head)] }) },
      layer: LAYER,
      layers: 2,
      heads: HEADS,
    },
    ...{ scale: 1 / Math.sqrt(WIDTH), dropoutMask: () => null, input: view.input },
  });
  const [dq, dk, dv] = gradients(sumAll(mul(made.context, input("weights", made.context.shape))), [q, k, v]);
  return { context: made.context, kept: made.keptPairs, dq, dk, dv };
}

const normals = (count: number, site: string, seed: number): Float32Array => {
  const out = new Float32Array(count);
  normalFill(out, { seed, step: 0, site });
  return out;
};

/**
 * Hold the cores that compute blocks to the one that computes all pairs: values and gradients, at any length. `chunked` is `gathered`
 * wherever pairs were removed.
 *
 * @param where - Shown in the titles.
 * @param create - Called once.
 */
export function gatheredContract(
  where: string,
  create: () => Promise<Runtime>,
  { patterns, lengths }: { readonly patterns: readonly string[]; readonly lengths: readonly (readonly number[])[] },
): void {
  describe(`blocks against all pairs on ${where}`, () => {
    let runtime: Runtime;
    before(async () => {
      runtime = await create();
    });
    for (const pattern of patterns) {
      describe(pattern, () => {
        const views = [new FedView({ heads: HEADS, layer: LAYER }), new FedView({ heads: HEADS, layer: LAYER })];
        let sessions: Session[];
        before(async () => {
          sessions = [];
          for (const [at, core] of [masked, chunked].entries())
            sessions.push(await runtime.compile(outputsOf(core, pattern, views[at])));
        });
        after(async () => {
          for (const session of sessions) await session.release();
        });
        for (const [at, batchLengths] of lengths.entries()) {
          test(`texts of ${batchLengths.join(", ")} tokens: the same to rounding, and exactly as many pairs`, async () => {
            const batch = madeUpBatch(batchLengths, { heads: HEADS, layer: LAYER, extraPadding: at % 3 });
            const count = elements([batch.bindings.B, HEADS, batch.bindings.n, WIDTH]);
            const made = Object.fromEntries(["q", "k", "v", "weights"].map((site) => [site, normals(count, site, at)]));
            const run = (which: number): Promise<Record<string, HostTensor>> =>
              sessions[which].run(tensorsOf(sessions[which].inputs, { ...views[which].feeds(batch), ...made }, batch.bindings));
            // one behind the other: two sessions at once have hung on WebAssembly
            const [whole, blocks] = [await run(0), await run(1)];
            for (const name of Object.keys(whole)) {
              const [want, got] = [whole[name].data as Float32Array, blocks[name].data as Float32Array];
              assert.equal(got.length, want.length);
              const most = want.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
              const off = want.reduce((a, b, i) => Math.max(a, Math.abs(b - got[i])), 0);
              // values are about 1; a query with one key has gradients of 0, the difference of two of them
              assert.ok(off <= (name === "kept" ? 0 : TOLERANCE * Math.max(most, 1)), `${name}: ${off} of ${most}`);
            }
          });
        }
        test("pairs are counted by a session that computes nothing else", async () => {
          const view = new FedView({ heads: HEADS, layer: LAYER });
          const session = await runtime.compile({ kept: outputsOf(chunked, pattern, view).kept });
          const batch = madeUpBatch([9, 5], { heads: HEADS, layer: LAYER });
          const made = { q: normals(9 * 2 * HEADS * WIDTH, "q", 0), k: normals(9 * 2 * HEADS * WIDTH, "k", 0) };
          const { kept } = await session.run(tensorsOf(session.inputs, { ...view.feeds(batch), ...made }, batch.bindings));
          await session.release();
          assert.ok((kept.data as Float32Array).every((pairs) => pairs > 0));
        });
      });
    }
  });
}

/** Ragged batches of up to 5 texts of 1 to `most` tokens. */
export const drawnLengths = (batches: number, most: number): number[][] =>
  Array.from({ length: batches }, (_, batch) =>
    Array.from(
      { length: 1 + (batch % 5) },
      (_, text) => 1 + Math.floor(most * uniform({ seed: batch, step: 0, site: "lengths" }, text)),
    ),
  );

/** Whole blocks, short ones and less than one; rows that see everything; patterns in one head and in windows. */
export const everyCase = {
  patterns: [
    "block(sparsity=0.8)",
    "block(sparsity=0.5, size=7)",
    "block(sparsity=0, size=32)",
    "block(sparsity=0.95, size=64)",
    "block(sparsity=0.6, size=1)",
    "block(sparsity=0.6, size=3, keepOwn=true)",
    "slidingWindow(sparsity=0.8)",
    "slidingWindow(radius=0)",
    "slidingWindow(radius=3)",
    "slidingWindow(radius=40)",
    "slidingWindow(radius=64)",
    "global(tokens=1)",
    "global(tokens=20)",
    "global(sparsity=0.8)",
    "strided(stride=128)",
    "strided(stride=130)",
    "strided(stride=300)",
    "anyOf(slidingWindow(radius=3), global(tokens=1))",
    "anyOf(slidingWindow(radius=40), global(tokens=5))",
    "anyOf(global(sparsity=0.9), slidingWindow(sparsity=0.9))",
    "anyOf(slidingWindow(radius=2), strided(stride=129), global(tokens=2))",
    "anyOf(slidingWindow(radius=3), slidingWindow(radius=0))",
    "block(sparsity=0.5, size=7) in head 0",
    "anyOf(slidingWindow(radius=3), global(tokens=2)) in head 1",
    "dense",
    "dense within 0",
    "dense within 70",
  ],
  lengths: [[1], [1, 2], [7], [63, 64, 65], ...drawnLengths(12, 60), ...drawnLengths(6, 600)],
};

/** For slow devices: short last blocks, whole blocks, and less than one. */
export const fewCases = {
  patterns: [
    "block(sparsity=0.5, size=4)",
    "slidingWindow(radius=3)",
    "anyOf(slidingWindow(radius=3), global(tokens=2))",
    "anyOf(slidingWindow(radius=3), global(tokens=2)) in head 1",
    "strided(stride=128)",
    "dense",
    "dense within 5",
  ],
  lengths: [[13, 1, 22, 6], [16, 9], [3]],
};
