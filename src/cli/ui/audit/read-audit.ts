import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import type { Audit } from "../../../audit/index.ts";
import { expectedGot } from "../../../errors/index.ts";
import { jsonBytes, writeAtomically } from "../../../files/index-node.ts";
import { HttpError } from "../../../server/index-node.ts";
import { readJsonFile } from "../read-run.ts";
import type { Root } from "../root.ts";

/** What somebody decided of a row: its label is right, it is left out, or `label:` and the class that it belongs to. */
export type Decision = "right" | "out" | `label:${string}`;

/** By the line of the data file that a row starts on. */
export type Decisions = ReadonlyMap<number, Decision>;

export interface OpenAudit {
  /** From the root. */
  readonly path: string;
  readonly folder: string;
  readonly audit: Audit;
}

/** @throws HttpError 404 `ui/not-found` where there is no audit. */
export function openAudit(root: Root, path: string): OpenAudit {
  const folder = root.place(path);
  root.place([path, "audit.json"].filter(Boolean).join("/"));
  const audit = readJsonFile(join(folder, "audit.json")) as Audit | undefined;
  const lists = [audit?.labelErrors?.found, audit?.nearDuplicates, audit?.outliers?.found, audit?.slices, audit?.scores];
  if (audit && [...lists, audit.classes].every(Array.isArray)) return { path, folder, audit };
  throw new HttpError(404, expectedGot("ui/not-found", "the request", "an audit below the folder of crisp ui", path));
}

/**
 * The audited file, as it was when it was audited.
 *
 * @returns Where it is.
 * @throws HttpError 409 `ui/data-changed` where it is another one by now, was not kept in mind, or lies outside the root.
 */
export async function auditedData(root: Root, { folder, audit }: OpenAudit): Promise<string> {
  const hint = "Run crisp audit again.";
  const refused = (got: string): HttpError =>
    new HttpError(409, expectedGot("ui/data-changed", audit.data, "the file that was audited, as it was then", got, hint));
  if (!audit.source) throw refused("an audit that does not say which file it read");
  const file = resolve(folder, audit.source.path);
  if (!existsSync(file)) throw refused("none");
  const path = relative(root.folder, file).split(sep).join("/");
  if (!root.has(path)) throw refused("one outside the folder of crisp ui, or behind a link");
  if ((await sha256Of(file)) !== audit.source.sha256) throw refused("one that has changed since");
  return file;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Named after the data, so that a new audit of other data neither takes decisions over nor loses them. */
const decisionsFile = ({ folder, audit }: OpenAudit): string =>
  join(folder, `decisions-${audit.source?.sha256.slice(0, 12) ?? "unknown"}.json`);

/** What was decided so far; lines that the audit does not have are passed. */
export function readDecisions(open: OpenAudit): Decisions {
  const kept = (readJsonFile(decisionsFile(open)) ?? {}) as Readonly<Record<string, unknown>>;
  const isKnown = decisionCheck(open.audit);
  return new Map(
    Object.entries(kept).flatMap(([line, decision]): [number, Decision][] =>
      isKnown(Number(line), decision) ? [[Number(line), decision as Decision]] : [],
    ),
  );
}

/**
 * Keeps decisions beside those that are kept already; an empty one takes a decision back.
 *
 * @throws HttpError 422 `ui/bad-form` for lines and classes that the audit does not have; then nothing is kept.
 */
export function keepDecisions(open: OpenAudit, changes: readonly (readonly [line: number, decision: string])[]): void {
  const isKnown = decisionCheck(open.audit);
  const decisions = new Map<number, string>(readDecisions(open));
  for (const [line, decision] of changes) {
    if (decision === "") decisions.delete(line);
    else if (isKnown(line, decision)) decisions.set(line, decision);
    else {
      const rule = "right, out, or a class of the audit, for a line of it";
      throw new HttpError(422, expectedGot("ui/bad-form", `line ${line}`, rule, decision));
    }
  }
  const file = decisionsFile(open);
  if (existsSync(file) && readJsonFile(file) === undefined) {
    const hint = "Move it away.";
    throw new HttpError(409, expectedGot("ui/bad-decisions", basename(file), "decisions as JSON, no link", "another file", hint));
  }
  writeAtomically(file, [jsonBytes(Object.fromEntries(decisions))]);
}

function decisionCheck({ scores, classes }: Audit): (line: number, decision: unknown) => boolean {
  const lines = new Set(scores.map(({ line }) => line));
  const known = new Set<unknown>(["right", "out", ...classes.map(({ label }) => `label:${label}`)]);
  return (line, decision) => lines.has(line) && known.has(decision);
}
