import { type CrispError, expectedGot } from "../errors/index.ts";
import { isCommit, isUnsafePath, type Repository, type RepositoryFile } from "./repository.ts";
import { type HubRequest, request, type Session } from "./request.ts";

/** A repository at a revision. */
export interface Asked {
  readonly session: Session;
  readonly repo: Repository;
  readonly revision: string;
}

/** One file of a listing, with the names of huggingface_hub's `trees/<commit>.json`. */
export interface TreeEntry {
  readonly size: number;
  readonly blob_id: string;
  readonly lfs_sha256?: string;
  readonly lfs_size?: number;
  readonly xet_hash?: string;
}

/** Files by path. */
export type Tree = ReadonlyMap<string, TreeEntry>;

export const filesOf = (tree: Iterable<readonly [string, TreeEntry]>): RepositoryFile[] =>
  [...tree].map(([path, { size, blob_id, lfs_sha256, lfs_size }]) => ({
    path,
    size: lfs_size ?? size,
    etag: lfs_sha256 ?? blob_id,
  }));

/** Tries after the first; default as in the settings. */
type Patience = Pick<HubRequest, "retries">;

/**
 * The commit that a branch or tag is at; a commit is its own.
 *
 * @throws `hub/not-a-hub`; the codes of `request`.
 */
export async function currentCommit(asked: Asked, patience: Patience = {}): Promise<string> {
  if (isCommit(asked.revision)) return asked.revision;
  const path = `revision/${encodeURIComponent(asked.revision)}?expand=sha`;
  const info = await jsonOf(asked, await ask(asked, path, patience));
  const sha = (info as { readonly sha?: unknown } | null)?.sha;
  if (typeof sha !== "string" || !isCommit(sha)) throw notAHub(asked, `the commit ${String(sha)}`);
  return sha;
}

/**
 * All files of a commit, over as many pages as the hub makes of them.
 *
 * @throws `hub/not-a-hub` for a path that leads out of a folder, or a hash or size that is none; the codes of `request`.
 */
export async function listFiles(asked: Asked, commit: string, patience: Patience = {}): Promise<Tree> {
  const tree = new Map<string, TreeEntry>();
  for (let next: string | undefined = `tree/${commit}?recursive=true`; next !== undefined; ) {
    const response: Response = await ask(asked, next, patience);
    const page = await jsonOf(asked, response);
    if (!Array.isArray(page)) throw notAHub(asked, "a listing that is no array");
    for (const entry of page as (ListedEntry | null)[]) {
      if (entry?.type !== "file") continue;
      checkEntry(asked, entry);
      tree.set(entry.path, {
        size: entry.size,
        blob_id: entry.oid,
        ...(entry.lfs && { lfs_sha256: entry.lfs.oid, lfs_size: entry.lfs.size }),
        ...(entry.xetHash !== undefined && { xet_hash: entry.xetHash }),
      });
    }
    next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("Link") ?? "")?.[1];
  }
  return tree;
}

interface ListedEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
  readonly xetHash?: string;
}

function checkEntry(asked: Asked, { path, size, oid, lfs }: ListedEntry): void {
  if (typeof path !== "string" || isUnsafePath(path)) throw notAHub(asked, `the path ${path}`);
  if (!isHash(oid) || (lfs && !isHash(lfs.oid))) throw notAHub(asked, `the hash of ${path}: ${oid}`);
  const sizes = lfs ? [size, lfs.size] : [size];
  if (!sizes.every((bytes) => Number.isInteger(bytes) && bytes >= 0)) throw notAHub(asked, `the size of ${path}: ${sizes}`);
}

/** It becomes the name of a blob. */
const isHash = (text: unknown): boolean => typeof text === "string" && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

/** @param what - Below the repository's address in the API, or a whole address, as the hub names the next page. */
function ask({ session, repo, revision }: Asked, what: string, { retries }: Patience): Promise<Response> {
  const url = new URL(what, `${session.settings.endpoint}/api/${repo.type}s/${repo.id}/`);
  return request(session, url.href, { subject: { repo, revision }, retries, whole: true });
}

async function jsonOf(asked: Asked, response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw notAHub(asked, "something that is no JSON");
  }
}

const notAHub = ({ repo, session }: Asked, got: string): CrispError => {
  const { endpoint, advice } = session.settings;
  return expectedGot("hub/not-a-hub", repo.id, `an answer of a hub from ${endpoint}`, got, advice.endpoint);
};
