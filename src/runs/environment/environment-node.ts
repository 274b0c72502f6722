import { nodeImages, openStreamedDataset } from "../../data/index-node.ts";
import { loadModelFolder } from "../../models/index-node.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { checkpointPlace } from "../../training/index-node.ts";
import { cpuFeatures } from "./cpu-features-node.ts";
import type { RunEnvironment } from "./environment.ts";

/** Node as a place to run in. */
export const nodeEnvironment: RunEnvironment = {
  createRuntime,
  loadModel: loadModelFolder,
  openStream: ({ paths, options }, listener) => openStreamedDataset(paths, { ...options, ...listener }),
  images: nodeImages,
  openCheckpoints: async (where) => checkpointPlace(where).open(where),
  cpuFeatures,
  memoryBytes: () => process.memoryUsage.rss(),
  availableBytes: () => process.availableMemory(),
};
