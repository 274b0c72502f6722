import type { CheckpointPlace } from "../place.ts";
import { checkS3, clearS3Checkpoints, s3Checkpoints } from "./s3-storage-node.ts";

/** `s3://bucket/prefix`: Amazon's S3, or whatever else speaks its protocol. */
export const s3Place: CheckpointPlace = {
  scheme: "s3",
  below: (where, ...names) => [where.replace(/\/+$/, ""), ...names].join("/"),
  folderOf: () => undefined,
  // whether objects are Crisp's is looked at when a run opens its checkpoints: a study has too many runs to ask for each beforehand
  check: (where) => checkS3(where),
  open: (where) => s3Checkpoints(where),
  clear: (where) => clearS3Checkpoints(where),
};
