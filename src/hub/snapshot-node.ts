import { statSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { allowsCache, isTransient } from "./answer-error.ts";
import { downloadBlob } from "./blob-node.ts";
import {
  cachedCommit,
  filesInSnapshot,
  linkBlob,
  type RepositoryCache,
  readTree,
  repositoryCache,
  sizeOf,
  snapshotFolder,
  writeRef,
  writeTree,
} from "./cache-layout-node.ts";
import { type DownloadFile, downloadAll, type HubProgress } from "./download-all.ts";
import { currentCommit, filesOf, listFiles } from "./listing.ts";
import { checkedRevision, pageOf, type Repository, type RepositoryFile } from "./repository.ts";
import { type HubSettings, hubSettings, type NodeSession } from "./settings-node.ts";

export interface HubOptions {
  /** Branch, tag or commit; default `main`. A whole commit hash that is cached needs no request. */
  readonly revision?: string;
  /** Stops the download; what came is kept for the next one. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
  /** Remarks for people, e.g. that the hub did not answer and the cache is used. */
  readonly onNote?: (text: string) => void;
  /** Default: what the environment variables say. */
  readonly settings?: HubSettings;
}

/** A repository at one commit, in the cache or on its way there. */
export interface Snapshot {
  readonly commit: string;
  /** Where its files appear. */
  readonly folder: string;
  readonly files: readonly RepositoryFile[];
  /** Whether `files` are all files of the commit; without a listing and a connection they are those in the cache. */
  readonly isListed: boolean;
  has(path: string): boolean;
  /**
   * Have these files in `folder`.
   *
   * @throws `hub/not-cached` without a connection; the codes of `downloadBlob`.
   */
  fetch(paths: readonly string[]): Promise<void>;
}

/** What is wanted of a repository of which nothing is known. */
const NEEDED = { model: "config.json, model.safetensors and tokenizer.json", dataset: "the data files" } as const;

/**
 * Do something with a repository at a revision, then remember where the revision was.
 *
 * A cached revision gets one request. If the hub does not answer it, the cache is used, with a note; should a file be missing there, the
 * hub is asked again, with all patience.
 *
 * @param use - Called once, or twice in that last case.
 * @throws `hub/not-cached`, `hub/bad-name`, and the codes of `request` and `downloadBlob`.
 */
export async function withSnapshot<T>(
  repo: Repository,
  options: HubOptions,
  use: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const settings = options.settings ?? hubSettings();
  const session: NodeSession = { settings, signal: options.signal, onNote: options.onNote };
  const revision = checkedRevision(options.revision ?? "main");
  const cache = repositoryCache(settings.cacheFolder, repo);
  const place = { session, repo, cache, revision, onProgress: options.onProgress };
  const known = cachedCommit(cache, revision);
  const isKnown = known !== undefined && statSync(snapshotFolder(cache, known), { throwIfNoEntry: false }) !== undefined;
  if (settings.offline) {
    if (!isKnown) throw notCached(place, undefined, offlineReason);
    return use(cachedSnapshot(place, known, offlineReason));
  }
  let failure: unknown;
  if (isKnown) {
    const attempt = await currentSnapshot(place, { retries: 0 }).catch((error: unknown) => {
      if (!allowsCache(error)) throw error;
      failure = error;
      return undefined;
    });
    if (attempt) return remembered(place, attempt, use);
    try {
      const found = await use(cachedSnapshot(place, known, (failure as Error).message));
      options.onNote?.(`${(failure as Error).message} Using the cached ${revision} of ${repo.id} (${known.slice(0, 7)}).`);
      return found;
    } catch (error) {
      if (!(error instanceof CrispError && error.code === "hub/not-cached")) throw error;
      if (!isTransient(failure)) throw failure;
    }
  }
  return remembered(place, await currentSnapshot(place, {}), use);
}

interface Place {
  readonly session: NodeSession;
  readonly repo: Repository;
  readonly cache: RepositoryCache;
  readonly revision: string;
  readonly onProgress?: (progress: HubProgress) => void;
}

/** The ref moves last: until everything is there, an offline run finds the commit before. */
async function remembered<T>(place: Place, snapshot: Snapshot, use: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const result = await use(snapshot);
  try {
    if (statSync(snapshot.folder, { throwIfNoEntry: false })) writeRef(place.cache, place.revision, snapshot.commit);
  } catch {
    // a cache shared read-only serves its files all the same
  }
  return result;
}

async function currentSnapshot(place: Place, patience: { readonly retries?: number }): Promise<Snapshot> {
  const commit = await currentCommit(place, patience);
  return snapshotOf(place, commit, readTree(place.cache, commit) ?? (await listedFiles(place, commit, patience)), {});
}

async function listedFiles(place: Place, commit: string, patience: { readonly retries?: number }): Promise<RepositoryFile[]> {
  const tree = await listFiles(place, commit, patience);
  try {
    writeTree(place.cache, commit, tree);
  } catch {
    // it only saves a request; where nothing can be written, the download says so
  }
  return filesOf(tree);
}

function cachedSnapshot(place: Place, commit: string, unreachable: string): Snapshot {
  const tree = readTree(place.cache, commit);
  return snapshotOf(place, commit, tree ?? filesInSnapshot(place.cache, commit), { unreachable, isListed: tree !== undefined });
}

interface Connection {
  /** Why nothing can be downloaded; undefined when it can. */
  readonly unreachable?: string;
  readonly isListed?: boolean;
}

function snapshotOf(
  place: Place,
  commit: string,
  files: readonly RepositoryFile[],
  { unreachable, isListed = true }: Connection,
): Snapshot {
  const folder = snapshotFolder(place.cache, commit);
  const byPath = new Map(files.map((file) => [file.path, file]));
  return {
    commit,
    folder,
    files,
    isListed,
    has: (path) => byPath.has(path),
    async fetch(paths) {
      const wanted = paths.map((path) => byPath.get(path) ?? { path, size: -1 });
      // the size finds what a power cut or a full disk spoilt; hashing on each start would take longer than loading
      const missing = wanted.filter(({ path, size }) => sizeOf(join(folder, path)) !== size);
      if (missing.length === 0) return;
      if (unreachable !== undefined) throw notCached(place, missing[0].path, unreachable);
      const unlisted = missing.find(({ etag }) => etag === undefined);
      if (unlisted) throw noFile(place, unlisted.path);
      const { session, repo, cache, onProgress } = place;
      const download: DownloadFile = async (file, { signal, onBytes }) => {
        const isNew = await downloadBlob({ session: { ...session, signal }, cache, repo, commit, file, onBytes });
        await linkBlob(cache, commit, file, isNew);
      };
      await downloadAll(missing, download, { signal: session.signal, onProgress });
    },
  };
}

function noFile({ repo, session, revision }: Place, path: string): CrispError {
  const hint = `See ${pageOf(session.settings.endpoint, repo)}/tree/${revision}.`;
  return expectedGot("hub/no-file", repo.id, `the file ${path}`, "no such file", hint);
}

const offlineReason = "HF_HUB_OFFLINE is set";

function notCached({ repo, session, revision }: Place, file: string | undefined, reason: string): CrispError {
  const { cacheFolder, offline } = session.settings;
  const kind = repo.type === "dataset" ? "--repo-type dataset " : "";
  const hint = offline
    ? `Run it once without HF_HUB_OFFLINE, or fetch it with Python: hf download ${kind}${repo.id}, or copy ${cacheFolder} from a machine that has it.`
    : "Try again when the hub answers.";
  const expected =
    file === undefined
      ? `${NEEDED[repo.type]} of revision ${revision} in the cache ${cacheFolder}`
      : `${file} in the cache ${cacheFolder}`;
  return expectedGot("hub/not-cached", repo.id, expected, `nothing, and ${reason.replace(/\.$/, "")}`, hint);
}
