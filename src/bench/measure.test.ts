import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createRuntime, type Runtime } from "../runtime/index-node.ts";
import { measureAttention } from "./attention.ts";
import { measureStep } from "./step.ts";

let runtime: Runtime;
before(async () => {
  runtime = await createRuntime({ threads: 1 });
});

const attention = { length: 64, batch: 2, heads: 2, headWidth: 8, rounds: 1, dense: true, checks: true };

test("attention: the cores agree, and the pairs are counted", async () => {
  const patterns = ["gathered", "masked"].map((core) => ({ pattern: "block(sparsity=0.5, size=16)", core }));
  const { dense, sparse } = await measureAttention(runtime, { ...attention, patterns });
  assert.ok(dense!.medianMs > 0);
  assert.deepEqual(
    sparse.map(({ core }) => core),
    ["gathered", "masked"],
  );
  for (const { effectiveSparsity, difference, timing, auto } of sparse) {
    assert.equal(effectiveSparsity, 0.5);
    assert.ok(difference! > 0 && difference! < 1e-5, `${difference}`);
    assert.ok(timing!.medianMs > 0);
    assert.equal(auto, null, "so short a text leaves nothing to choose");
  }
});

test("attention: a pattern without a block form is not compared, and has no core to choose", async () => {
  const { sparse } = await measureAttention(runtime, {
    ...attention,
    patterns: [{ pattern: "topK(sparsity=0.75)", core: "auto" }],
  });
  assert.deepEqual(
    [sparse[0].core, sparse[0].auto, sparse[0].difference, sparse[0].effectiveSparsity],
    ["masked", null, null, 0.75],
  );
});

const config = {
  ...{ model_type: "bert", num_hidden_layers: 2, hidden_size: 16, num_attention_heads: 2, intermediate_size: 32 },
  ...{ vocab_size: 50, max_position_embeddings: 16 },
};
const step = { config, core: "auto", batch: 2, length: 32, rounds: 1, dense: true, sparse: true, checks: true };

test("a step: dense and sparse, at a length beyond the config's positions", async () => {
  const measured = await measureStep(runtime, { ...step, attention: "topK(sparsity=0.75)" });
  assert.ok(measured.dense!.medianMs > 0 && measured.sparse!.medianMs > 0);
  assert.equal(measured.effectiveSparsity, 0.75);
  assert.equal(measured.core, "masked");
});

test("a dense step has one side", async () => {
  const { dense, sparse, effectiveSparsity } = await measureStep(runtime, { ...step, attention: "dense" });
  assert.ok(dense!.medianMs > 0);
  assert.equal(sparse, undefined);
  assert.equal(effectiveSparsity, 0);
});

test("an encoder of images has no length to measure", async () => {
  await assert.rejects(measureStep(runtime, { ...step, config: { model_type: "vit" }, attention: "dense" }), {
    code: "bench/no-texts",
  });
});
