import assert from "node:assert/strict";
import { test } from "node:test";
import type { AttentionJob, MeasuredAttention } from "./attention.ts";
import { sweep } from "./sweep.ts";

const timing = (medianMs: number) => ({ medianMs, leastMs: medianMs, mostMs: medianMs });
const SETTINGS = { heads: 2, headWidth: 8, rounds: 1, budgetMs: 1e9 };

/** Dense takes 100 ms; a pattern is faster in proportion to the length, and even at 512 tokens. */
const measured = (job: AttentionJob): MeasuredAttention => ({
  dense: timing(100),
  sparse: job.patterns.map(({ pattern, core }) => ({
    ...{ pattern, core, auto: null, nominalSparsity: 0.8, effectiveSparsity: 0.8, difference: null },
    timing: timing((100 * 512) / job.length),
  })),
});

test("each pattern becomes a series with its break-even; wide blocks begin at lengths that hold four of them", async () => {
  const { series, lengths, skipped } = await sweep(async (job) => measured(job), SETTINGS);
  assert.deepEqual(lengths, [128, 256, 512, 1024, 2048, 4096]);
  assert.deepEqual(skipped, []);
  const wide = series.find(({ pattern }) => pattern === "block(sparsity=0.5, size=128)")!;
  assert.deepEqual(
    wide.points.map(({ length, speedup }) => [length, speedup]),
    [512, 1024, 2048, 4096].map((length) => [length, length / 512]),
  );
  assert.equal(series.find(({ pattern }) => pattern === "topK(sparsity=0.8)")!.breakEven, 512);
  assert.equal(series.length, 7);
});

test("the core that skips work is measured where the pattern has blocks, masked otherwise", async () => {
  const { series } = await sweep(async (job) => measured(job), { ...SETTINGS, lengths: [512] });
  assert.deepEqual(
    [...new Set(series.map(({ pattern, core }) => `${pattern.split("(")[0]} ${core}`))],
    ["block gathered", "topK masked"],
  );
});

test("a batch holds 2,048 tokens at every length", async () => {
  const jobs: AttentionJob[] = [];
  const measure = async (job: AttentionJob) => {
    jobs.push(job);
    return measured(job);
  };
  await sweep(measure, { ...SETTINGS, lengths: [128, 4096, 8192] });
  assert.deepEqual(
    jobs.map(({ length, batch }) => [length, batch]),
    [
      [128, 16],
      [4096, 1],
      [8192, 1],
    ],
  );
});

test("one pattern without a size is one series, its width following the length", async () => {
  const seen: string[] = [];
  const measure = async (job: AttentionJob) => {
    seen.push(job.patterns[0].pattern);
    return measured(job);
  };
  const { series } = await sweep(measure, { ...SETTINGS, pattern: "block(sparsity=0.8)", lengths: [128, 2048] });
  assert.deepEqual(seen, ["block(sparsity=0.8, size=16)", "block(sparsity=0.8, size=128)"]);
  assert.deepEqual(
    series.map(({ pattern, points }) => [pattern, points.length]),
    [["block(sparsity=0.8)", 2]],
  );
});

test("a length that is expected to end behind the time budget is left out", async () => {
  let clock = 0;
  const measure = async (job: AttentionJob) => {
    clock += (1000 * job.batch * job.length ** 2) / (16 * 128 ** 2);
    return measured(job);
  };
  const { lengths, skipped } = await sweep(measure, { ...SETTINGS, budgetMs: 8000 }, { now: () => clock });
  // 1 + 2 + 4 s; 8 s more would be too long
  assert.deepEqual(lengths, [128, 256, 512]);
  assert.deepEqual(
    skipped.map(({ length }) => length),
    [1024, 2048, 4096],
  );
  assert.match(skipped[0].why, /about 8 s more/);
});

test("a length that fails is left out with its reason; the first one fails the sweep", async () => {
  const failing = (from: number) => async (job: AttentionJob) => {
    if (job.length >= from) throw new Error("no memory");
    return measured(job);
  };
  const { lengths, skipped } = await sweep(failing(2048), SETTINGS);
  assert.deepEqual(lengths, [128, 256, 512, 1024]);
  assert.deepEqual(skipped, [
    { length: 2048, why: "no memory" },
    { length: 4096, why: "no memory" },
  ]);
  await assert.rejects(sweep(failing(128), SETTINGS), /no memory/);
});
