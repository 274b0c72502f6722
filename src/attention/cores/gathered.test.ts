import { createRuntime } from "../../runtime/index-node.ts";
import { drawnLengths, everyCase, fewCases, gatheredContract } from "./gathered.contract.ts";

gatheredContract("ONNX Runtime", () => createRuntime({ threads: 1 }), {
  ...everyCase,
  // many more lengths are in gathered.slow.ts
  lengths: [[1], [1, 2], [7], [63, 64, 65], ...drawnLengths(3, 60), ...drawnLengths(1, 600)],
});
gatheredContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }), fewCases);
