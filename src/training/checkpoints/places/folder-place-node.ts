import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { sweepTemporaryFiles } from "../../../files/index-node.ts";
import { checkOwnCheckpoints, checkpointFolder, removeCheckpoints } from "../checkpoint-storage-node.ts";
import type { CheckpointPlace } from "./place.ts";

export const folderPlace: CheckpointPlace = {
  scheme: undefined,
  below: join,
  folderOf: (where) => where,
  async check(_where, runs) {
    for (const run of runs) checkOwnCheckpoints(run);
  },
  open: async (where) => checkpointFolder(where),
  async clear(where) {
    if (!existsSync(where)) return;
    sweepTemporaryFiles(where);
    removeCheckpoints(where);
    // what is no checkpoint stays, and the folder with it
    if (readdirSync(where).length === 0) rmdirSync(where);
  },
};
