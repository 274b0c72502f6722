import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Dense, gradients, input, maskedSoftmax, mul, type Node, sumAll, topological } from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { planKeep, planMask } from "../plan.ts";
import { block } from "./block.ts";
import { anyOf, inOrder } from "./compose.ts";
import { everyPattern, FedView, headOf, type MadeUpBatch, madeUpBatch, refusesRamp } from "./made-up-heads.fixture.ts";
import type { Pattern } from "./pattern.ts";
import { random } from "./random.ts";
import { slidingWindow } from "./sliding-window.ts";
import { topK } from "./top-k.ts";

/** The masks of a batch as its graph form gives them. */
function masksOf(graph: (view: FedView) => Node, batch: MadeUpBatch): Dense {
  const view = new FedView(batch);
  const mask = graph(view);
  return interpret({ mask }, view.feeds(batch), batch.bindings).mask;
}

/** One row of a mask that may be broadcast to [B, H, n, n]. */
function rowOf({ shape: [B, H, Q, n], data }: Dense, example: number, which: number, query: number): number[] {
  const at = ((B === 1 ? 0 : example) * H + (H === 1 ? 0 : which)) * Q + (Q === 1 ? 0 : query);
  return [...data.subarray(at * n, (at + 1) * n)];
}

/** Hold every real query's row to the reference; rows of padded queries are zeroed later, whatever they hold. */
function assertSameMasks(got: Dense, batch: MadeUpBatch, keep: (view: ReturnType<typeof headOf>) => Uint8Array): void {
  const { n } = batch.bindings;
  for (const [example, length] of batch.lengths.entries()) {
    for (let which = 0; which < batch.heads; which++) {
      const want = keep(headOf(batch, example, which));
      for (let query = 0; query < length; query++) {
        assert.deepEqual(
          rowOf(got, example, which, query),
          [...want.subarray(query * n, (query + 1) * n)],
          `example ${example} of ${length} tokens, head ${which}, query ${query}`,
        );
      }
    }
  }
}

const compare = (pattern: Pattern, batch: MadeUpBatch): void =>
  assertSameMasks(
    masksOf((view) => pattern.graph(view), batch),
    batch,
    (view) => pattern.keep(view),
  );

const ragged: [name: string, batch: (seed: number) => MadeUpBatch][] = [
  ["one token alone", (seed) => madeUpBatch([1], { seed })],
  ["one to three tokens", (seed) => madeUpBatch([2, 1, 3], { seed, extraPadding: 1 })],
  ["a ragged batch", (seed) => madeUpBatch([13, 1, 9, 5], { seed, layer: 3 })],
  ["many ties, and padding behind the longest", (seed) => madeUpBatch([11, 7], { seed, extraPadding: 4, ties: true })],
  ["half-way up a ramp", (seed) => madeUpBatch([12, 8], { seed, strength: 0.5, step: 17 })],
  ["evaluation", (seed) => madeUpBatch([10, 16], { seed, training: false, step: 900 })],
];

for (const sparsity of [0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95]) {
  describe(`graph form against reference at sparsity ${sparsity}`, () => {
    for (const pattern of everyPattern(sparsity)) {
      test(pattern.id, () => {
        for (const [name, batch] of ragged) {
          if (name.includes("ramp") && refusesRamp(pattern)) continue;
          for (const seed of [1, 2]) compare(pattern, batch(seed));
        }
      });
    }
  });
}

describe("graph form against reference on longer texts", () => {
  const subjects = [
    topK({ sparsity: 0.8 }),
    topK({ sparsity: 0.8, rankOver: { paddedTo: 128 }, keepSpecial: true }),
    slidingWindow({ sparsity: 0.6 }),
    random({ sparsity: 0.9 }),
    inOrder(topK({ sparsity: 0.7 }), slidingWindow({ sparsity: 0.8 })),
    anyOf(slidingWindow({ radius: 3 }), topK({ sparsity: 0.95 })),
    block({ sparsity: 0.6, size: 7 }),
    block({ sparsity: 0.8, keepOwn: true }),
    inOrder(random({ sparsity: 0.9 }), block({ sparsity: 0.7, size: 8 })),
  ];
  for (const pattern of subjects) {
    test(`40 tokens: ${pattern.id}`, () => compare(pattern, madeUpBatch([40, 23, 31], { seed: 5 })));
    test(`130 tokens: ${pattern.id}`, () => compare(pattern, madeUpBatch([130], { seed: 6, heads: 1 })));
  }
});

