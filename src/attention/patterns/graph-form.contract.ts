import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Runtime, Session } from "../../runtime/index.ts";
import { everyPattern, FedView, headOf, type MadeUpBatch, madeUpBatch, tensorsOf } from "./made-up-heads.fixture.ts";

// One session computes every pattern, so that the symbolic batch and length are bound anew by each batch.
const subjects = everyPattern(0.6);

/**
 * Hold the graph form of every pattern to its reference, pair by pair.
 *
 * @param where - Shown in the titles.
 * @param create - Called once.
 */
export function graphFormContract(where: string, create: () => Promise<Runtime>): void {
  describe(`graph form on ${where}`, () => {
    const view = new FedView({ heads: 2, layer: 1 });
    let session: Session;
    before(async () => {
      const runtime = await create();
      session = await runtime.compile(Object.fromEntries(subjects.map((pattern, at) => [`mask${at}`, pattern.graph(view)])));
    });
    after(() => session.release());

    const batches: [string, () => MadeUpBatch][] = [
      ["one token alone", () => madeUpBatch([1])],
      ["a ragged batch", () => madeUpBatch([13, 1, 9, 5], { seed: 2 })],
      ["many ties, and padding behind the longest", () => madeUpBatch([17, 7, 12], { seed: 3, extraPadding: 4, ties: true })],
      ["130 tokens", () => madeUpBatch([130, 77], { seed: 4 })],
    ];
    for (const [name, make] of batches) {
      test(`${name}: every pattern keeps the pairs of its reference`, async () => {
        const batch = make();
        const { n } = batch.bindings;
        const masks = await session.run(tensorsOf(session.inputs, view.feeds(batch), batch.bindings));
        for (const [at, pattern] of subjects.entries()) {
          const { shape, data } = masks[`mask${at}`];
          const [B, H, Q] = shape;
          for (const [example, length] of batch.lengths.entries()) {
            for (let which = 0; which < 2; which++) {
              const want = pattern.keep(headOf(batch, example, which));
              for (let query = 0; query < length; query++) {
                const row = ((B === 1 ? 0 : example) * H + (H === 1 ? 0 : which)) * Q + (Q === 1 ? 0 : query);
                assert.deepEqual(
                  [...(data as Uint8Array).subarray(row * n, (row + 1) * n)],
                  [...want.subarray(query * n, (query + 1) * n)],
                  `${pattern.id}, example ${example}, head ${which}, query ${query}`,
                );
              }
            }
          }
        }
      });
    }
  });
}
