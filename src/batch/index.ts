export type { BatchContext } from "./batch-context.ts";
export { GraphInputs } from "./graph-inputs.ts";
