import { expectedGot } from "../../errors/index.ts";
import { downloadAll, type HubProgress } from "../download-all.ts";
import { currentCommit, filesOf, listFiles } from "../listing.ts";
import { modelFiles } from "../model-files.ts";
import { checkedRevision, pageOf, type RepositoryFile, repository } from "../repository.ts";
import type { Session } from "../request.ts";
import { gitHeader, isSha256, type Transfer, transfer, wrongHash } from "../transfer.ts";
import { type CachedPlace, cachedFiles, forgetFiles, keepFiles } from "./cache-web.ts";
import { HUB, webConnection } from "./connection-web.ts";

export interface HubPlace {
  /** Address of the hub; default `https://huggingface.co`. */
  readonly endpoint?: string;
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string;
}

export interface WebDownloadOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
}

/** The files of a model by name, as they lie on the hub. */
export type DownloadedFiles = ReadonlyMap<string, Blob>;

/** A model that was looked up. */
export interface FoundModel {
  readonly id: string;
  readonly commit: string;
  /** Of all files that `download` brings. */
  readonly bytes: number;
  readonly config: Blob;
  /**
   * Download the model, check each file's hash, and keep all of them in the browser; nothing is kept of a download that fails.
   *
   * @throws `hub/wrong-hash`, `hub/wrong-size`, `hub/disk-full`, the codes of `request`; the signal's reason.
   */
  download(options?: WebDownloadOptions): Promise<DownloadedFiles>;
}

/** Weights, gradients, moments and the copy on the way to the worker have to fit beside each other. */
const MOST_BYTES = 1e9;

/**
 * Ask the hub for a model: the commit, the listing and config.json, so that its size is known before the weights come.
 *
 * @param id - `owner/name`.
 * @throws `hub/bad-name`, `hub/no-config`, `hub/no-safetensors`, `hub/no-tokenizer`, `hub/bad-index`, `hub/too-large`, `hub/no-file`,
 *   `hub/not-a-hub`, `hub/no-storage`, the codes of `request`; the signal's reason.
 */
export async function findModel(id: string, options: HubPlace & { readonly signal?: AbortSignal } = {}): Promise<FoundModel> {
  const place = placeOf(id, options);
  const { endpoint, repo, revision } = place;
  const session: Session = { settings: webConnection(endpoint), signal: options.signal };
  const asked = { session, repo, revision };
  // a browser that keeps nothing should say so before anything is downloaded
  await cachedFiles(place);
  const commit = await currentCommit(asked);
  const listed = filesOf(await listFiles(asked, commit));
  const page = `${pageOf(endpoint, repo)}/tree/main`;
  const fileOf = (path: string): RepositoryFile => {
    const file = listed.find((each) => each.path === path);
    if (file) return file;
    throw expectedGot("hub/no-file", id, `the file ${path}`, "no such file", `See ${page}.`);
  };
  const contents = new Map<string, Blob>();
  const get = async (
    file: RepositoryFile,
    more: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void },
  ) => {
    const { signal = options.signal, onBytes = () => {} } = more;
    contents.set(file.path, await downloaded({ session: { ...session, signal }, repo, commit, file, onBytes }));
  };
  const read = async (path: string): Promise<string> => {
    checkSize(id, fileOf(path).size);
    await get(fileOf(path), {});
    return contents.get(path)!.text();
  };
  const files = (await modelFiles({ id, page, files: listed, isListed: true, read })).map(fileOf);
  const names = files.map(({ path }) => path);
  if (!names.includes("tokenizer.json") && !names.includes("preprocessor_config.json")) {
    const hint = `Make one in Python: AutoTokenizer.from_pretrained("${id}").save_pretrained(folder), and give the folder instead of the name.`;
    throw expectedGot("hub/no-tokenizer", id, "a tokenizer.json", "none", hint);
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  checkSize(id, bytes);
  await read("config.json");
  return {
    id,
    commit,
    bytes,
    config: contents.get("config.json")!,
    async download({ signal, onProgress } = {}) {
      const missing = files.filter(({ path }) => !contents.has(path));
      await downloadAll(missing, get, { signal, onProgress });
      await keepFiles(place, { commit, files }, contents);
      return contents;
    },
  };
}

/** The files of a model that was downloaded before, without any request; undefined where they are not in the browser. */
export async function cachedModel(id: string, options: HubPlace = {}): Promise<DownloadedFiles | undefined> {
  return cachedFiles(placeOf(id, options));
}

/** Remove a model from the browser, at all revisions. */
export async function forgetModel(id: string, options: Pick<HubPlace, "endpoint"> = {}): Promise<void> {
  await forgetFiles(placeOf(id, options));
}

function placeOf(id: string, { endpoint = HUB, revision = "main" }: HubPlace): CachedPlace {
  return { endpoint: webConnection(endpoint).endpoint, repo: repository("model", id), revision: checkedRevision(revision) };
}

function checkSize(id: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  const megabytes = (count: number): string => `${Math.round(count / 1e6).toLocaleString("en-US")} MB`;
  const hint = "Choose a smaller one, or train it in Node.";
  throw expectedGot("hub/too-large", id, `a model of at most ${megabytes(MOST_BYTES)}, for a tab`, megabytes(bytes), hint);
}

/** A file in memory, once it has its right hash. */
async function downloaded(job: Transfer): Promise<Blob> {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  await transfer(job, 0, {
    write: async (bytes) => void pieces.push(bytes as Uint8Array<ArrayBuffer>),
    empty: async () => void (pieces = []),
    lost: false,
  });
  const content = new Blob(pieces);
  const found = await hashOf(content, job.file);
  if (found !== job.file.etag) throw wrongHash(job, found);
  return content;
}

async function hashOf(content: Blob, file: RepositoryFile): Promise<string> {
  const digest = isSha256(file)
    ? await crypto.subtle.digest("SHA-256", await content.arrayBuffer())
    : await crypto.subtle.digest("SHA-1", await new Blob([gitHeader(file), content]).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
