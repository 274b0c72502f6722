export { interpret } from "./interpreter.ts";
export type { HostTensor, InputInfo, Runtime, Session } from "./runtime.ts";
