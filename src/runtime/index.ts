export { interpret } from "./interpreter.ts";
export { createReferenceRuntime } from "./reference-runtime.ts";
export type { HostTensor, InputInfo, Runtime, Session } from "./runtime.ts";
