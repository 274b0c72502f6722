/** What `index.ts` gives everywhere, and ONNX Runtime for browsers. */
export * from "./index.ts";
export { createRuntime, type WebDevice, type WebRuntimeOptions, webDevices } from "./onnx-runtime-web.ts";
