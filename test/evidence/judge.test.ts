import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Cell } from "../../evidence/cell-files.ts";
import type { JudgedClaim } from "../../evidence/claims/claim.ts";
import { judged as judgedFamily, overSeeds, together, welch } from "../../evidence/claims/comparisons.ts";
import { CLAIMS, judge } from "../../evidence/claims/judgement.ts";
import { bestRival } from "../../evidence/claims/rivals.ts";
import { madeUpCell, primaryArms } from "./made-up-cell.fixture.ts";

/** One claim judged on these cells alone. */
const judged = (cells: readonly Cell[], number: number): JudgedClaim => {
  const byName = new Map(cells.map((cell) => [cell.name, cell]));
  return CLAIMS[number]((name) => byName.get(name));
};
const wordsOf = (cells: readonly Cell[], number: number): Record<string, string> =>
  Object.fromEntries(judged(cells, number).verdicts.map(({ where, word }) => [where, word]));
const notRun = (cells: readonly Cell[], number: number): readonly string[] => judged(cells, number).notRun;
const withPrefix = (cell: Cell, prefix: string): Cell => ({ ...cell, name: cell.name.replace("primary/sst2", prefix) });

const better = { accuracy: 0.9 };
const planted = madeUpCell("primary/sst2", primaryArms({ topk40: better, topk60: better, topk80: { accuracy: 0.95 } }));
const alike = madeUpCell("primary/sst2", primaryArms());

describe("claims about accuracy", () => {
  test("a planted effect is found, with its size", () => {
    for (const claim of [1, 2, 3]) assert.deepEqual(wordsOf([planted], claim), { "primary/sst2": "supported" });
    const [{ mean, low, high, level, seeds, power }] = judged([planted], 1).verdicts[0].findings;
    assert.ok(Math.abs(mean - 15) < 2 && low > 0 && high > mean, `${mean}`);
    assert.deepEqual([level, seeds], [0.95, 10]);
    assert.deepEqual(
      power!.map(({ effect }) => effect),
      [0.97, 0.5],
    );
    assert.ok(power![0].power > power![1].power);
  });
  test("arms that answer alike have no difference", () => {
    for (const claim of [1, 2, 3]) assert.deepEqual(wordsOf([alike], claim), { "primary/sst2": "no difference" });
  });
  test("one worse arm contradicts that all are better, and leaves the claim about the sparsest alone", () => {
    const cell = madeUpCell("primary/sst2", primaryArms({ topk40: { accuracy: 0.7 }, topk60: better, topk80: better }));
    assert.deepEqual(wordsOf([cell], 1), { "primary/sst2": "supported" });
    assert.deepEqual(wordsOf([cell], 2), { "primary/sst2": "contradicted" });
  });
  test("three claims in a row are corrected: the first level is that of a third of 5 %", () => {
    const [{ findings }] = judged([planted], 2).verdicts;
    assert.ok(Math.abs(Math.max(...findings.map(({ level }) => level)) - (1 - 0.05 / 3)) < 1e-12);
  });
  test("a cell that is missing is said to be, and there is no verdict over tasks before all four are there", () => {
    const tasks = ["cola", "rte", "mrpc"].map((task) => withPrefix(planted, `primary/${task}`));
    const three = [planted, ...tasks.slice(1)];
    assert.deepEqual(notRun(three, 1), ["primary/cola"]);
    assert.ok(!("over tasks" in wordsOf(three, 1)));
    const all = judged([planted, ...tasks], 1);
    assert.deepEqual(all.notRun, []);
    const over = all.verdicts.at(-1)!;
    assert.deepEqual([over.where, over.word], ["over tasks", "supported"]);
    const one = all.verdicts[0].findings[0];
    assert.ok(Math.abs(over.findings[0].mean - one.mean) < 1e-9, "four equal effects have their own mean");
  });
  test("nothing run gives no verdict at all", () => {
    const { claims, cells } = judge([]);
    assert.deepEqual(
      claims.map(({ verdicts }) => verdicts),
      claims.map(() => []),
    );
    assert.ok(claims.every((claim) => claim.notRun.length > 0));
    assert.deepEqual(cells, []);
  });
  test("four seeds get no verdict", () => {
    const few = madeUpCell("primary/sst2", primaryArms({ topk80: { accuracy: 0.99 } }), 4);
    assert.deepEqual(wordsOf([few], 1), { "primary/sst2": "no verdict" });
  });
  test("nothing can be better than a dense arm that gives all texts one class", () => {
    const positive = planted.runs.map(({ arm }, at) =>
      arm === "dense" ? planted.positive[at].map(() => 0.3) : planted.positive[at],
    );
    assert.deepEqual(wordsOf([{ ...planted, positive }], 1), { "primary/sst2": "no verdict" });
    assert.deepEqual(wordsOf([{ ...planted, positive }], 3), { "primary/sst2": "supported" });
  });
});

