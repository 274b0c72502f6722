import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { friedmanTest } from "./across-tasks/friedman.ts";
import { randomEffects } from "./across-tasks/random-effects.ts";
import { chiSquaredTail, fairCoinCdf, fisherTail, studentizedRangeQuantile, studentizedRangeTail } from "./distributions.ts";
import { equivalenceOverSeeds } from "./equivalence.ts";
import { levelsAt } from "./looks.ts";
import { mcNemarTest } from "./mcnemar.ts";
import { power, seedsFor } from "./power.ts";
import { normalCdf } from "./quantiles.ts";
import { signFlipTest } from "./sign-flip-test.ts";
import { stochasticOrder } from "./stochastic-order.ts";

// Made by scripts/reference/further_tests.py with SciPy, statsmodels, deep-significance, autorank and scikit-posthocs.
const reference = JSON.parse(readFileSync(new URL("./further-tests.fixture.json", import.meta.url), "utf8"));

const close = (got: number, expected: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${what}: got ${got}, reference ${expected}`);
/** Equal to so many parts of the value: small tails count as much as large ones. */
const relative = (got: number, expected: number, tolerance: number, what: string) =>
  close(got, expected, tolerance * Math.abs(expected), what);

test("normal, chi-squared, F, binomial and studentized range distributions equal SciPy's, small tails too", () => {
  for (const { z, p } of reference.normal_cdf) relative(normalCdf(z), p, 1e-11, `Φ(${z})`);
  for (const { x, df, p } of reference.chi_squared) relative(chiSquaredTail(x, df), p, 1e-11, `χ²(${x}, ${df})`);
  for (const { f, df1, df2, p } of reference.fisher) relative(fisherTail(f, df1, df2), p, 1e-11, `F(${f})`);
  for (const { k, n, p } of reference.fair_coin) relative(fairCoinCdf(k, n), p, 1e-11, `coin(${k}, ${n})`);
  for (const { k, q, tail_of_2 } of reference.studentized_range) {
    close(studentizedRangeQuantile(0.05, k), q, 1e-8, `q(${k})`);
    close(studentizedRangeTail(2, k), tail_of_2, 1e-10, `range(2, ${k})`);
  }
});

test("the permutation test over seeds equals SciPy's: exactly up to 16 seeds, within the draws' error above", () => {
  for (const { differences, p } of reference.sign_flip) {
    const got = signFlipTest(differences);
    assert.equal(got.exact, differences.length <= 16);
    // five standard errors of 100,000 draws
    close(got.p, p, got.exact ? 1e-12 : 5 * Math.sqrt((p * (1 - p)) / 100_000), `p of ${differences.length} seeds`);
  }
});

test("McNemar's p-values equal statsmodels'", () => {
  for (const { gained, lost, exact, chi_squared } of reference.mcnemar) {
    const got = mcNemarTest(gained, lost);
    close(got.exactP, exact, 1e-12, `exact ${gained}, ${lost}`);
    if (chi_squared !== undefined) close(got.chiSquaredP, chi_squared, 1e-12, `χ² ${gained}, ${lost}`);
  }
});

test("almost stochastic order equals deep-significance's: the ratio by its grid's error, the bound by the bootstrap's", () => {
  for (const { first, second, violation, bound } of reference.stochastic_order) {
    const got = stochasticOrder(first, second, { replicates: 4_000 });
    close(got.violation, violation, 1e-3, "violation");
    close(got.bound, bound, 0.03, "bound");
  }
});

test("the equivalence test over seeds equals statsmodels' two one-sided t tests", () => {
  const { differences, p: cases } = reference.equivalence;
  for (const { margin, p } of cases) relative(equivalenceOverSeeds(differences, margin), p, 1e-9, `margin ${margin}`);
});

test("power and seeds without an effect of examples equal statsmodels', by the noncentral t distribution", () => {
  for (const { sd, seeds, effect, level, power: expected, seeds_for_80 } of reference.power) {
    const spread = { betweenSeeds: sd ** 2, exampleEffect: 0, examples: 872 };
    close(power(spread, seeds, effect, level), expected, 1e-9, `power of ${seeds} seeds for ${effect}`);
    assert.equal(seedsFor(spread, effect, { level }), Math.ceil(seeds_for_80));
  }
});

test("Friedman's test, its F and Nemenyi's post hoc test equal SciPy's, autorank's and scikit-posthocs', ties too", () => {
  for (const { scores, chi_squared, p, fisher_p, mean_ranks, critical_difference, pairs } of reference.friedman) {
    const got = friedmanTest(scores);
    close(got.chiSquared, chi_squared, 1e-10, "χ²");
    close(got.p, p, 1e-12, "p");
    close(got.fisherP, fisher_p, 1e-12, "p of F");
    got.meanRanks.forEach((rank, a) => {
      close(rank, mean_ranks[a], 1e-12, `rank of ${a}`);
    });
    // autorank's quantile is from a table of six digits
    if (critical_difference !== null) close(got.criticalDifference, critical_difference, 2e-5, "critical difference");
    got.pairs.forEach((row, a) => {
      row.forEach((value, b) => {
        close(value, pairs[a][b], 1e-6, `pair ${a}, ${b}`);
      });
    });
  }
});

test("the mean effect over tasks equals statsmodels' by Paule and Mandel, and Hartung and Knapp's wherever tasks differ", () => {
  for (const { means, errors, ...expected } of reference.random_effects) {
    const got = randomEffects(means.map((mean: number, t: number) => ({ mean, standardError: errors[t] })));
    close(got.mean, expected.mean, 1e-6, "mean");
    close(got.betweenTasks ** 2, expected.tau_squared, 1e-6, "τ²");
    close(got.standardError, expected.standard_error, 1e-6, "error");
    if (expected.tau_squared > 0) close(got.standardError, expected.hartung_knapp_error, 1e-6, "Hartung and Knapp's error");
    close(got.low, expected.interval[0], 1e-5, "low");
    close(got.high, expected.interval[1], 1e-5, "high");
    close(got.homogeneityP, expected.homogeneity_p, 1e-9, "p of one effect");
  }
});

test("a planned look is at most as generous as Lan and DeMets' exact bound, and with three looks gives away at most 14 % of it", () => {
  for (const { alpha, looks, levels } of reference.spending) {
    looks.forEach((seeds: number, k: number) => {
      const { level95, level90 } = levelsAt(looks, seeds)!;
      const own = 1 - (alpha === 0.05 ? level95 : level90);
      assert.ok(own <= levels[k] + 1e-9, `look ${seeds}: ${own} of ${levels[k]}`);
      if (looks.length <= 3) assert.ok(own >= 0.86 * levels[k], `look ${seeds}: ${own} of ${levels[k]}`);
    });
  }
});
