import assert from "node:assert/strict";
import { test } from "node:test";
import { topicLossCurve } from "../../src/runs/topic-run.fixture.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { createWebGpu } from "./create-webgpu.ts";

test("12 updates on masked tokens with top-k and dropout: one loss curve on CPU and WebGPU", async (t) => {
  const cpu = await topicLossCurve(() => createRuntime({ device: "cpu" }));
  const webgpu = await topicLossCurve(createWebGpu);
  assert.equal(cpu.length, 13);
  assert.ok(cpu[0] - cpu[12] > 0.1, `a flat curve says nothing: ${cpu[0]} to ${cpu[12]}`);
  const off = Math.max(...webgpu.map((loss, at) => Math.abs(loss - cpu[at])));
  t.diagnostic(`at most ${off.toExponential(1)} from the CPU`);
  assert.ok(off <= 1e-3, `off by ${off}`);
});
