import { lockFolder } from "../files/index-node.ts";

/**
 * Train with a folder of checkpoints kept for this process alone.
 *
 * @param checkpoints - Left out, there is nothing to keep.
 * @throws `file/busy` at once while another training writes into it; what `lockFolder` throws.
 */
export async function inCheckpoints<T>(checkpoints: string | undefined, work: () => Promise<T>): Promise<T> {
  if (checkpoints === undefined) return work();
  const lock = lockFolder(checkpoints, { code: "file/busy", what: "training" });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
