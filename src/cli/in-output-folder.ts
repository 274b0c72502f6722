import { checkOwnFiles, lockFolder } from "../files/index-node.ts";
import { withoutEmptyFolders } from "./made-folders.ts";

/**
 * Do some work whose results go into a folder: kept for this process alone, and checked before the work begins.
 *
 * @param folder - Made where it is missing, and removed again where the work leaves nothing in it; left out, the work is all there is.
 * @param options.what - What needs it for itself, for the message, e.g. `evaluation`.
 * @param options.files - What will be written there at most, by path inside it.
 * @throws `file/busy`; `file/not-own` where somebody else's files have such names.
 */
export async function inOutputFolder<T>(
  folder: string | undefined,
  { what, files }: { readonly what: string; readonly files: readonly string[] },
  work: () => Promise<T>,
): Promise<T> {
  if (folder === undefined) return work();
  return withoutEmptyFolders(folder, async () => {
    const lock = lockFolder(folder, { code: "file/busy", what });
    try {
      checkOwnFiles(folder, files);
      return await work();
    } finally {
      lock.release();
    }
  });
}
