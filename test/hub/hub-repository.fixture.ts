import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface RepositorySpec {
  readonly type: "model" | "dataset";
  readonly id: string;
  /** Contents by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** A folder whose files are served, instead of `files` or beside them. */
  readonly folder?: string;
  /** Which files are in LFS. Default: weights, Parquet files, and what is larger than 100 kB. */
  readonly lfs?: (path: string, bytes: number) => boolean;
  /** The page can be seen, files only with a token that is on the list. */
  readonly gated?: boolean;
  readonly private?: boolean;
}

export interface StoredFile {
  readonly bytes: Buffer;
  /** Git's SHA-1: of the file, or of the pointer to it. */
  readonly oid: string;
  /** Of a file in LFS. */
  readonly sha256?: string;
}

export interface HubRepository {
  readonly spec: RepositorySpec;
  /** `models/owner/name` */
  readonly key: string;
  /** Commits by branch. */
  readonly branches: Map<string, string>;
  /** Put files into a new commit of a branch; the others stay. @returns the commit. */
  commit(files: Readonly<Record<string, string | Uint8Array>>, branch?: string, lfs?: ReadonlySet<string>): string;
  /** `main/a/b.txt` → revision, its commit, path. */
  resolve(rest: string): readonly [revision: string, commit: string | undefined, path: string];
  file(commit: string, path: string): StoredFile | undefined;
  paths(commit: string): string[];
  info(commit: string): unknown;
  /** A page of the listing from an entry on, and where the next one starts. */
  tree(commit: string, from: number): readonly [unknown[], number | undefined];
}

/** Few, so that every listing of some size has to be read in pages. */
const PAGE = 8;

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const gitSha1Of = (bytes: Uint8Array): string =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");

const inLfs = (path: string, bytes: number): boolean => bytes > 100_000 || /\.(safetensors|parquet|bin)$/.test(path);

/** @param contents - Where the bytes of LFS files go, by SHA-256. */
export function storedRepository(spec: RepositorySpec, contents: Map<string, Buffer>): HubRepository {
  const commits = new Map<string, Map<string, StoredFile>>();
  const branches = new Map<string, string>();
  const isLfs = spec.lfs ?? inLfs;
  const repo: HubRepository = {
    spec,
    key: `${spec.type}s/${spec.id}`,
    branches,
    commit(files, branch = "main", lfs) {
      const before = branches.get(branch) ?? branches.get("main");
      const stored = new Map(before === undefined ? [] : commits.get(before));
      for (const [path, content] of Object.entries(files)) {
        const bytes = Buffer.from(content);
        const sha256 = (lfs?.has(path) ?? isLfs(path, bytes.length)) ? sha256Of(bytes) : undefined;
        const pointer = Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`);
        if (sha256 !== undefined) contents.set(sha256, bytes);
        stored.set(path, { bytes, oid: gitSha1Of(sha256 === undefined ? bytes : pointer), sha256 });
      }
      const names = [...stored].map(([path, { oid }]) => `${path} ${oid}`).join("\n");
      const commit = createHash("sha1").update(`${spec.id} ${before} ${commits.size}\n${names}`).digest("hex");
      commits.set(commit, stored);
      branches.set(branch, commit);
      return commit;
    },
    resolve(rest) {
      const names = [...branches.keys(), ...commits.keys()].sort((a, b) => b.length - a.length);
      const revision = names.find((name) => rest === name || rest.startsWith(`${name}/`)) ?? rest.split("/")[0];
      const commit = commits.has(revision) ? revision : branches.get(revision === "HEAD" ? "main" : revision);
      return [revision, commit, rest.slice(revision.length + 1)];
    },
    file: (commit, path) => commits.get(commit)!.get(path),
    paths: (commit) => [...commits.get(commit)!.keys()],
    info: (commit) => ({
      _id: "0".repeat(24),
      id: spec.id,
      sha: commit,
      private: spec.private ?? false,
      gated: spec.gated ?? false,
      lastModified: "2026-01-01T00:00:00.000Z",
      tags: [],
      downloads: 0,
      likes: 0,
      siblings: repo.paths(commit).map((rfilename) => ({ rfilename })),
    }),
    tree(commit, from) {
      const entries = [...folders(repo.paths(commit)), ...[...commits.get(commit)!].map(treeEntry)];
      return [entries.slice(from, from + PAGE), from + PAGE < entries.length ? from + PAGE : undefined];
    },
  };
  repo.commit({ ...(spec.folder === undefined ? {} : readFolder(spec.folder)), ...spec.files });
  return repo;
}

function treeEntry([path, { bytes, oid, sha256 }]: [string, StoredFile]): unknown {
  const lfs = sha256 === undefined ? {} : { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
  return { type: "file", path, size: bytes.length, oid, ...lfs };
}

function folders(paths: readonly string[]): unknown[] {
  const found = paths.flatMap((path) =>
    path
      .split("/")
      .slice(0, -1)
      .map((_, depth, parts) => parts.slice(0, depth + 1).join("/")),
  );
  return [...new Set(found)].map((path) => ({ type: "directory", path, size: 0, oid: "0".repeat(40) }));
}

function readFolder(folder: string, inside = ""): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const entry of readdirSync(join(folder, inside), { withFileTypes: true })) {
    const path = `${inside}${entry.name}`;
    if (entry.isDirectory()) Object.assign(files, readFolder(folder, `${path}/`));
    else files[path] = readFileSync(join(folder, path));
  }
  return files;
}
