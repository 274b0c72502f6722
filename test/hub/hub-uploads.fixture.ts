import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type HubRepository, storedRepository } from "./hub-repository.fixture.ts";
import { type HubState, json, refuse } from "./hub-state.fixture.ts";

/** Files of more bytes than this have to be sent to LFS. */
const LARGE = 10_000;

/** What the hub's protocol for uploads says in its lines of a commit. */
type CommitLine =
  | { key: "header"; value: { summary: string } }
  | { key: "file"; value: { path: string; content: string; encoding: "base64" } }
  | { key: "lfsFile"; value: { path: string; oid: string } }
  | { key: "deletedFile"; value: { path: string } };

/** Repositories and branches made, files sent, commits. @returns false for a request that is none of them. */
export async function handleUpload(
  state: HubState,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const put = /^\/upload\/([0-9a-f]{64})$/.exec(path)?.[1];
  if (request.method === "PUT" && put !== undefined) {
    const bytes = await bodyOf(request);
    const isRight = createHash("sha256").update(bytes).digest("hex") === put;
    if (isRight) state.lfs.set(put, bytes);
    response.writeHead(isRight ? 200 : 400).end();
    return true;
  }
  if (request.method !== "POST") return false;
  const body = (await bodyOf(request)).toString();
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token === undefined || !(token in state.tokens)) return refuse(response, 401, "", "Invalid username or password.");
  // a token with a list of repositories may read them; only one for all may write
  if (state.tokens[token] !== "*")
    return refuse(response, 403, "", "You don't have the rights to create a model under this namespace");
  if (path === "/api/repos/create") return create(state, JSON.parse(body), response);
  const found =
    /^\/api\/models\/(.+?)\/(preupload|commit|branch)\/(.+)$/.exec(path) ??
    /^\/(.+)\.git\/info\/lfs\/objects\/(batch)$/.exec(path);
  const repo = found ? state.repos.get(`models/${found[1]}`) : undefined;
  if (!found || !repo) return refuse(response, 404, "RepoNotFound", "Repository not found");
  const [, , what, branch] = found;
  if (what === "preupload") {
    const { files } = JSON.parse(body) as { files: { path: string; size: number }[] };
    return json(response, { files: files.map(({ path, size }) => ({ path, uploadMode: size > LARGE ? "lfs" : "regular" })) });
  }
  if (what === "batch") {
    const { objects } = JSON.parse(body) as { objects: { oid: string; size: number }[] };
    const actions = (oid: string) =>
      state.lfs.has(oid) ? {} : { actions: { upload: { href: `${state.url}/upload/${oid}`, header: {} } } };
    return json(response, { transfer: "basic", objects: objects.map(({ oid, size }) => ({ oid, size, ...actions(oid) })) });
  }
  // an empty repository gets its first branch by its first commit
  if (what === "commit" && branch !== "main" && !repo.branches.has(branch))
    return refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${branch}`);
  if (what === "commit") return commit(state, repo, branch, body, response);
  if (repo.branches.has(branch)) return refuse(response, 409, "", "Reference already exists");
  repo.branches.set(branch, repo.branches.get("main")!);
  return json(response, {});
}

function create(
  state: HubState,
  { name, organization, visibility }: { name: string; organization: string; visibility?: string },
  response: ServerResponse,
): true {
  const id = `${organization}/${name}`;
  if (state.repos.has(`models/${id}`)) return refuse(response, 409, "", "You already created this model repo");
  const repo = storedRepository({ type: "model", id, private: visibility === "private", files: {} }, state.lfs);
  state.repos.set(repo.key, repo);
  return json(response, { url: `${state.url}/${id}`, id });
}

function commit(state: HubState, repo: HubRepository, branch: string, body: string, response: ServerResponse): true {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CommitLine);
  const files: Record<string, Buffer> = {};
  const lfs = new Set<string>();
  for (const line of lines) {
    if (line.key === "file") files[line.value.path] = Buffer.from(line.value.content, line.value.encoding);
    if (line.key === "lfsFile") {
      const bytes = state.lfs.get(line.value.oid);
      if (!bytes) return refuse(response, 400, "", `LFS pointer points to a file that does not exist: ${line.value.path}`);
      files[line.value.path] = bytes;
      lfs.add(line.value.path);
    }
  }
  const commitOid = repo.commit(files, branch, lfs);
  return json(response, {
    success: true,
    commitOid,
    commitUrl: `${state.url}/${repo.spec.id}/commit/${commitOid}`,
    hookOutput: "",
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
