import { expectedGot } from "../../errors/index.ts";
import { fileUrl, pageOf, type Repository, type RepositoryFile } from "../repository.ts";

/** Its name in the browser's Cache Storage. */
const CACHE = "crisp-hub";

/** A model at a revision of a hub. */
export interface CachedPlace {
  readonly endpoint: string;
  readonly repo: Repository;
  readonly revision: string;
}

/** What stands in the cache once all files of a model do. */
interface Manifest {
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
}

/** The files of a model by path, if all are in the cache. */
export async function cachedFiles(place: CachedPlace): Promise<Map<string, Blob> | undefined> {
  const cache = await open();
  const manifest = await cache.match(manifestUrl(place));
  if (!manifest) return undefined;
  const { commit, files } = (await manifest.json()) as Manifest;
  const found = new Map<string, Blob>();
  for (const { path, size } of files) {
    const content = await (await cache.match(fileUrl(place.endpoint, place.repo, commit, path)))?.blob();
    if (content?.size !== size) return undefined;
    found.set(path, content);
  }
  return found;
}

/**
 * Keep the files of a model, in place of what was kept of it; all of them or none.
 *
 * @param contents - By path; whole and checked.
 * @throws `hub/disk-full`; `hub/no-storage`.
 */
export async function keepFiles(
  place: CachedPlace,
  { commit, files }: Manifest,
  contents: ReadonlyMap<string, Blob>,
): Promise<void> {
  const cache = await open();
  await forgetFiles(place);
  try {
    for (const { path } of files)
      await cache.put(fileUrl(place.endpoint, place.repo, commit, path), new Response(contents.get(path)!));
    // last: what it names is there
    await cache.put(manifestUrl(place), Response.json({ commit, files }));
  } catch (error) {
    await forgetFiles(place);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const hint = "Nothing was kept. Make room on this device, or let the browser keep more of this page.";
    const { message, name } = error as Error;
    const rule = `${Math.ceil(bytes / 1e6)} MB of room in the browser's storage`;
    throw expectedGot("hub/disk-full", place.repo.id, rule, message || name, hint);
  }
}

/** Remove what is kept of a model, at all revisions. */
export async function forgetFiles({ endpoint, repo }: CachedPlace): Promise<void> {
  const cache = await open();
  const ours = [infoUrl(endpoint, repo), `${pageOf(endpoint, repo)}/resolve/`];
  // in this order: a model without its list is not in the cache
  for (const start of ours)
    for (const request of await cache.keys()) if (request.url.startsWith(start)) await cache.delete(request);
}

const infoUrl = (endpoint: string, { type, id }: Repository): string => `${endpoint}/api/${type}s/${id}/revision/`;
const manifestUrl = ({ endpoint, repo, revision }: CachedPlace): string =>
  `${infoUrl(endpoint, repo)}${encodeURIComponent(revision)}`;

async function open(): Promise<Cache> {
  try {
    return await caches.open(CACHE);
  } catch (error) {
    const rule = "a page that the browser lets keep files (Cache Storage)";
    const hint = "Open it over https or from localhost, and not in a private window.";
    throw expectedGot("hub/no-storage", "hub", rule, (error as Error).message, hint);
  }
}
