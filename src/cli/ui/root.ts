import { lstatSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { HttpError } from "../../server/index-node.ts";

/** The folder that pages are about: nothing outside it is ever read. */
export interface Root {
  readonly folder: string;
  /**
   * A file or folder by its path from the root, with `/` between names; the root itself is the empty path.
   *
   * Links are not followed: not even one on the way, and not one that leads inside.
   *
   * @throws HttpError 404 `ui/not-found`, in the same words whatever is wrong with the path.
   */
  place(path: string): string;
  /** Whether `place` would find something. */
  has(path: string): boolean;
}

/** @throws `ui/no-folder`. */
export function openRoot(folder: string): Root {
  if (!lstatSync(resolve(folder), { throwIfNoEntry: false }) || !isFolder(realpathSync(folder))) {
    throw expectedGot("ui/no-folder", "crisp ui", "a folder", folder, "Give the folder that runs and studies are below.");
  }
  const root = realpathSync(folder);
  const find = (path: string): string | undefined => {
    let place = root;
    for (const name of path === "" ? [] : path.split("/")) {
      if (!isName(name)) return undefined;
      place = join(place, name);
      const found = lstatSync(place, { throwIfNoEntry: false });
      if (!found || !(found.isFile() || found.isDirectory())) return undefined;
    }
    return place;
  };
  return {
    folder: root,
    place(path) {
      const found = find(path);
      if (found !== undefined) return found;
      throw new HttpError(404, expectedGot("ui/not-found", "the request", "a path below the folder of crisp ui", path));
    },
    has: (path) => find(path) !== undefined,
  };
}

/**
 * Whether a file or folder is there, and no link is it or leads to it.
 *
 * @param place - From a {@link Root}, or joined to what that gave.
 */
export function isPlain(place: string): boolean {
  try {
    return realpathSync(place) === place;
  } catch {
    return false;
  }
}

const isFolder = (path: string): boolean => lstatSync(path).isDirectory();

/** One step downwards. Windows would take `\` for `/`, and `:` for a drive or a stream. */
const isName = (name: string): boolean => !/^\.{0,2}$/.test(name) && !/[\\:\0]/.test(name);
