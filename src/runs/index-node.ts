/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { cpuFeatures } from "./cpu-features-node.ts";
export { nodeEnvironment } from "./environment-node.ts";
export * from "./index.ts";
export { logFile } from "./log-file-node.ts";
export { startRunWorker } from "./worker-node.ts";