describe("claims about losses", () => {
  test("lower loss at temperature 1 alone is under-confidence, and no support", () => {
    // 0.9 at a temperature of 1.585 is 0.8, which is the truth
    const modest = { confidence: 0.75 };
    const arms = { dense: { confidence: 0.9, temperature: 1.585 }, topk40: modest, topk60: modest, topk80: modest };
    const [{ word, findings }] = judged([madeUpCell("primary/sst2", primaryArms(arms))], 4).verdicts;
    assert.deepEqual(
      findings.map((finding) => finding.word),
      ["supported", "contradicted"],
    );
    assert.equal(word, "contradicted");
  });
  test("a run without a fitted temperature is refused, not taken at 1", () => {
    const runs = planted.runs.map((run, at) => (at === 0 ? { ...run, temperature: null } : run));
    assert.throws(() => judged([{ ...planted, runs }], 4), { code: "evidence/no-temperature" });
    const [{ arms }] = judge([{ ...planted, name: "other", runs }]).cells;
    assert.deepEqual([arms[0].lossAtTemperature, arms[1].temperature], [null, 1]);
  });
  test("lower loss at both temperatures is", () => {
    assert.deepEqual(Object.values(wordsOf([planted], 4)), ["supported", "supported", "supported"]);
  });
  test("a gap that is smaller than that of dense and of both controls supports both claims about it", () => {
    const arms = primaryArms({ dense: { trainLoss: 0.1 }, topk80: { trainLoss: 0.3 } });
    assert.deepEqual(Object.values(wordsOf([madeUpCell("primary/sst2", arms)], 5)), ["supported", "supported"]);
    const random = primaryArms({ ...arms, random80: { trainLoss: 0.4 } });
    const other = wordsOf([madeUpCell("primary/sst2", random)], 5);
    assert.deepEqual(Object.values(other), ["supported", "contradicted"]);
  });
});

