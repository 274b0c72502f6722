/** What `index.ts` gives everywhere, and ONNX Runtime for Node. */

export { type ChosenDevice, chooseDevice } from "./choose-device-node.ts";
export * from "./index.ts";
export { keepTelemetryOff } from "./no-telemetry-node.ts";
export { createRuntime, type NodeDevice, nodeDevices, type RuntimeOptions, WEB_SLOWDOWN } from "./onnx-runtime-node.ts";
