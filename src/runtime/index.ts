export { interpret } from "./interpreter.ts";
export { createReferenceRuntime } from "./reference-runtime.ts";
export type {
  DeviceMemory,
  DeviceResults,
  DeviceSession,
  DeviceTensor,
  HostTensor,
  InputInfo,
  Runtime,
  Session,
  Tensor,
} from "./runtime.ts";
