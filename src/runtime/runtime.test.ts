import assert from "node:assert/strict";
import { test } from "node:test";
import { input, scatterRows } from "../graph/index.ts";
import { createReferenceRuntime } from "./index.ts";
import { createRuntime } from "./index-node.ts";
import { runtimeContract } from "./runtime.contract.ts";

runtimeContract("reference", async () => createReferenceRuntime());
runtimeContract("ONNX Runtime, CPU", () => createRuntime({ threads: 2 }));
runtimeContract("ONNX Runtime, CPU, standard operators alone", () => createRuntime({ threads: 1, microsoftOps: false }));
runtimeContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }));

test("each way to create a runtime gives what was asked for", async () => {
  const made = await Promise.all([createRuntime({ threads: 2 }), createRuntime({ device: "wasm", threads: 1 })]);
  assert.deepEqual(
    made.map(({ name, device, threads, version }) => [name, device, threads, version]),
    [
      ["onnxruntime-node", "cpu", 2, "1.30.0"],
      ["onnxruntime-web", "wasm", 1, "1.30.0"],
    ],
  );
});

test("scatterRows has no ONNX form: a session refuses it and says so", async () => {
  const scattered = scatterRows(input("rows", ["B", 2]), input("ids", ["B"], "int32"), [5, 2]);
  for (const device of ["cpu", "wasm"] as const) {
    const runtime = await createRuntime({ device, threads: 1 });
    await assert.rejects(runtime.compile({ scattered }), { code: "onnx/no-form" });
  }
});
