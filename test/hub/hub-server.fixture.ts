import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, faultFor, misbehave } from "./hub-faults.fixture.ts";
import { type HubRepository, type RepositorySpec, storedRepository } from "./hub-repository.fixture.ts";
import { type HubState, json, refuse } from "./hub-state.fixture.ts";
import { handleUpload } from "./hub-uploads.fixture.ts";

export type { Fault } from "./hub-faults.fixture.ts";
export type { HubRepository, RepositorySpec } from "./hub-repository.fixture.ts";

/** What Hugging Face lets pages of other origins see. */
const EXPOSED =
  "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash";

/** One request that a server got. */
export interface RecordedRequest {
  /** `cdn` is the second origin, where files in LFS are. */
  readonly origin: "hub" | "cdn";
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

export interface HubServerOptions {
  readonly repos?: readonly RepositorySpec[];
  readonly faults?: readonly Fault[];
  /** Tokens that the server knows, each with the ids of the gated and private repositories it may read; `"*"` is all. */
  readonly tokens?: Readonly<Record<string, readonly string[] | "*">>;
  /** Old ids of repositories and their new ones; requests for the old ones are redirected. */
  readonly moved?: Readonly<Record<string, string>>;
}

export interface HubServer {
  /** For `HF_ENDPOINT`. */
  readonly url: string;
  readonly cdnUrl: string;
  /** In the order they came; may be emptied. */
  readonly requests: RecordedRequest[];
  /** Faults in force; may be changed while the server runs. */
  readonly faults: Fault[];
  /** By `models/owner/name` or `datasets/owner/name`. */
  readonly repos: Map<string, HubRepository>;
  add(spec: RepositorySpec): HubRepository;
  /** Paths of the GET requests for contents of files, at either origin. */
  downloads(): RecordedRequest[];
  close(): Promise<void>;
}

/**
 * A hub on this machine: the requests of `@huggingface/hub`, of Python's huggingface_hub and of Crisp, with two origins, tokens, gated
 * repositories, Range requests, uploads, and faults on demand.
 *
 * @example
 * const server = await startHubServer({ repos: [{ type: "model", id: "ada/tiny", files: { "config.json": "{}" } }] });
 * await downloadModel("ada/tiny", { settings: hubSettings({ HF_ENDPOINT: server.url, HF_HOME: folder }) });
 * await server.close();
 */
export async function startHubServer({
  repos = [],
  faults = [],
  tokens = {},
  moved = {},
}: HubServerOptions = {}): Promise<HubServer> {
  const requests: RecordedRequest[] = [];
  const state = {
    repos: new Map<string, HubRepository>(),
    faults: [...faults],
    tokens,
    moved,
    lfs: new Map(),
    url: "",
    cdnUrl: "",
  };
  const listen = async (origin: "hub" | "cdn", handle: (request: IncomingMessage, response: ServerResponse) => unknown) => {
    const server = createServer(async (request, response) => {
      const { method = "GET", url = "/", headers } = request;
      requests.push({ origin, method, url, headers });
      // any page may read, as at Hugging Face; a request that asks for leave beforehand (OPTIONS) gets none
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Expose-Headers", EXPOSED);
      try {
        await handle(request, response);
      } catch (error) {
        response.writeHead(500).end(String(error));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return [server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`] as const;
  };
  const [hub, url] = await listen("hub", (request, response) => handleHub(state, request, response));
  const [cdn, cdnUrl] = await listen("cdn", (request, response) => handleCdn(state, request, response));
  Object.assign(state, { url, cdnUrl });
  const add = (spec: RepositorySpec) => {
    const repo = storedRepository(spec, state.lfs);
    state.repos.set(repo.key, repo);
    return repo;
  };
  for (const spec of repos) add(spec);
  const downloads = () => requests.filter(({ method, url }) => method === "GET" && /^\/lfs\/|\/resolve\//.test(url));
  const close = async () => {
    await Promise.all([hub, cdn].map((server) => stop(server)));
  };
  return { url, cdnUrl, requests, faults: state.faults, repos: state.repos, add, downloads, close };
}

function stop(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}

async function handleHub(state: HubState, request: IncomingMessage, response: ServerResponse): Promise<unknown> {
  const url = new URL(request.url!, state.url);
  const refusal = faultFor(state.faults, url.pathname, "answer");
  if (refusal) return misbehave(response, refusal);
  const path = decodeURIComponent(url.pathname);
  const old = Object.keys(state.moved).find((id) => path.includes(`/${id}/`));
  if (old !== undefined) {
    const location = `${path.replace(`/${old}/`, `/${state.moved[old]}/`)}${url.search}`;
    return response.writeHead(307, { Location: location }).end();
  }
  if (await handleUpload(state, path, request, response)) return;
  const found =
    /^\/api\/(models|datasets)\/(.+?)\/(revision|tree)\/(.+)$/.exec(path) ??
    /^\/(?:(datasets)\/)?(.+?)\/(resolve)\/(.+)$/.exec(path) ??
    /^\/api\/(models|datasets)\/(.+)$/.exec(path);
  if (!found) return refuse(response, 404, "", "Not Found");
  const [, kind = "models", id, what = "revision", rest = "main"] = found;
  const repo = state.repos.get(`${kind}/${id}`);
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined && !(token in state.tokens))
    return refuse(response, 401, "", "Invalid credentials in Authorization header");
  const allowed = token === undefined ? [] : state.tokens[token];
  const mayRead = allowed === "*" || allowed.includes(id);
  if (!repo || (repo.spec.private && !mayRead))
    return refuse(response, token === undefined ? 401 : 404, "RepoNotFound", "Repository not found");
  const [revision, commit, file] = repo.resolve(rest);
  if (commit === undefined) return refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
  if (what === "revision") return json(response, repo.info(commit));
  if (what === "tree") {
    const [page, next] = repo.tree(commit, Number(url.searchParams.get("cursor") ?? 0));
    const link: Record<string, string> =
      next === undefined ? {} : { Link: `<${state.url}${url.pathname}?recursive=true&cursor=${next}>; rel="next"` };
    return json(response, page, link);
  }
  if (repo.spec.gated && !mayRead)
    return refuse(response, token === undefined ? 401 : 403, "GatedRepo", `Access to ${kind} ${id} is restricted.`);
  const entry = repo.file(commit, file);
  const headers = { "X-Repo-Commit": commit };
  if (!entry) return refuse(response, 404, "EntryNotFound", "Entry not found", headers);
  if (!entry.sha256) {
    const fault = request.method === "HEAD" ? undefined : faultFor(state.faults, url.pathname, "body");
    return send(request, response, entry.bytes, { ...headers, ETag: `"${entry.oid}"` }, fault);
  }
  const location = `${state.cdnUrl}/lfs/${entry.sha256}?path=${encodeURIComponent(file)}`;
  const linked = { "X-Linked-Etag": `"${entry.sha256}"`, "X-Linked-Size": String(entry.bytes.length), Location: location };
  response.writeHead(302, { ...headers, ...linked, "Content-Length": 0 }).end();
}

function handleCdn(state: HubState, request: IncomingMessage, response: ServerResponse): unknown {
  const url = new URL(request.url!, state.cdnUrl);
  const fault = faultFor(state.faults, url.searchParams.get("path") ?? url.pathname, "body");
  const bytes = state.lfs.get(url.pathname.slice("/lfs/".length));
  // as S3 does: two ways to say who one is are one too many
  if (request.headers.authorization !== undefined) return refuse(response, 400, "", "Only one auth mechanism allowed");
  if (!bytes) return refuse(response, 403, "", "AccessDenied");
  return send(request, response, bytes, { ETag: '"s3-etag-of-parts-2"' }, fault);
}

/** The bytes, or the part asked for, spoilt by a fault. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  all: Buffer,
  headers: Record<string, string>,
  fault: Fault | undefined,
): void {
  const start = fault?.kind === "noRanges" ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  const at = Number(start ?? 0);
  if (at > 0 && at >= all.length) {
    response.writeHead(416, { "Content-Range": `bytes */${all.length}` }).end();
    return;
  }
  const whole =
    fault?.kind === "corrupt" ? corrupted(all) : fault?.kind === "longer" ? Buffer.concat([all, Buffer.alloc(9)]) : all;
  const body = whole.subarray(at);
  const range = start === undefined ? {} : { "Content-Range": `bytes ${at}-${whole.length - 1}/${whole.length}` };
  response.writeHead(start === undefined ? 200 : 206, {
    ...headers,
    ...range,
    "Content-Length": body.length,
    "Accept-Ranges": "bytes",
  });
  if (request.method === "HEAD") response.end();
  else if (fault) misbehave(response, fault, body);
  else response.end(body);
}

function corrupted(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 1;
  return copy;
}
