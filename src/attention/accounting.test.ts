import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { backwardFlopsPerExample, countPairs, effectiveSparsity, flopsPerExample } from "./accounting.ts";
import { head } from "./patterns/made-up-heads.fixture.ts";
import { keptKeys } from "./patterns/parts/kept-keys.ts";
import { presetSparsities, presets } from "./patterns/presets.ts";
import { patterns } from "./patterns/registry.ts";
import { slidingWindow, windowRadius } from "./patterns/sliding-window.ts";
import { topK } from "./patterns/top-k.ts";

const distilBert = { hiddenSize: 768, intermediateSize: 3072, layers: 1 };

describe("effective sparsity", () => {
  test("of topK is 1 − k/n, padding not counted", () => {
    for (const [n, padded] of [
      [10, 0],
      [17, 7],
    ]) {
      const view = head(n, padded);
      assert.deepEqual(countPairs(view.allowed, topK({ sparsity: 0.75 }).keep(view)), { valid: 100, kept: 30 });
    }
  });
  test("of topK at 0.8 stays below 0.8 on short texts, since keys come whole", () => {
    const at = (n: number): number => {
      const view = head(n, 0);
      return effectiveSparsity([countPairs(view.allowed, topK({ sparsity: 0.8 }).keep(view))]);
    };
    for (const n of [4, 12, 25]) assert.ok(Math.abs(at(n) - (1 - keptKeys(0.8, n) / n)) < 1e-12);
    assert.ok(Math.abs(at(12) - 0.75) < 1e-12 && Math.abs(at(25) - 0.8) < 1e-12);
  });
  test("of topK over 512 padded tokens is 0 on any text of at most 103", () => {
    const view = head(60, 0);
    const mask = topK({ sparsity: 0.8, rankOver: { paddedTo: 512 } }).keep(view);
    assert.equal(effectiveSparsity([countPairs(view.allowed, mask)]), 0);
  });
  test("of a window follows the formula of its radius", () => {
    const view = head(33, 0);
    const radius = windowRadius(0.6, 33);
    const { kept } = countPairs(view.allowed, slidingWindow({ sparsity: 0.6 }).keep(view));
    assert.equal(kept, 33 * (2 * radius + 1) - radius * (radius + 1));
  });
  test("weighs texts by their pairs", () => {
    assert.equal(
      effectiveSparsity([
        { valid: 100, kept: 100 },
        { valid: 300, kept: 100 },
      ]),
      0.5,
    );
    assert.equal(effectiveSparsity([]), 0);
  });
});

describe("FLOPs", () => {
  test("80 % at D = 768, n = 512 removes exactly a fifth of the attention sub-layer: the paper's 20 %", () => {
    const dense = flopsPerExample({ ...distilBert, length: 512 });
    const sparse = flopsPerExample({ ...distilBert, length: 512, effectiveSparsity: 0.8 });
    assert.ok(Math.abs(1 - sparse.attention / dense.attention - (0.8 * 512) / (2 * 768 + 512)) < 1e-15);
    assert.ok(Math.abs(1 - sparse.attention / dense.attention - 0.2) < 1e-15);
  });
  test("are the multiply-adds of each product, counted twice", () => {
    const [n, D, F] = [12, 768, 3072];
    const scores = 2 * n * n * D;
    const projections = 4 * (2 * n * D * D);
    assert.deepEqual(flopsPerExample({ ...distilBert, length: n }), {
      core: 2 * scores,
      attention: 2 * scores + projections,
      layer: 2 * scores + projections + 2 * (2 * n * D * F),
    });
  });
  test("the core's share of a layer is 1.4 % at 64 tokens, 2.7 % at 128, 10 % at 512 and 47 % at 4,096", () => {
    const share = (length: number): string => {
      const { core, layer } = flopsPerExample({ ...distilBert, length });
      return ((100 * core) / layer).toPrecision(2);
    };
    assert.deepEqual([64, 128, 512, 4096].map(share), ["1.4", "2.7", "10", "47"]);
  });
  test("a window takes its share of the pairs, a gate another matrix", () => {
    const shape = { hiddenSize: 8, intermediateSize: 20, layers: 1, length: 10 };
    const plain = flopsPerExample(shape);
    const windowed = flopsPerExample({ ...shape, validShare: 0.25, effectiveSparsity: 0.5 });
    assert.equal(windowed.core, plain.core / 8);
    assert.equal(flopsPerExample({ ...shape, gated: true }).layer - plain.layer, 2 * 10 * 8 * 20);
    assert.throws(() => flopsPerExample({ ...shape, validShare: 0 }), { code: "pattern/bad-parameter" });
  });
  test("grow with the layers, and backward takes twice forward", () => {
    const one = flopsPerExample({ ...distilBert, length: 40, effectiveSparsity: 0.5 });
    const six = backwardFlopsPerExample({ ...distilBert, layers: 6, length: 40, effectiveSparsity: 0.5 });
    assert.deepEqual(six, { core: 12 * one.core, attention: 12 * one.attention, layer: 12 * one.layer });
  });
  test("refuse sizes that are none", () => {
    for (const wrong of [{ length: 0 }, { layers: Number.NaN }, { effectiveSparsity: 1.1 }, { effectiveSparsity: Number.NaN }]) {
      assert.throws(() => flopsPerExample({ ...distilBert, length: 8, ...wrong }), { code: "pattern/bad-parameter" });
    }
  });
});

describe("presets", () => {
  test("are the four configurations, of topK unless told otherwise", () => {
    assert.deepEqual(
      Object.values(presets()).map(({ id }) => id),
      ["dense", "topK(sparsity=0.4)", "topK(sparsity=0.6)", "topK(sparsity=0.8)"],
    );
    const able = Object.keys(patterns).filter((name) => patterns[name].ofSparsity);
    assert.ok(able.length >= 8, able.join(", "));
    for (const name of able) {
      assert.deepEqual(
        Object.entries(presets(name)).map(([preset, pattern]) => [preset, pattern.nominalSparsity]),
        Object.entries(presetSparsities),
      );
    }
  });
  test("refuse patterns that take no sparsity, and unknown ones", () => {
    assert.throws(() => presets("dense"), {
      code: "pattern/bad-parameter",
      message: /^presets: expected a pattern that takes a sparsity \(.*\btopK\b.*\), got dense\.$/,
    });
    assert.throws(() => presets("topq"), { code: "pattern/unknown", message: /Did you mean topK\?/ });
  });
});
