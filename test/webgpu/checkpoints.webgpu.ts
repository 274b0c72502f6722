import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Runtime } from "../../src/runtime/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";
import { Checkpoints, resolveOptions, trainLoop } from "../../src/training/index.ts";
import { checkpointFolder } from "../../src/training/index-node.ts";
import { tinyBatches, tinyStep } from "../../src/training/tiny-task.fixture.ts";
import { createWebGpu } from "./create-webgpu.ts";

const folder = mkdtempSync(join(tmpdir(), "crisp-devices-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const options = resolveOptions({ learningRate: 0.02, maxSteps: 18, saveSteps: 6, weightDecay: 0.1 });
const run = { task: "tiny" };

/** Train until `last`, from where the folder's checkpoint is; without a folder, from the start. */
async function trainUntil(runtime: Runtime, last: number, where?: string): Promise<Map<string, Float32Array>> {
  const step = await tinyStep(runtime, { dropout: 0.3 });
  const surroundings = { runtime: runtime.device, threads: 1, cpuFeatures: "" };
  const saver = where && new Checkpoints({ storage: checkpointFolder(where), state: step.state, run, surroundings, limit: 1 });
  const stop = new AbortController();
  const resume = saver ? await saver.resume() : undefined;
  const loop = trainLoop({
    step,
    batches: tinyBatches(),
    options,
    seed: 5,
    saver: saver || undefined,
    signal: stop.signal,
    resume,
  });
  for await (const event of loop) if (event.type === "step" && event.step === last && last < 18) stop.abort();
  const values = await step.state.snapshot();
  await step.release();
  return values;
}

test("a run goes from the CPU to WebGPU and back by its checkpoints, and ends as on the CPU alone", async () => {
  const cpu = await createRuntime({ threads: 1 });
  await trainUntil(cpu, 6, folder);
  await trainUntil(await createWebGpu(), 12, folder);
  const travelled = await trainUntil(cpu, 18, folder);
  const stayed = await trainUntil(cpu, 18);
  for (const [name, values] of stayed) {
    const size = Math.hypot(...values);
    const off = Math.hypot(...values.map((value, at) => value - travelled.get(name)![at]));
    assert.ok(off <= 1e-4 * size, `${name}: off by ${off} of ${size}`);
  }
});
