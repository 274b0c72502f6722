/** What `index.ts` gives everywhere, and what needs processes. */

export { type InChild, measureInChild } from "./child-node.ts";
export * from "./index.ts";
export type { JobSettings, Jobs } from "./job-node.ts";
