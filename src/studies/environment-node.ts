import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, hostname } from "node:os";
import { join } from "node:path";
import { loadModelFolder } from "../models/index-node.ts";
import { hashOfModel } from "../runs/index.ts";
import { startRunWorker } from "../runs/index-node.ts";
import type { StudyEnvironment } from "./environment.ts";

/** Node as a place to run studies in. */
export const nodeStudies: StudyEnvironment = {
  name: `${hostname()}:${process.pid}`,
  readModel(path) {
    const { config } = loadModelFolder(path);
    return { config, hash: hashOfModel(readdirSync(path), (name) => readFileSync(join(path, name)), createHash("sha256")) };
  },
  startWorker: startRunWorker,
  cores: availableParallelism(),
  machine: { node: process.versions.node, cpu: cpus()[0]?.model.trim() ?? "unknown", cores: availableParallelism() },
};