describe("a mask in the graph", () => {
  const batch = madeUpBatch([9, 12, 4]);

  test("is the same alone and in any batch", () => {
    for (const pattern of everyPattern(0.6)) {
      const together = masksOf((view) => pattern.graph(view), batch);
      const longest = batch.bindings.n;
      for (const [example, length] of batch.lengths.entries()) {
        const alone: MadeUpBatch = {
          ...madeUpBatch([length]),
          examples: batch.examples.subarray(example, example + 1),
          scores: Float32Array.from({ length: 2 * length * length }, (_, at) => {
            const [which, query, key] = [Math.floor(at / length ** 2), Math.floor(at / length) % length, at % length];
            return batch.scores[((example * 2 + which) * longest + query) * longest + key];
          }),
        };
        const mask = masksOf((view) => pattern.graph(view), alone);
        for (let which = 0; which < 2; which++) {
          for (let query = 0; query < length; query++) {
            assert.deepEqual(
              rowOf(together, example, which, query).slice(0, length),
              rowOf(mask, 0, which, query),
              `${pattern.id}, ${length} tokens, query ${query}`,
            );
          }
        }
      }
    }
  });

  test("never asks for more keys than largestK, in padded rows neither", () => {
    for (const pattern of [0.1, 0.6, 0.95].flatMap(everyPattern)) {
      for (const [, make] of ragged) {
        const made = make(1);
        if (made.strength < 1 && refusesRamp(pattern)) continue;
        const view = new FedView(made);
        const ranked = topological([pattern.graph(view)]).filter((node) => node.op === "topKMask");
        for (const { inputs } of ranked) {
          const { k, largestK } = interpret({ k: inputs[2], largestK: inputs[3] }, view.feeds(made), made.bindings);
          assert.ok(largestK.data[0] <= made.bindings.n, pattern.id);
          // Exactly the largest, where no pattern before it shortened the rows: more would be sorted for nothing.
          const most = Math.max(...k.data);
          if (pattern.nominalSparsity === null) assert.ok(most <= largestK.data[0] && Math.min(...k.data) >= 1, pattern.id);
          else assert.equal(most, largestK.data[0], pattern.id);
        }
      }
    }
  });

  test("lets the gradient through kept scores only, as a constant mask would", () => {
    for (const pattern of everyPattern(0.6)) {
      const view = new FedView(batch);
      const mask = pattern.graph(view);
      const weights = input("weights", ["B", 2, "n", "n"]);
      const gradientUnder = (keep: Node): Node => {
        const loss = sumAll(mul(weights, maskedSoftmax(view.scores(), keep)));
        return gradients(loss, [view.scores()])[0];
      };
      const fixed = input("fixed", mask.shape, "bool");
      const feeds = { ...view.feeds(batch), weights: batch.scores.map((x, at) => Math.sin(x + at)) };
      const { chosen, kept } = interpret({ chosen: gradientUnder(mask), kept: mask }, feeds, batch.bindings);
      const { given } = interpret({ given: gradientUnder(fixed) }, { ...feeds, fixed: kept.data }, batch.bindings);
      assert.deepEqual(chosen.data, given.data, pattern.id);
      for (let query = 0; query < batch.lengths[0]; query++) {
        const gradient = rowOf(chosen, 0, 0, query);
        for (const [key, bit] of rowOf(kept, 0, 0, query).entries()) if (!bit) assert.ok(gradient[key] === 0);
      }
      // Where each row keeps one key, its softmax is 1 whatever the score.
      const moves = chosen.data.some((x) => x !== 0);
      assert.equal(moves, !pattern.id.includes("radius=0"), pattern.id);
    }
  });

  test("draws anew at every training step, and the same in every evaluation", () => {
    const pattern = random({ sparsity: 0.5 });
    const at = (step: number, training: boolean): string =>
      String(masksOf((view) => pattern.graph(view), madeUpBatch([12], { step, training })).data);
    assert.notEqual(at(1, true), at(2, true));
    assert.equal(at(1, false), at(2, false));
  });

  test("draws anew in every layer, also within one graph", () => {
    const batch = madeUpBatch([12]);
    const first = new FedView({ heads: 2, layer: 0 });
    const pattern = random({ sparsity: 0.5 });
    const layers = { first: pattern.graph(first), second: pattern.graph(first.forLayer(1)) };
    const { first: a, second: b } = interpret(layers, first.feeds(batch), batch.bindings);
    assert.notDeepEqual(a.data, b.data);
  });

  test("of an explicit radius refuses a ramp when the batch is filled", () => {
    assert.throws(() => compare(slidingWindow({ radius: 2 }), madeUpBatch([5], { strength: 0.5 })), {
      code: "pattern/bad-schedule",
    });
  });
});

describe("a plan in the graph", () => {
  test("leaves other layers dense and other heads whole", () => {
    for (const pattern of everyPattern(0.6)) {
      for (const layer of [0, 2]) {
        const batch = madeUpBatch([9, 14], { heads: 3, layer });
        const plan = { pattern, layers: [2], heads: [0, 2] };
        const mask = masksOf((view) => planMask(plan, view, 4), batch);
        assertSameMasks(mask, batch, (view) => planKeep(plan, view));
      }
    }
  });
});
