/** What `index.ts` gives everywhere, and ONNX Runtime for Node. */
export * from "./index.ts";
export { createRuntime, type RuntimeOptions } from "./onnx-runtime-node.ts";
