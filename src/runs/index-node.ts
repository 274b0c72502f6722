/** What `index.ts` gives everywhere, and what needs files, threads or the network. */

export { cpuFeatures } from "./environment/cpu-features-node.ts";
export { nodeEnvironment } from "./environment/environment-node.ts";
export * from "./index.ts";
export { checkRunLog, isRunLog, logFile } from "./log/log-file-node.ts";
export { startRunWorker } from "./worker/worker-node.ts";
