import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parsePattern } from "../patterns/parse-pattern.ts";
import type { AttentionPlan } from "../plan.ts";
import { visibility } from "../visibility.ts";
import { type CoreSizes, chooseCore } from "./choose-core.ts";
import { cores } from "./cores.ts";
import { offeredBlocks } from "./offered-blocks.ts";

const sweep = JSON.parse(readFileSync(join(import.meta.dirname, "../../../bench/results/avx512/sweep.json"), "utf8")) as {
  readonly series: readonly {
    readonly pattern: string;
    readonly core: string;
    readonly points: readonly { readonly length: number; readonly speedup: number }[];
  }[];
};
const sizes = (length: number, changed: Partial<CoreSizes> = {}): CoreSizes => ({
  ...{ layers: 6, heads: 12, length, onCpu: true, visibility: () => visibility() },
  ...changed,
});
const chosen = (pattern: string, length: number, plan: Partial<AttentionPlan> = {}, changed: Partial<CoreSizes> = {}) =>
  chooseCore({ pattern: parsePattern(pattern), ...plan }, sizes(length, changed));

describe("the core", () => {
  test("computes blocks where they hold few pairs of a long text, and all pairs of a short one", () => {
    assert.equal(chosen("block(sparsity=0.8, size=64)", 1024).core.name, "gathered");
    assert.equal(chosen("block(sparsity=0.8, size=64)", 64).core.name, "masked");
    assert.equal(chosen("block(sparsity=0.1, size=64)", 1024).core.name, "masked");
    assert.match(
      chosen("block(sparsity=0.8, size=64)", 1024).why!,
      /^gathered: blocks of 64 hold 25 % of the pairs of 1024 tokens, about 2\.\d times/,
    );
  });
  test("is the faster one wherever the committed sweep tells them clearly apart", () => {
    const clear = sweep.series.flatMap(({ pattern, core, points }) =>
      points.flatMap(({ length, speedup }) =>
        core === "gathered" && length >= 256 && (speedup > 1.15 || speedup < 0.85) ? [{ pattern, length, speedup }] : [],
      ),
    );
    assert.ok(clear.length >= 20);
    for (const { pattern, length, speedup } of clear) {
      const { core } = chosen(pattern, length, {}, { layers: 1 });
      // chunked computes the same blocks, and holds less
      assert.equal(core.name !== "masked", speedup > 1, `${pattern} at ${length}: ${speedup}`);
    }
  });
  test("computes the blocks of a window and of global tokens, and counts the rows that see all", () => {
    const longformer = "anyOf(slidingWindow(radius=64), global(tokens=1))";
    assert.equal(chosen(longformer, 2048).core.name, "gathered");
    assert.equal(chosen(longformer, 4096, { core: "gathered" }).core.name, "gathered");
    // 13 % of the pairs are in blocks, and half of the rows see all keys
    assert.match(chosen("anyOf(slidingWindow(radius=64), global(tokens=1024))", 2048).why!, /hold 100 % of the pairs/);
  });
  test("computes the blocks of some heads, where the others leave something to gain", () => {
    const pattern = "block(sparsity=0.8, size=64)";
    assert.equal(chosen(pattern, 1024, { heads: [...Array(11).keys()] }).core.name, "gathered");
    // a head in twelve: 1 − 1/12 + 22 % / 12 of the pairs
    assert.match(chosen(pattern, 2048, { heads: [1] }).why!, /hold 93 % of the pairs/);
    assert.equal(chosen("topK(sparsity=0.8)", 2048, { heads: [1] }).why, undefined);
  });
  test("computes the blocks of a union of chosen ones and of a window", () => {
    assert.match(
      chosen("anyOf(block(sparsity=0.9, size=64), slidingWindow(radius=64))", 4096).why!,
      /^chunked: blocks of 64 hold 16 % of the pairs/, // 7 of 64 and 3
    );
  });
  test("counts the blocks of a ramp's first update, which all others list too", () => {
    const pattern = "block(sparsity=0.8, size=64)";
    assert.match(chosen(pattern, 4096, { rampSteps: 8 }).why!, /^masked: blocks of 64 hold 91 % of the pairs/);
    assert.match(chosen(pattern, 4096, { rampSteps: 2 }).why!, /^chunked: blocks of 64 hold 61 % of the pairs/);
    assert.equal(chosen(pattern, 4096, { rampSteps: 8, core: "gathered" }).core.name, "gathered");
  });
  test("computes all pairs, and says nothing, of patterns without blocks", () => {
    for (const pattern of ["topK(sparsity=0.8)", "inOrder(block(sparsity=0.5, size=64), slidingWindow(radius=64))"]) {
      const { core, why } = chosen(pattern, 4096);
      assert.deepEqual([core.name, why], ["masked", undefined]);
    }
    assert.equal(chosen("block(sparsity=0.8, size=64)", 4096, {}, { onCpu: false }).core.name, "masked");
  });
  test("computes the windows of a model's own, where most layers have one", () => {
    const seen = (layer: number) => visibility(layer % 3 === 0 ? {} : { window: 64 });
    assert.equal(chosen("dense", 1024, {}, { visibility: seen }).core.name, "gathered");
    assert.equal(chosen("dense", 128, {}, { visibility: seen }).core.name, "masked");
  });
  test("computes all pairs in chunks where one long text's would not fit", () => {
    assert.equal(chosen("dense", 1024).core.name, "masked");
    assert.equal(chosen("dense", 4096).core.name, "chunked");
    assert.match(chosen("dense", 4096).why!, /all pairs of one text of 4096 tokens would take 10\.9 GB/);
    assert.equal(chosen("block(sparsity=0.8, size=64)", 4096, { layers: [0] }).core.name, "chunked", "five layers are dense");
    assert.equal(chosen("block(sparsity=0.8, size=64)", 1024).core.name, "gathered");
    assert.equal(chosen("block(sparsity=0.8, size=64)", 4096).core.name, "chunked", "the listed blocks alone take 1.2 GB");
  });
  test("holds whole rows where the normaliser or the dropout needs them; another one is refused beside it", () => {
    const [pattern, normaliser] = ["block(sparsity=0.8, size=64)", "sparsemax"];
    assert.equal(chosen(pattern, 4096, { normaliser }).core.name, "masked");
    assert.equal(chosen("dense", 4096, { normaliser }).core.name, "masked");
    assert.equal(chosen(pattern, 4096, { normaliser, core: "masked" }).core.name, "masked");
    assert.equal(chosen(pattern, 4096, { normaliser: "softmax" }).core.name, "chunked");
    for (const dropout of ["elements", "columns"]) assert.equal(chosen(pattern, 4096, { dropout }).core.name, "masked");
    assert.throws(() => chosen("dense", 4096, { dropout: "columns", core: "chunked" }), { message: /got columns/ });
    for (const core of ["gathered", "chunked"]) {
      assert.throws(() => chosen(pattern, 4096, { normaliser, core }), {
        code: "pattern/bad-core",
        message: `attention.core ${core}: expected a normaliser and a dropout that need no whole row, as this core holds none, got sparsemax. Leave the core out, or take masked.`,
      });
    }
  });
  test("computes all pairs where layers add a bias to their scores; another one is refused beside it", () => {
    const biased = { biased: true };
    const seen = (layer: number) => visibility(layer % 3 === 0 ? {} : { window: 64 });
    assert.deepEqual(chosen("slidingWindow(radius=64)", 4096, {}, biased), { core: cores.masked });
    assert.deepEqual(chosen("dense", 4096, {}, { ...biased, visibility: seen }), { core: cores.masked });
    assert.equal(chosen("slidingWindow(radius=64)", 4096, { core: "masked" }, biased).core.name, "masked");
    for (const core of ["gathered", "chunked"]) {
      assert.throws(() => chosen("slidingWindow(radius=64)", 4096, { core }, biased), {
        code: "pattern/bad-core",
        message: `attention.core ${core}: expected an encoder that adds no bias to its scores, such as BERT, got one with a bias. Leave the core out, or take masked.`,
      });
    }
  });
  test("is what the plan names; a name that is none, or one that has nothing to compute, is refused", () => {
    assert.equal(chosen("block(sparsity=0.8, size=64)", 64, { core: "gathered" }).core.name, "gathered");
    assert.equal(chosen("topK(sparsity=0.8)", 4096, { core: "masked" }).core.name, "masked");
    assert.throws(() => chosen("topK(sparsity=0.8)", 4096, { core: "gathered" }), {
      code: "pattern/bad-core",
      message: /lie in blocks/,
    });
    assert.throws(() => chosen("dense", 64, { core: "fast" }), {
      code: "pattern/bad-core",
      message: /auto or one of masked, gathered, chunked, got fast/,
    });
  });
});

describe("blocks are offered", () => {
  const offered = (length: number, pattern = "dense", changed: Partial<CoreSizes> = {}) =>
    offeredBlocks({ pattern: parsePattern(pattern) }, sizes(length, changed));
  test("for dense attention over 512 tokens and more, with what chooseCore expects of them", () => {
    assert.equal(offered(511), undefined);
    for (const length of [512, 1024, 4096]) {
      const { pattern, times } = offered(length)!;
      assert.match(chosen(pattern, length).why!, new RegExp(`about ${times.toFixed(1)} times as fast`));
    }
  });
  test("neither for sparse attention, nor on a device whose costs are not known", () => {
    assert.equal(offered(1024, "block(sparsity=0.5)"), undefined);
    assert.equal(offered(1024, "dense", { onCpu: false }), undefined);
  });
  test("by what they gain over the windows that an encoder has itself", () => {
    const seen = (layer: number) => visibility(layer === 0 ? {} : { window: 64 });
    assert.ok((offered(1024, "dense", { visibility: seen })?.times ?? 1) < offered(1024)!.times);
  });
});
