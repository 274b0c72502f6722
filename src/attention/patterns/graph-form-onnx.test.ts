import { createRuntime } from "../../runtime/index-node.ts";
import { graphFormContract } from "./graph-form.contract.ts";

graphFormContract("ONNX Runtime", () => createRuntime({ threads: 1 }));
graphFormContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }));
