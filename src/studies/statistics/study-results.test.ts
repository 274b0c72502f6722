import assert from "node:assert/strict";
import { test } from "node:test";
import { uniform } from "../../random/index.ts";
import type { RunRecord } from "../../runs/index.ts";
import { type StudyMeta, studyResults } from "./study-results.ts";

const meta: StudyMeta = {
  study: "test",
  corpus: "SST-2",
  synthetic: false,
  examples: { train: 100, selection: 10 },
  arms: [
    { name: "dense", pattern: "dense", nominalSparsity: 0 },
    { name: "sparse", pattern: "topK(sparsity=0.8)", nominalSparsity: 0.8 },
  ],
  flops: (_, effective) => ({ core: 10 * (1 - effective), attention: 30, layer: 100 }),
  environment: { node: "24" },
  command: "crisp study",
  createdAt: "2026-01-01T00:00:00Z",
};

/** A run that is right with p(label) = 0.8 on the given examples and wrong with p(label) = 0.4 elsewhere; labels 0, 1, 0, 1, … */
function run(arm: string, seed: number, right: readonly boolean[], more: Partial<RunRecord> = {}): RunRecord {
  const labels = right.map((_, e) => e % 2);
  const probabilities = right.map((ok, e) =>
    labels[e] === 0 ? [ok ? 0.8 : 0.4, ok ? 0.2 : 0.6] : [ok ? 0.2 : 0.6, ok ? 0.8 : 0.4],
  );
  return {
    arm,
    seed,
    probabilities,
    denseProbabilities: probabilities,
    labels,
    trainLoss: 0.1,
    trainAccuracy: 1,
    effectiveSparsity: arm === "dense" ? 0 : 0.7,
    steps: 100,
    seconds: 2,
    bestBySelectionAccuracy: null,
    temperature: 1,
    curve: [],
    ...more,
  };
}

const T = true;
const F = false;

/** Five seeds, dense right with chance `dense`, sparse with chance `sparse`, drawn per example. */
function study(examples: number, dense: number, sparse: number, seeds = 5, step = 0): RunRecord[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const draw = (name: string, chance: number) =>
      run(
        name,
        seed,
        Array.from({ length: examples }, (_, e) => uniform({ seed, step, site: name }, e) < chance),
      );
    return [draw("dense", dense), draw("sparse", sparse)];
  }).flat();
}

test("two seeds and four sentences, by hand", () => {
  const results = studyResults(
    [
      run("sparse", 2, [T, T, T, T], { seconds: 4 }),
      run("dense", 1, [T, T, F, F]),
      run("sparse", 1, [T, T, T, F]),
      run("dense", 2, [T, F, T, T], { trainLoss: 0.2 }),
    ],
    meta,
  );
  const [dense, sparse] = results.arms;
  assert.deepEqual(results.seeds, [1, 2]);
  assert.deepEqual(dense.accuracy.perSeed, [0.5, 0.75]);
  assert.deepEqual(sparse.accuracy.perSeed, [0.75, 1]);
  const [right, wrong] = [-Math.log(0.8), -Math.log(0.4)];
  assert.ok(Math.abs(dense.evalLoss.perSeed[0] - (right + wrong) / 2) < 1e-12);
  assert.ok(Math.abs(dense.gap.perSeed[1] - ((3 * right + wrong) / 4 - 0.2)) < 1e-12);
  assert.equal(sparse.difference!.mean, 25);
  assert.deepEqual(sparse.difference!.perSeed, [25, 25]);
  assert.ok(Math.abs(sparse.lossDifference!.mean - (right - wrong) / 4) < 1e-12);
  assert.equal(sparse.sparsity.effective, 0.7);
  assert.ok(Math.abs(sparse.flops.core - 3) < 1e-12);
  assert.equal(sparse.seconds.mean, 3);
  assert.equal(results.majority, 0.5);
  assert.equal(results.examples.reported, 4);
  assert.equal(dense.difference, null);
  assert.equal(dense.verdict.word, "baseline");
  assert.equal(sparse.verdict.word, "no verdict");
  assert.match(sparse.verdict.sentence, /at least 5 paired seeds: \+25.00 points over 2/);
});

test("a large effect is supported, its mirror image contradicted", () => {
  assert.equal(studyResults(study(300, 0.7, 0.9), meta).arms[1].verdict.word, "supported");
  assert.equal(studyResults(study(300, 0.9, 0.7), meta).arms[1].verdict.word, "contradicted");
});

test("dense against itself with the same draws is no difference", () => {
  const runs = study(50, 0.8, 0.8).map((r, i, all) => (i % 2 ? { ...all[i - 1], arm: "sparse" } : r));
  assert.equal(studyResults(runs, meta).arms[1].verdict.word, "no difference");
});

test("two arms that differ by chance alone are called supported in at most 9 of 200 studies", () => {
  // 2.5 % is what the interval promises: 5 studies; 10 or more would have a chance of 3 %.
  let supported = 0;
  for (let i = 0; i < 200; i++) {
    const runs = study(100, 0.9, 0.9, 5, i);
    if (studyResults(runs, { ...meta, replicates: 400 }).arms[1].verdict.word === "supported") supported++;
  }
  assert.ok(supported <= 9, `${supported} of 200`);
});

