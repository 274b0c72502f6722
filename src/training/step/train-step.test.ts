import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gather, input, linear, parameter, scale, sumAll } from "../../graph/index.ts";
import { createReferenceRuntime } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { memoryOnHost } from "../../runtime/memory-on-host.fixture.ts";
import { type TinyContext, TOKENS, tinyBatches, tinyHostStep, tinyStep, tinyValues } from "../tiny-task.fixture.ts";
import { HostTrainStep, stepBytes } from "./host-step.ts";
import { trainStepContract } from "./train-step.contract.ts";

trainStepContract("reference", async () => createReferenceRuntime());
trainStepContract("ONNX Runtime", () => createRuntime({ threads: 1 }));
trainStepContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }));
trainStepContract("a device with memory of its own, computed by the reference", async () =>
  memoryOnHost(createReferenceRuntime()),
);

const runtime = await createRuntime({ threads: 1 });

describe("a training step in host memory", () => {
  test("memory does not grow with the updates", async () => {
    const step = await tinyHostStep(runtime, { dropout: 0.5 });
    const batches = tinyBatches();
    const contexts = [0, 1].flatMap((at) => batches.contexts(0, at, { step: 0, lossDivisor: batches.size(0, at) }));
    const used = step.state.memory.used;
    for (let at = 0; at < 5; at++) await step.run([...contexts], { seed: 1, step: at });
    assert.equal(step.state.memory.used, used);
  });

  test("without accumulation no room is kept for gradients of further batches, and an update can still be timed", async () => {
    const w = parameter("w", [3000, 2000]);
    const create = (accumulates: boolean): Promise<HostTrainStep<TinyContext>> =>
      HostTrainStep.create<TinyContext>(
        { loss: sumAll(scale(w, 2)), parameters: [w], inputs: [] },
        {
          ...{ runtime, accumulates, largest: [{ B: 2 }], values: new Map([["w", new Float32Array(6_000_000)]]) },
          parameters: [{ name: "w", shape: [3000, 2000], decay: false, trainable: true }],
        },
      );
    const [several, one] = [await create(true), await create(false)];
    // what is left of the 24 MB is where an update is timed
    assert.ok(several.state.memory.bytes - one.state.memory.bytes > 7e6);
    assert.ok((await one.state.updateSeconds()) > 0);
  });

  test("rows that pass another operator are refused while the step is built", async () => {
    const table = parameter("table", [7, 4]);
    const ids = input("ids", ["B", TOKENS], "int32");
    await assert.rejects(
      HostTrainStep.create<TinyContext>(
        { loss: sumAll(gather(scale(table, 2), ids)), parameters: [table], inputs: [] },
        {
          runtime,
          parameters: [{ name: "table", shape: [7, 4], decay: false, trainable: true }],
          values: new Map([["table", new Float32Array(28)]]),
          largest: [{ B: 2 }],
        },
      ),
      {
        code: "training/row-gradient",
        message:
          "gradient of table: expected rows of a gathered table that reach the parameter directly or in sums, " +
          "got another operator between. Gather from the parameter itself.",
      },
    );
  });
});

test("what a step is said to take counts all of it: weights, gradients and moments, what is fed, and its graph's values", () => {
  const [w, b, x] = [parameter("w", [500, 1000]), parameter("b", [500]), input("x", ["B", 1000])];
  const mask = input("mask", ["B", 1000], "uint8");
  const bytes = ({ trainable = true, accumulates = false, masked = false } = {}): number => {
    const inputs = [x, ...(masked ? [mask] : [])].map((node) => ({ node, fill: { kind: "values", write() {} } }) as const);
    const parameters = [
      { name: "w", shape: [500, 1000], decay: true, trainable },
      { name: "b", shape: [500], decay: false, trainable: true },
    ];
    return stepBytes({ loss: sumAll(linear(x, w, b)), parameters: [w, b], inputs }, { parameters, accumulates })({ B: 4096 });
  };
  const values = 500_000;
  assert.equal(bytes({ accumulates: true }) - bytes(), 4 * (values + 500));
  assert.ok(bytes() - bytes({ trainable: false }) >= 12 * values);
  assert.equal(bytes({ masked: true }) - bytes(), 4096 * 1000);
  assert.ok(bytes() >= 16 * values + 4 * 4096 * 1000 + 4 * 4096 * 500, `${bytes()}`);
});

test("start values that are missing or of another size are refused by name", async () => {
  const values = tinyValues();
  values.set("w2", new Float32Array(5));
  await assert.rejects(tinyStep(runtime, { values }), {
    code: "training/bad-weights",
    message: "w2: expected 24 start values, got 5.",
  });
});
