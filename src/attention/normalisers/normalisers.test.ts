import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { gradients, input, mul, type Node, parameter, sumAll } from "../../graph/index.ts";
import { normal } from "../../random/index.ts";
import { interpret } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { FedView, type MadeUpBatch, madeUpBatch, tensorsOf } from "../patterns/made-up-heads.fixture.ts";
import type { Normaliser } from "./normaliser.ts";
import { isSoftmax, normaliserOf, normalisers } from "./normalisers.ts";

interface Case {
  readonly scores: readonly number[];
  readonly keep: readonly number[];
  readonly upstream: readonly number[];
}
type Expected = Readonly<Record<string, { readonly probabilities: readonly number[]; readonly gradient: readonly number[] }>>;
const { cases } = JSON.parse(readFileSync("test/fixtures/normalisers.json", "utf8")) as { cases: readonly (Case & Expected)[] };

/** Probabilities of rows of n scores, and the gradient of Σ upstream ∘ probabilities for the scores. */
function built({ normalise }: Normaliser, view: FedView): Record<"probabilities" | "gradient", Node> {
  const scores = parameter("rows", ["B", "n"]);
  const keep = input("keep", ["B", "n"], "bool");
  const probabilities = normalise(scores, keep, { input: view.input });
  const [gradient] = gradients(sumAll(mul(input("upstream", ["B", "n"]), probabilities)), [scores]);
  return { probabilities, gradient };
}

/** What one row is computed from. */
function feedsOf(
  { scores, keep, upstream }: Case,
  view: FedView,
): { feeds: Record<string, ArrayLike<number>>; batch: MadeUpBatch } {
  const n = scores.length;
  const batch = { ...madeUpBatch([n], { heads: 1 }), bindings: { B: 1, n } };
  return { batch, feeds: { ...view.feeds(batch), rows: scores, keep, upstream } };
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, at) => Math.abs(value - b[at])));

for (const [name, normaliser] of Object.entries(normalisers)) {
  describe(`the normaliser ${name}`, async () => {
    const runtime = await createRuntime({ threads: 1 });
    const view = new FedView({ heads: 1, layer: 0 });
    const nodes = built(normaliser, view);
    const session = await runtime.compile(nodes);
    after(() => session.release());

    test("has the name it is registered by", () => assert.equal(normaliser.name, name));
    test("gives the probabilities and gradients of the package entmax, in float64 and on ONNX Runtime", async () => {
      assert.ok(cases.length > 20);
      for (const [at, one] of cases.entries()) {
        const { batch, feeds } = feedsOf(one, view);
        const exact = interpret(nodes, feeds, batch.bindings);
        const fast = await session.run(tensorsOf(session.inputs, feeds, batch.bindings));
        for (const key of ["probabilities", "gradient"] as const) {
          const want = one[name][key];
          assert.ok(furthest(exact[key].data, want) < 1e-12, `case ${at}, ${key}: ${furthest(exact[key].data, want)}`);
          assert.ok(furthest(fast[key].data as Float32Array, want) < 2e-5, `case ${at}, ${key} in float32`);
        }
      }
    });
    test("has the gradient of central differences", () => {
      const { batch, feeds } = feedsOf(cases[13], view);
      const rows = Array.from(feeds.rows);
      const loss = (values: readonly number[]): number => {
        const { data } = interpret(nodes, { ...feeds, rows: values }, batch.bindings).probabilities;
        return data.reduce((sum, p, at) => sum + p * feeds.upstream[at], 0);
      };
      const { data } = interpret(nodes, feeds, batch.bindings).gradient;
      assert.ok(data.some((value) => Math.abs(value) > 0.01));
      const numeric = rows.map((x, at) => (loss(rows.with(at, x + 1e-6)) - loss(rows.with(at, x - 1e-6))) / 2e-6);
      assert.ok(furthest(data, numeric) < 1e-8, String(furthest(data, numeric)));
    });
    test("every row that keeps a pair sums to 1, removed pairs are exactly 0, and a row that keeps none is all 0", async () => {
      const [B, n] = [200, 37];
      const batch = { ...madeUpBatch([n], { heads: 1 }), bindings: { B, n } };
      const size = B * n;
      const draw = (site: string): number[] => Array.from({ length: size }, (_, at) => normal({ seed: 3, step: 0, site }, at));
      // row by row wider, the last ones like the scores of a trained encoder and beyond
      const rows = draw("rows").map((x, at) => Math.fround(x * 0.1 * Math.floor(at / n)));
      const keep = draw("keep").map((x, at) => Number(x < 0.5 && at % 7 !== 3 && Math.floor(at / n) % 50 !== 49));
      const feeds = { ...view.feeds(batch), rows, keep, upstream: draw("upstream").map(Math.fround) };
      const { probabilities, gradient } = await session.run(tensorsOf(session.inputs, feeds, batch.bindings));
      const [p, g] = [probabilities.data, gradient.data].map((data) => Array.from(data as Float32Array));
      let empty = 0;
      for (let row = 0; row < B; row++) {
        const kept = keep.slice(row * n, (row + 1) * n);
        const own = p.slice(row * n, (row + 1) * n);
        const sum = own.reduce((a, b) => a + b, 0);
        const some = kept.includes(1);
        empty += Number(!some);
        assert.ok(Math.abs(sum - Number(some)) < 1e-5, `row ${row}: ${sum}`);
        assert.ok(own.every((x, at) => x >= 0 && (kept[at] === 1 || x === 0)));
      }
      assert.equal(empty, 4);
      assert.ok(g.every((x, at) => Number.isFinite(x) && (keep[at] === 1 || x === 0)));
      if (normaliser.removesPairs) assert.ok(p.filter((x, at) => keep[at] === 1 && x === 0).length > size / 10);
      else assert.ok(p.slice(0, 10 * n).every((x, at) => x > 0 || keep[at] === 0));
    });
  });
}

test("the registry's default is the softmax, and another name is refused", () => {
  assert.deepEqual([isSoftmax(), isSoftmax("softmax"), isSoftmax("sparsemax")], [true, true, false]);
  assert.throws(() => normaliserOf("entmax"), {
    code: "pattern/bad-plan",
    message: "attention.normaliser: expected one of softmax, sparsemax, entmax15, got entmax.",
  });
});