test("an arm not named beforehand stays exploratory, whatever its effect", () => {
  const { verdict, difference } = studyResults(study(300, 0.7, 0.9), { ...meta, claims: [] }).arms[1];
  assert.equal(verdict.word, "no verdict");
  assert.match(verdict.sentence, /exploratory/);
  assert.equal(difference!.level, 0.95);
});

test("a look that was not planned gets no verdict; an early planned one needs a wider interval", () => {
  const runs = study(300, 0.7, 0.9);
  assert.equal(studyResults(runs, { ...meta, looks: [10] }).arms[1].verdict.word, "no verdict");
  const early = studyResults(runs, { ...meta, looks: [5, 20] }).arms[1].difference!;
  assert.ok(early.level > 0.9999);
});

test("the order of runs does not matter and the same input gives the same bits", () => {
  const runs = study(80, 0.8, 0.85);
  assert.deepEqual(studyResults([...runs].reverse(), meta), studyResults(runs, meta));
});

test("the dense run's cross evaluation is read by arm", () => {
  const runs = study(20, 0.8, 0.8).map((r) =>
    r.arm === "dense" ? { ...r, crossProbabilities: { sparse: r.probabilities } } : r,
  );
  const [dense] = studyResults(runs, meta).arms;
  assert.deepEqual(dense.crossEvaluation!.sparse.accuracy, dense.accuracy);
});

test("a temperature above 1 lowers the likelihood cost of over-confidence, and a missing one leaves null", () => {
  const runs = study(200, 0.1, 0.1).map((r) => ({ ...r, temperature: 5 }));
  const { calibration } = studyResults(runs, meta).arms[0];
  assert.ok(calibration.negativeLogLikelihoodAfterTemperature! < calibration.negativeLogLikelihood);
  const without = studyResults(
    runs.map((r) => ({ ...r, temperature: null })),
    meta,
  ).arms[0].calibration;
  assert.deepEqual([without.temperature, without.negativeLogLikelihoodAfterTemperature], [null, null]);
});

test("missing, doubled, unknown and mismatched runs are named", () => {
  const runs = study(10, 0.8, 0.8);
  const throws = (broken: RunRecord[], code: string, message: RegExp) =>
    assert.throws(() => studyResults(broken, meta), { code, message });
  throws(runs.slice(1), "study/incomplete", /dense with seed 0/);
  throws([...runs, runs[3]], "study/duplicate-run", /sparse, seed 1/);
  throws([...runs, { ...runs[0], arm: "other" }], "study/unknown-arm", /other/);
  throws([...runs.slice(1), { ...runs[0], labels: runs[0].labels.map(() => 1) }], "study/mismatched-runs", /first run/);
  throws(
    [{ ...runs[0], probabilities: runs[0].probabilities.map(() => [0.7, 0.7]) }, ...runs.slice(1)],
    "study/bad-probabilities",
    /row 0/,
  );
  throws([], "study/incomplete", /at least one run/);
});

test("a baseline that gives all examples one label learned nothing: nothing is compared to it; a sparse arm that does is said to", () => {
  const constant = (r: RunRecord): RunRecord => ({ ...r, probabilities: r.probabilities.map(() => [0.7, 0.3]) });
  const silent = studyResults(
    study(100, 0.5, 0.9).map((r) => (r.arm === "dense" ? constant(r) : r)),
    meta,
  );
  assert.match(silent.arms[0].verdict.sentence, /It learned nothing: each of its runs gives all examples one label\./);
  assert.equal(silent.arms[1].verdict.word, "no verdict");
  assert.match(silent.arms[1].verdict.sentence, /^dense learned nothing, so there is nothing to compare sparse to/);
  const collapsed = studyResults(
    study(100, 0.9, 0.9).map((r) => (r.arm === "sparse" ? constant(r) : r)),
    meta,
  );
  assert.equal(collapsed.arms[1].verdict.word, "contradicted");
  assert.match(collapsed.arms[1].verdict.sentence, /It learned nothing/);
});

test("confusions count the answers of all seeds, row by true class; of more than 30 classes there are none", () => {
  const [dense] = studyResults(
    [run("dense", 0, [T, F, F]), run("dense", 1, [T, T, T]), run("sparse", 0, [T, T, T]), run("sparse", 1, [T, T, T])],
    meta,
  ).arms;
  // labels are 0, 1, 0
  assert.deepEqual(dense.confusion, [
    [3, 1],
    [1, 1],
  ]);
  const wide = (arm: string) => {
    const probabilities = [0, 1].map((e) => Array.from({ length: 31 }, (_, c) => (c === e ? 1 : 0)));
    return run(arm, 0, [T, T], { probabilities, denseProbabilities: probabilities });
  };
  assert.equal(studyResults([wide("dense"), wide("sparse")], meta).arms[0].confusion, undefined);
});

test("no verdict says why", () => {
  const why = (runs: readonly RunRecord[], more: Partial<StudyMeta> = {}) =>
    studyResults(runs, { ...meta, ...more }).arms[1].verdict.because;
  assert.equal(why(study(20, 0.7, 0.7, 2)), "few seeds");
  assert.equal(why(study(20, 0.7, 0.7), { claims: [] }), "not claimed");
  assert.equal(why(study(20, 0.7, 0.7), { looks: [10] }), "not planned");
  assert.equal(why(study(20, 0.7, 0.7)), undefined);
});