describe("claims beyond the primary grid", () => {
  const arms = (accuracy: number) => ({ dense: {}, topk80: { accuracy } });
  test("an effect that grows with less data and with noise is told from one that does not", () => {
    const cells = (few: number, many: number, noisy: number) => [
      madeUpCell("sizes/rows-250", arms(few)),
      madeUpCell("primary/sst2", primaryArms({ topk80: { accuracy: 0.85 } })),
      madeUpCell("sizes/rows-4000", arms(many)),
      madeUpCell("noise", arms(noisy)),
    ];
    assert.deepEqual(wordsOf(cells(0.95, 0.8, 0.95), 6), { "amount of data": "supported", "label noise": "supported" });
    assert.deepEqual(wordsOf(cells(0.95, 0.9, 0.75), 6), { "amount of data": "contradicted", "label noise": "contradicted" });
    assert.deepEqual(notRun(cells(0.9, 0.9, 0.9).slice(0, 3), 6), ["noise"]);
  });
  test("robustness is judged on the weights of the primary grid, and on no others", () => {
    const cells = ["robustness/imdb", "robustness/typos"].map((name) => madeUpCell(name, arms(0.9)));
    const expected = { "robustness/imdb": "supported", "robustness/typos": "supported" };
    assert.deepEqual(wordsOf([alike, ...cells], 7), expected);
    const lastBit = 1 + 2 ** -50;
    const runs = cells[0].runs.map((run, at) => (at === 0 ? { ...run, trainLoss: run.trainLoss * lastBit } : run));
    assert.deepEqual(wordsOf([alike, { ...cells[0], runs }, cells[1]], 7), { ...expected, "robustness/imdb": "no verdict" });
  });
  test("the rival is chosen by the tuning seeds, and a rival that is as good supports the claim", () => {
    const tuning = madeUpCell(
      "rivals/sst2/tuning",
      { dense: {}, topk80: {}, dropout: {}, "dropout.trial-2": {}, "r-drop": {} },
      5,
    );
    const reached: Record<string, number> = { "dropout.trial-2": 0.9, topk80: 0.99 };
    const runs = tuning.runs.map((run) => ({ ...run, accuracy: reached[run.arm] ?? 0.8 }));
    assert.equal(bestRival({ ...tuning, runs }), "dropout");
    const tuned = (accuracy: number) =>
      madeUpCell("rivals/sst2/tuned", { dense: {}, topk80: {}, dropout: { accuracy }, "r-drop": {} });
    const word = (accuracy: number) => wordsOf([{ ...tuning, runs }, tuned(accuracy)], 9)["rivals/sst2"];
    assert.deepEqual([0.9, 0.8, 0.7].map(word), ["supported", "supported", "contradicted"]);
  });
  test("exploratory differences and the other reading have no word", () => {
    const padded = madeUpCell("padded", { dense: {}, padded128: {}, padded512: {} });
    const { explored, otherReading } = judge([planted, padded]);
    assert.deepEqual(
      explored.map(({ what }) => what),
      ["block80 − dense", "random80 − dense", "bottomk80 − dense"],
    );
    assert.deepEqual(
      otherReading.map(({ where, what }) => `${where}: ${what}`),
      ["padded: padded128 − dense", "padded: padded512 − dense", "primary/sst2: topk80 − dense"],
    );
    assert.ok([...explored, ...otherReading].every((each) => !("word" in each) && each.level === 0.95));
  });
});

test("Student's and Welch's intervals are those of the textbook", () => {
  const of = { what: "", unit: "points" } as const;
  // SciPy's ttest_1samp, and ttest_ind with equal_var=False
  const one = overSeeds(of, [1, 2, 4, 5, 3]);
  const { low, high } = one.interval(0.95);
  assert.ok(Math.abs(low - 1.036757) < 1e-6 && Math.abs(high - 4.963243) < 1e-6, `${low} ${high}`);
  assert.ok(Math.abs(one.pValue() - 0.0132356) < 1e-6, `${one.pValue()}`);
  const two = welch(of, [1, 2, 4, 5, 3], [0, 1, 0, 2, 1, 1]);
  const between = two.interval(0.95);
  assert.ok(Math.abs(between.low - 0.2374385) < 1e-6 && Math.abs(between.high - 4.0958948) < 1e-6, JSON.stringify(between));
  assert.ok(Math.abs(two.pValue() - 0.0338112) < 1e-6, `${two.pValue()}`);
});

test("samples that do not spread are told apart by their means", () => {
  const of = { what: "", unit: "points" } as const;
  const words = [1, 0].map((mean) => judgedFamily([welch(of, Array(5).fill(mean), Array(5).fill(0))])[0].word);
  assert.deepEqual(words, ["supported", "no difference"]);
});

test("words together are as good as the worst of them", () => {
  assert.equal(together(["supported", "supported"]), "supported");
  assert.equal(together(["supported", "no difference"]), "undecided");
  assert.equal(together(["supported", "contradicted"]), "contradicted");
  assert.equal(together(["no difference", "no difference"]), "no difference");
  assert.equal(together(["no verdict", "contradicted"]), "no verdict");
});
