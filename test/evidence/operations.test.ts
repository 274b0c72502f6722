import assert from "node:assert/strict";
import { test } from "node:test";
import { multiplications, saved, savingsOf, topKSparsity } from "../../evidence/claims/operations.ts";
import { madeUpCell, primaryArms } from "./made-up-cell.fixture.ts";

test("multiplications of a layer are those of its matrix products, one by one", () => {
  const [n, D, F, heads] = [6, 8, 20, 2];
  let core = 0;
  let projections = 0;
  let feedForward = 0;
  const product = (rows: number, inner: number, columns: number): number => rows * inner * columns;
  for (let head = 0; head < heads; head++) core += product(n, D / heads, n) + product(n, n, D / heads);
  for (let i = 0; i < 4; i++) projections += product(n, D, D);
  feedForward += product(n, D, F) + product(n, F, D);
  assert.deepEqual(multiplications({ hiddenSize: D, intermediateSize: F, length: n }), {
    core,
    attention: core + projections,
    layer: core + projections + feedForward,
  });
});

test("a share of the pairs is saved in the core, and less of what stands around it", () => {
  const distilBert = { hiddenSize: 768, intermediateSize: 3072, length: 512 };
  const { core, attention, layer } = saved(distilBert, 0.8);
  assert.ok(Math.abs(core - 0.8) < 1e-12);
  assert.ok(Math.abs(attention - 0.2) < 1e-12, "the paper's 20 %");
  assert.ok(Math.abs(layer - 0.08) < 1e-12);
});

test("topK removes less than its name says, as keys come whole", () => {
  assert.deepEqual([topKSparsity(0.8, 12), topKSparsity(0.8, 25), topKSparsity(0.8, 512)], [1 - 3 / 12, 0.8, 1 - 103 / 512]);
});

test("a run that diverged has no time to compare", () => {
  const cell = madeUpCell("primary/sst2", primaryArms(), 2);
  const runs = cell.runs.map((run) => ({ ...run, seconds: run.arm === "dense" && run.seed === 1 ? 0 : run.seconds }));
  assert.ok(savingsOf({ ...cell, runs }).every(({ timeByDense }) => timeByDense === 1));
});

test("an arm's time is the median over seeds of its share of dense's", () => {
  const cell = madeUpCell("primary/sst2", primaryArms({ topk80: { effectiveSparsity: 0.75 } }), 3);
  const own: Record<string, number[]> = { dense: [10, 20, 400], topk80: [20, 30, 100] };
  const runs = cell.runs.map((run) => ({ ...run, seconds: own[run.arm]?.[run.seed - 1] ?? 1 }));
  const found = savingsOf({ ...cell, runs }).find(({ arm }) => arm === "topk80")!;
  assert.equal(found.timeByDense, 1.5);
  assert.ok(Math.abs(found.saved!.core - 0.75) < 1e-12);
  const unknown = savingsOf({ ...cell, facts: { ...cell.facts, meanTokens: null } });
  assert.ok(unknown.every((each) => each.saved === null));
});
