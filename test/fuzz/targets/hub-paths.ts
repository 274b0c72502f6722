import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix, win32 } from "node:path";
import { CrispError } from "../../../src/errors/index.ts";
import { checkedRevision, isUnsafePath, linkBlob, repository, repositoryCache } from "../../../src/hub/hostile-names.fixture.ts";
import { mutateBytes } from "../mutate-bytes.ts";
import { oddPath } from "../odd-paths.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const KNOWN = ["config.json", "onnx/model.onnx", "data/train-00000-of-00001.parquet", "main", "refs/pr/1", "owner/name"];
const ETAG = "a".repeat(40);

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
let world: string | undefined;
let uses = 0;

/** A folder that holds the cache and nothing else: whatever appears beside the cache was written outside it. */
function workingFolder(): string {
  if (world) return world;
  const made = mkdtempSync(join(tmpdir(), "crisp-fuzz-hub-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  world = made;
  return world;
}

const seeds = (): Uint8Array[] => KNOWN.map(encode);

function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  return random.chance(0.8) ? encode(oddPath(random, KNOWN)) : mutateBytes(random, bytes, other).subarray(0, 4000);
}

/** A name from a hub's listing, an id and a revision: refused, or inside the cache's folder, wherever that is. */
async function run(bytes: Uint8Array): Promise<void> {
  const name = new TextDecoder().decode(bytes);
  for (const use of [() => repository("model", name).id, () => checkedRevision(name)]) {
    const accepted = whole(use);
    if (accepted === undefined) continue;
    check(posix.join("/cache", accepted).startsWith("/cache/"), `${JSON.stringify(name)} leads out of the cache`);
    check(win32.resolve("D:\\cache", accepted).startsWith("D:\\cache\\"), `${JSON.stringify(name)} leads out of it on Windows`);
  }
  if (isUnsafePath(name)) throw new CrispError("hub/not-a-hub", "an unsafe path");
  check(posix.join("/snapshot", name).startsWith("/snapshot"), `${JSON.stringify(name)} leads out of the folder`);
  check(win32.resolve("D:\\snapshot", name).startsWith("D:\\snapshot"), `${JSON.stringify(name)} leads out of it on Windows`);
  await written(name);
}

function whole<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (error instanceof CrispError) return undefined;
    throw error;
  }
}

/** The link is made where it belongs or not at all, and nothing else appears. */
async function written(name: string): Promise<void> {
  const root = workingFolder();
  const cache = repositoryCache(join(root, "cache"), { type: "model", id: "owner/name" });
  const snapshot = join(cache.folder, "snapshots", "b".repeat(40));
  mkdirSync(join(cache.folder, "blobs"), { recursive: true });
  if (!existsSync(join(cache.folder, "blobs", ETAG))) writeFileSync(join(cache.folder, "blobs", ETAG), "x");
  mkdirSync(snapshot, { recursive: true });
  try {
    await linkBlob(cache, "b".repeat(40), { path: name, size: 1, etag: ETAG }, false);
    check(lstatSync(join(snapshot, name)).isSymbolicLink(), "no link where the file belongs");
  } catch (error) {
    // names that no file can have: the file system refuses them, and nothing is written
    const { code } = error as NodeJS.ErrnoException;
    if (!["ENAMETOOLONG", "EINVAL", "EISDIR", "ENOTDIR", "EEXIST", "ERR_INVALID_ARG_VALUE", "EBUSY"].includes(code ?? ""))
      throw error;
  }
  check(readdirSync(root).join() === "cache", "a file beside the cache");
  check(readdirSync(join(root, "cache")).join() === "models--owner--name", "a file beside the repository");
  const kinds = readdirSync(cache.folder).sort().join();
  check(kinds === "blobs,snapshots", `files in the repository's folder: ${kinds}`);
  check(readdirSync(join(cache.folder, "blobs")).join() === ETAG, "a file among the blobs");
  check(readdirSync(join(cache.folder, "snapshots")).join() === "b".repeat(40), "a file beside the snapshot");
  // links pile up for a while, so that later names meet them on their way
  if (++uses % 50 === 0) rmSync(snapshot, { recursive: true });
}

export const hubPaths: Target = { name: "hub-paths", seeds, mutate, run, memory: { floor: 4 << 20, factor: 2000 } };
