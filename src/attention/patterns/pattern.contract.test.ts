import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { head, row, variants } from "./made-up-heads.fixture.ts";
import { parsePattern } from "./parse-pattern.ts";
import type { HeadView, Pattern } from "./pattern.ts";
import { patterns } from "./registry.ts";

// 11 is no multiple of anything, so ragged ends are covered; two tokens are padding.
const N = 11;
const REAL = 9;

const subjects: [Pattern, inRegistry: boolean][] = [
  ...Object.values(patterns).map((entry): [Pattern, boolean] => [entry.sample(), true]),
  ...[0.3, 0.8].flatMap(variants).map((pattern): [Pattern, boolean] => [pattern, false]),
];
const distinct = [...new Map(subjects.map((subject) => [subject[0].id, subject])).values()];

const everyHead = (n: number, padded: number): HeadView[] => {
  const view = head(n, padded);
  return Array.from({ length: view.heads }, (_, which) => ({ ...view, key: { ...view.key, head: which } }));
};

/** True of a whole head that the pattern removed, as it declares that it may. */
const emptied = (mask: Uint8Array, { emptiesRows }: Pattern): boolean => emptiesRows === true && !mask.includes(1);

for (const [pattern, inRegistry] of distinct) {
  describe(`contract: ${pattern.id}`, () => {
    test("only removes pairs", () => {
      const view = head(N, 2);
      for (const [at, kept] of pattern.keep(view).entries()) assert.ok(kept === 0 || (kept === 1 && view.allowed[at] === 1));
    });
    test("leaves every real query at least one key, and padded ones none", () => {
      for (const view of everyHead(N, 2)) {
        const mask = pattern.keep(view);
        if (emptied(mask, pattern)) continue;
        for (let query = 0; query < N; query++) assert.equal(row(mask, N, query).includes(1), query < REAL, `query ${query}`);
      }
    });
    test("declares honestly whether it empties whole heads", () => {
      const some = everyHead(N, 2).some((view) => !pattern.keep(view).includes(1));
      assert.equal(some, pattern.emptiesRows ?? false);
    });
    test("declares honestly whether its pairs are drawn", () => {
      const masks = [1, 2, 3].flatMap((seed) =>
        [0, 1].map((step) => pattern.keep({ ...head(N, 2), key: { ...head(N, 2).key, seed, step } })),
      );
      const differ = masks.some((mask) => !isDeepStrictEqual(mask, masks[0]));
      // in a composition, another part may leave a draw nothing to choose from
      if (inRegistry || differ) assert.equal(differ, pattern.isDrawn ?? false);
    });
    test("leaves every real query a key behind any other pattern", () => {
      // One key a query, alternately near and far, is the least that an earlier pattern may leave.
      const view = head(N, 2);
      const single = view.allowed.map((ok, at) => ok & Number(at % N === (Math.floor(at / N) * 5 + 4) % REAL));
      for (const { key } of everyHead(N, 2)) {
        const mask = pattern.keep({ ...view, key, allowed: single });
        if (!emptied(mask, pattern)) assert.deepEqual(mask, single);
      }
    });
    test("does not change its inputs and gives the same answer twice", () => {
      const view = head(N, 2);
      const before = { scores: view.scores.slice(), allowed: view.allowed.slice() };
      const first = pattern.keep(view);
      assert.notEqual(first, view.allowed, "the answer must not be the input itself");
      assert.deepEqual(pattern.keep(view), first);
      assert.deepEqual({ scores: view.scores, allowed: view.allowed }, before);
    });
    test("declares honestly whether it reads scores", () => {
      const same = String(pattern.keep(head(N, 2))) === String(pattern.keep(head(N, 2, -1)));
      // A composition may need scores for an emptied row that this example does not have.
      if (inRegistry) assert.equal(same, !pattern.needsScores);
      else assert.ok(same || pattern.needsScores);
    });
    test("does not depend on how much padding follows", () => {
      const short = pattern.keep(head(REAL, 0));
      for (const padded of [1, 2, 30]) {
        const long = pattern.keep(head(REAL + padded, padded));
        for (let query = 0; query < REAL; query++) {
          assert.deepEqual(row(long, REAL + padded, query).slice(0, REAL), row(short, REAL, query));
        }
      }
    });
    test("keeps the one key of a one-token text", () => {
      for (const view of everyHead(1, 0)) {
        const mask = pattern.keep(view);
        if (!emptied(mask, pattern)) assert.deepEqual([...mask], [1]);
      }
    });
    test("has an id that parsePattern reads back", () => {
      const parsed = parsePattern(pattern.id);
      assert.equal(parsed.id, pattern.id);
      assert.equal(parsed.nominalSparsity, pattern.nominalSparsity);
      assert.deepEqual(parsed.keep(head(N, 2)), pattern.keep(head(N, 2)));
    });
  });
}

describe("the registry", () => {
  for (const [name, { ofSparsity, sample }] of Object.entries(patterns)) {
    test(`${name}: its id starts with its name`, () => assert.match(sample().id, new RegExp(`^${name}\\b`)));
    if (!ofSparsity) continue;
    test(`${name}: a sparsity is its nominal sparsity, and 0 removes nothing`, () => {
      assert.equal(ofSparsity(0.35).nominalSparsity, 0.35);
      assert.deepEqual(ofSparsity(0).keep(head(N, 2)), head(N, 2).allowed);
    });
    test(`${name}: strength scales the sparsity`, () => {
      // Long enough for several blocks of the default size.
      const at = (sparsity: number, strength: number): string => String(ofSparsity(sparsity).keep({ ...head(40, 2), strength }));
      assert.equal(at(0.8, 0.5), at(0.4, 1));
      assert.equal(at(0.8, 0), at(0, 1));
      assert.notEqual(at(0.8, 0.5), at(0.8, 1));
    });
    for (const wrong of [1.2, 1, -0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      test(`${name}: refuses sparsity ${wrong} with the rule, the value and the next step`, () => {
        assert.throws(() => ofSparsity(wrong), {
          code: "pattern/bad-parameter",
          message: `${name}: expected a sparsity in [0, 1), got ${wrong}. 0 keeps every key, 0.8 removes four of five.`,
        });
      });
    }
  }
});
