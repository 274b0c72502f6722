import assert from "node:assert/strict";
import { test } from "node:test";
import { demoLossCurve } from "../../src/runs/loss-curve.fixture.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { trainStepContract } from "../../src/training/step/train-step.contract.ts";
import { createWebGpu } from "./create-webgpu.ts";

trainStepContract("ONNX Runtime, WebGPU", createWebGpu);

test("100 updates of the demonstration's encoder: one loss curve on CPU, WebAssembly and WebGPU, and no parameter is copied", async (t) => {
  const cpu = await demoLossCurve(await createRuntime({ device: "cpu" }));
  const wasm = await demoLossCurve(await createRuntime({ device: "wasm" }));
  const webgpu = await demoLossCurve(await createWebGpu());
  assert.equal(cpu.losses.length, 100);
  assert.ok(Math.max(...cpu.losses) - Math.min(...cpu.losses) > 0.1, "a flat curve says nothing");
  for (const [name, { losses }] of Object.entries({ wasm, webgpu })) {
    const off = Math.max(...losses.map((loss, at) => Math.abs(loss - cpu.losses[at])));
    t.diagnostic(`${name}: at most ${off.toExponential(1)} from the CPU`);
    assert.ok(off <= 1e-3, `${name}: off by ${off}`);
  }
  const most = {
    toDevice: Math.max(...webgpu.copied.map(({ toDevice }) => toDevice)),
    toHost: Math.max(...webgpu.copied.map(({ toHost }) => toHost)),
  };
  t.diagnostic(`bytes a step: ${most.toDevice} to the device, ${most.toHost} to the host; parameters: ${webgpu.parameterBytes}`);
  assert.equal(webgpu.copied.length, 100);
  assert.ok(most.toDevice < webgpu.parameterBytes / 20 && most.toHost < 1024, JSON.stringify(most));
});
