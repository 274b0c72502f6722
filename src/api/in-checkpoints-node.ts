import { lockFolder } from "../files/index-node.ts";
import { checkpointPlace } from "../training/index-node.ts";

/**
 * Train with a folder of checkpoints kept for this process alone. Other places have no lock: whoever starts trainings gives each its own.
 *
 * @param checkpoints - Left out, there is nothing to keep.
 * @throws `file/busy` at once while another training writes into it; `file/not-own` where it holds files of such names that are no
 *   checkpoints; what `lockFolder` throws.
 */
export async function inCheckpoints<T>(checkpoints: string | undefined, work: () => Promise<T>): Promise<T> {
  if (checkpoints === undefined) return work();
  const place = checkpointPlace(checkpoints);
  const folder = place.folderOf(checkpoints);
  if (folder === undefined) {
    await place.check(checkpoints, [checkpoints]);
    return work();
  }
  const lock = lockFolder(folder, { code: "file/busy", what: "training" });
  try {
    await place.check(checkpoints, [checkpoints]);
    return await work();
  } finally {
    lock.release();
  }
}
