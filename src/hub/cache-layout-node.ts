import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { copyFile, mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { filesOf, type Tree, type TreeEntry } from "./listing.ts";
import { isCommit, isUnsafePath, type Repository, type RepositoryFile } from "./repository.ts";

/**
 * Where things lie in the cache; the layout of huggingface_hub 2.x, which shares it:
 *
 * ```
 * models--owner--name/blobs/<etag>                      the bytes, by their hash
 *                     snapshots/<commit>/config.json    → ../../blobs/<etag>
 *                     refs/main                         the commit that main was at the last time
 *                     trees/<commit>.json               all files of the commit, with sizes and hashes
 * .locks/models--owner--name/<etag>.lock                Python's; ours end in .crisp.lock
 * ```
 *
 * Nothing else stands in the cache folder itself: huggingface_hub 0.36 calls any other file there corrupt.
 */
export interface RepositoryCache {
  readonly folder: string;
  readonly locks: string;
}

export function repositoryCache(cacheFolder: string, { type, id }: Repository): RepositoryCache {
  const name = [`${type}s`, ...id.split("/")].join("--");
  return { folder: join(cacheFolder, name), locks: join(cacheFolder, ".locks", name) };
}

export const blobPath = ({ folder }: RepositoryCache, etag: string): string => join(folder, "blobs", etag);

export const snapshotFolder = ({ folder }: RepositoryCache, commit: string): string => join(folder, "snapshots", commit);

/** The commit that a branch or tag was at when it was last asked for. */
export function cachedCommit({ folder }: RepositoryCache, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  try {
    const commit = readFileSync(join(folder, "refs", revision), "utf8").trim();
    return isCommit(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Remember where a branch or tag is. Only for commits whose snapshot folder exists: Python calls anything else corrupt. */
export function writeRef(cache: RepositoryCache, revision: string, commit: string): void {
  if (isCommit(revision) || cachedCommit(cache, revision) === commit) return;
  const path = join(cache.folder, "refs", revision);
  mkdirSync(dirname(path), { recursive: true });
  // not beside the ref: a temporary file left in refs/ by a killed process would be read as a ref
  replaceFile(path, join(cache.folder, `.ref-${randomBytes(4).toString("hex")}.tmp`), commit);
}

/** The listing of a commit, which can never change; undefined where none is stored, or in a form unknown to us. */
export function readTree({ folder }: RepositoryCache, commit: string): RepositoryFile[] | undefined {
  try {
    const { format_version, files } = JSON.parse(readFileSync(join(folder, "trees", `${commit}.json`), "utf8")) as StoredTree;
    if (format_version !== TREE_FORMAT) return undefined;
    return filesOf(Object.entries(files));
  } catch {
    return undefined;
  }
}

interface StoredTree {
  readonly format_version: number;
  readonly files: Readonly<Record<string, TreeEntry>>;
}

const TREE_FORMAT = 1;

export function writeTree({ folder }: RepositoryCache, commit: string, files: Tree): void {
  const path = join(folder, "trees", `${commit}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const sorted = Object.fromEntries([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const tree: StoredTree = { format_version: TREE_FORMAT, files: sorted };
  replaceFile(path, `${path}.${randomBytes(4).toString("hex")}.tmp`, JSON.stringify(tree, null, 1));
}

/** The files that lie in a snapshot, for caches that Python filled file by file, without a listing. */
export function filesInSnapshot(cache: RepositoryCache, commit: string): RepositoryFile[] {
  const root = snapshotFolder(cache, commit);
  const files: RepositoryFile[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const size = sizeOf(path);
      if (entry.isDirectory()) visit(path);
      else if (size !== undefined) files.push({ path: relative(root, path).replaceAll("\\", "/"), size });
    }
  };
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) visit(root);
  return files;
}

/** Bytes of a file, through links; undefined where there is none. */
export function sizeOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : undefined;
}

/**
 * Make a blob appear in a snapshot under its name: a relative link, so that the cache can be moved.
 *
 * @param isNew - Where links are impossible (Windows without developer mode), a new blob is moved and an old one copied, as Python does.
 */
export async function linkBlob(cache: RepositoryCache, commit: string, file: RepositoryFile, isNew: boolean): Promise<void> {
  if (isUnsafePath(file.path)) throw new Error(`unsafe path ${file.path}`);
  const path = join(snapshotFolder(cache, commit), file.path);
  const blob = blobPath(cache, file.etag!);
  const target = relative(dirname(path), blob);
  await mkdir(dirname(path), { recursive: true });
  try {
    if (sizeOf(path) === file.size && (await readlink(path)) === target) return;
  } catch {
    // a whole file instead of a link, from a system without links
    return;
  }
  // outside the snapshot: a killed process must not leave a link there that belongs to no file
  const temp = join(cache.folder, `.link-${randomBytes(4).toString("hex")}.tmp`);
  try {
    await symlink(target, temp);
  } catch (error) {
    if (!["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    if (isNew) return rename(blob, path);
    await copyFile(blob, temp);
  }
  try {
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

function replaceFile(path: string, temp: string, text: string): void {
  try {
    writeFileSync(temp, text);
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}
