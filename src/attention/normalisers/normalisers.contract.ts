import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { gradients, input, mul, type Node, parameter, sumAll } from "../../graph/index.ts";
import { normal } from "../../random/index.ts";
import type { Runtime, Session } from "../../runtime/index.ts";
import { FedView, type MadeUpBatch, madeUpBatch, tensorsOf } from "../patterns/made-up-heads.fixture.ts";
import type { Normaliser } from "./normaliser.ts";
import { normalisers } from "./normalisers.ts";

export interface Case {
  readonly scores: readonly number[];
  readonly keep: readonly number[];
  readonly upstream: readonly number[];
}
export type Expected = Readonly<
  Record<string, { readonly probabilities: readonly number[]; readonly gradient: readonly number[] }>
>;
export const { cases } = JSON.parse(readFileSync("test/fixtures/normalisers.json", "utf8")) as {
  cases: readonly (Case & Expected)[];
};

/** Probabilities of rows of n scores, and the gradient of Σ upstream ∘ probabilities for the scores. */
export function built({ normalise }: Normaliser, view: FedView): Record<"probabilities" | "gradient", Node> {
  const scores = parameter("rows", ["B", "n"]);
  const keep = input("keep", ["B", "n"], "bool");
  const probabilities = normalise(scores, keep, { input: view.input });
  const [gradient] = gradients(sumAll(mul(input("upstream", ["B", "n"]), probabilities)), [scores]);
  return { probabilities, gradient };
}

/** What one row is computed from. */
export function feedsOf(
  { scores, keep, upstream }: Case,
  view: FedView,
): { feeds: Record<string, ArrayLike<number>>; batch: MadeUpBatch } {
  const n = scores.length;
  const batch = { ...madeUpBatch([n], { heads: 1 }), bindings: { B: 1, n } };
  return { batch, feeds: { ...view.feeds(batch), rows: scores, keep, upstream } };
}

export const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, at) => Math.abs(value - b[at])));

/**
 * Hold every normaliser to the package entmax, and to what every row must be.
 *
 * @param where - Shown in the titles.
 * @param create - Called once for each normaliser.
 */
export function normalisersContract(where: string, create: () => Promise<Runtime>): void {
  for (const [name, normaliser] of Object.entries(normalisers)) {
    describe(`the normaliser ${name} on ${where}`, () => {
      const view = new FedView({ heads: 1, layer: 0 });
      let session: Session;
      before(async () => {
        session = await (await create()).compile(built(normaliser, view));
      });
      after(() => session.release());

      test("gives the probabilities and gradients of the package entmax", async () => {
        assert.ok(cases.length > 20);
        for (const [at, one] of cases.entries()) {
          const { batch, feeds } = feedsOf(one, view);
          const made = await session.run(tensorsOf(session.inputs, feeds, batch.bindings));
          for (const key of ["probabilities", "gradient"] as const) {
            const want = one[name][key];
            const far = furthest(made[key].data as Float32Array, want);
            assert.ok(far < 2e-5, `case ${at}, ${key}: ${far}`);
          }
        }
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
}
