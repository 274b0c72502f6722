import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { gitSha1Of } from "./hub-repository.fixture.ts";

/**
 * Whatever happened, a cache is right or empty: every blob has the hash in its name, every file of a snapshot is a relative link to a blob
 * of its repository, every ref is a commit with a snapshot.
 *
 * @returns Files in snapshots, as `models--owner--name/config.json`.
 */
export function assertCacheIsRight(cacheFolder: string): string[] {
  if (!existsSync(cacheFolder)) return [];
  const files: string[] = [];
  for (const repo of readdirSync(cacheFolder).filter((name) => /^(models|datasets)--/.test(name))) {
    const root = join(cacheFolder, repo);
    for (const name of list(join(root, "blobs")).filter((name) => !name.endsWith(".incomplete")))
      assertBlob(join(root, "blobs", name), name);
    for (const commit of list(join(root, "snapshots"))) {
      assert.match(commit, /^[0-9a-f]{40}$/, "a snapshot is a commit");
      for (const path of walk(join(root, "snapshots", commit))) {
        assertLink(path, root);
        files.push(`${repo}/${path.slice(join(root, "snapshots", commit).length + 1)}`);
      }
    }
    for (const ref of walk(join(root, "refs"))) {
      const commit = readFileSync(ref, "utf8");
      assert.ok(existsSync(join(root, "snapshots", commit)), `${ref} names ${commit}, which has no snapshot`);
    }
  }
  return files;
}

/**
 * Names in `blobs/` that are on their way.
 *
 * @param hash - Only those of one file: when a download fails, others that run beside it stop in their middle.
 */
export const incompleteFiles = (cacheFolder: string, hash = ""): string[] =>
  list(cacheFolder).flatMap((repo) =>
    list(join(cacheFolder, repo, "blobs")).filter((name) => name.startsWith(hash) && name.endsWith(".incomplete")),
  );

/** Lock files that are still there. */
export const locksLeft = (cacheFolder: string): string[] => walk(join(cacheFolder, ".locks"));

function assertBlob(path: string, name: string): void {
  const bytes = readFileSync(path);
  assert.match(name, /^([0-9a-f]{40}|[0-9a-f]{64})$/, "a blob is named by a hash");
  assert.equal(
    name.length === 64 ? createHash("sha256").update(bytes).digest("hex") : gitSha1Of(bytes),
    name,
    "a blob has its hash",
  );
}

function assertLink(path: string, root: string): void {
  assert.ok(lstatSync(path).isSymbolicLink(), `${path} is a link`);
  assert.ok(!isAbsolute(readlinkSync(path)), `${path} is a relative link`);
  assert.equal(dirname(realpathSync(path)), realpathSync(join(root, "blobs")), `${path} leads to a blob`);
}

const list = (folder: string): string[] => (existsSync(folder) && lstatSync(folder).isDirectory() ? readdirSync(folder) : []);

const walk = (folder: string): string[] =>
  list(folder).flatMap((name) => {
    const path = join(folder, name);
    return lstatSync(path).isDirectory() ? walk(path) : [path];
  });
