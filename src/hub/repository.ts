import { expectedGot } from "../errors/index.ts";

/** A repository of the hub. */
export interface Repository {
  readonly type: "model" | "dataset";
  /** `name` or `owner/name`. */
  readonly id: string;
}

/** A file of a repository at one commit, as the hub lists it. */
export interface RepositoryFile {
  /** With forward slashes, from the root of the repository. */
  readonly path: string;
  /** Bytes of the file itself, not of a Git LFS pointer to it. */
  readonly size: number;
  /** Name of its blob in the cache: SHA-256 of a file in LFS, Git's SHA-1 of any other. Absent in a listing made of cached files. */
  readonly etag?: string;
}

/** A whole commit, as against a branch, a tag or a short hash. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/**
 * Check an id before it becomes part of a URL and of a path.
 *
 * @throws `hub/bad-name`
 */
export function repository(type: Repository["type"], id: string): Repository {
  const parts = id.split("/");
  const word = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
  if (parts.length > 2 || !parts.every((part) => word.test(part) && !part.includes("--") && !part.includes(".."))) {
    const hint = "Letters, digits, '-', '_' and '.' are allowed, as in distilbert/distilbert-base-uncased.";
    throw expectedGot("hub/bad-name", "hub", `a ${type} name of the form owner/name`, id, hint);
  }
  return { type, id };
}

/**
 * Check a branch, tag or commit: it becomes a path under `refs/`.
 *
 * @throws `hub/bad-name`
 */
export function checkedRevision(revision: string): string {
  if (/^[\w.-]+(\/[\w.-]+)*$/.test(revision) && !isUnsafePath(revision) && !/(^|\/)\.(\/|$)/.test(revision)) return revision;
  const hint = "main, v1.0, refs/pr/1 and a whole commit hash are revisions.";
  throw expectedGot("hub/bad-name", "hub", "a branch, a tag or a commit", revision, hint);
}

/** Whether a listed path would leave the folder it is joined to, on any system; Windows drops dots and spaces behind `..`. */
export const isUnsafePath = (path: string): boolean =>
  /^[./\\]*$/.test(path) ||
  path.includes("\0") ||
  /^[/\\]|^[A-Za-z]:/.test(path) ||
  path.split(/[/\\]/).some((part) => /^\.\.[. ]*$/.test(part));

/** `https://…/datasets/nyu-mll/glue`: where people look. */
export const pageOf = (endpoint: string, { type, id }: Repository): string =>
  `${endpoint}/${type === "dataset" ? "datasets/" : ""}${id}`;

/** Where the bytes of a file are. */
export function fileUrl(endpoint: string, repo: Repository, commit: string, path: string): string {
  return `${pageOf(endpoint, repo)}/resolve/${encodeURIComponent(commit)}/${path.split("/").map(encodeURIComponent).join("/")}`;
}
