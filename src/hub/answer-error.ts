import { CrispError, expectedGot } from "../errors/index.ts";
import { causeOf } from "../network/index.ts";
import type { Advice } from "./connection.ts";
import { pageOf, type Repository } from "./repository.ts";

/** What a request was about, for messages. */
export interface Subject {
  readonly endpoint: string;
  readonly repo: Repository;
  readonly revision?: string;
  readonly file?: string;
  /** Whether a token went with it. */
  readonly withToken: boolean;
  readonly advice: Advice;
}

/**
 * Say plainly what a refused request means. The hub tells a missing repository, revision and file apart in `X-Error-Code`.
 *
 * Codes: `hub/gated`, `hub/no-repository`, `hub/no-revision`, `hub/no-file`, `hub/bad-token`, `hub/forbidden`, `hub/exists`,
 * `hub/rate-limited`, `hub/server-error`, `hub/refused`.
 *
 * @param message - What the server said, from `X-Error-Message` or the body.
 */
export function answerError(response: Response, subject: Subject, message: string): CrispError {
  const { endpoint, repo, revision, file, withToken, advice } = subject;
  const status = response.status;
  const reason = response.headers.get("X-Error-Code");
  const page = pageOf(endpoint, repo);
  const fail = (code: string, expected: string, got: string, hint: string) =>
    expectedGot(`hub/${code}`, repo.id, expected, got, hint);
  if (reason === "GatedRepo") {
    const hint = `Ask for access at ${page}${withToken ? " with the account that your token belongs to" : `, then ${uncapitalised(advice.logIn)}`}`;
    return fail("gated", `access to this ${repo.type}`, `${status}: it is gated`, hint.replace(/\.?$/, "."));
  }
  if (reason === "RevisionNotFound")
    return fail("no-revision", "a branch, tag or commit that exists", revision ?? "none", `See ${page}/tree/main.`);
  if (reason === "EntryNotFound")
    return fail("no-file", `the file ${file ?? ""}`.trim(), "404: no such file", `See ${page}/tree/${revision ?? "main"}.`);
  if (status === 401 && withToken && reason !== "RepoNotFound")
    return fail(
      "bad-token",
      "a token that the hub knows",
      `401${said(message)}`,
      "Make a new one at https://huggingface.co/settings/tokens.",
    );
  if (reason === "RepoNotFound" || status === 404 || status === 401) {
    const hint = withToken
      ? "Check the spelling; a private one needs a token of an account that may read it."
      : `Check the spelling; a private one needs a token: ${uncapitalised(advice.logIn)}`;
    return fail("no-repository", `a ${repo.type} of this name at ${endpoint}`, `${status}: no such repository`, hint);
  }
  if (status === 403)
    return fail(
      "forbidden",
      `a token that may do this`,
      `403${said(message)}`,
      "Check its permissions at https://huggingface.co/settings/tokens.",
    );
  if (status === 409)
    return fail("exists", `no ${repo.type} or branch of this name`, "409: there is one", "Choose another name.");
  if (status === 429)
    return fail("rate-limited", "an answer", "429: too many requests", `Wait a few minutes. ${advice.limit}`.trim());
  const hint = status >= 500 ? `The hub has trouble; try again later. ${advice.trouble}` : advice.endpoint;
  return fail(status >= 500 ? "server-error" : "refused", "an answer", `${status}${said(message)}`, hint);
}

/** No answer at all: no network, no such host, a broken or a silent connection. */
export function unreachable(subject: Subject, error: unknown, tries: number): CrispError {
  const what = `${subject.repo.id}${subject.file === undefined ? "" : `/${subject.file}`}`;
  const got = `${causeOf(error)}${tries > 1 ? `, ${tries} times` : ""}`;
  return expectedGot("hub/unreachable", what, `an answer from ${subject.endpoint}`, got, subject.advice.unreachable);
}

/** Errors after which a cached copy is better than nothing, as in Python: the hub may be down, or the token may have run out. */
export const allowsCache = (error: unknown): boolean =>
  error instanceof CrispError &&
  /^hub\/(unreachable|server-error|rate-limited|gated|no-repository|bad-token|forbidden|refused)$/.test(error.code);

/** Errors that another try may cure. */
export const isTransient = (error: unknown): boolean =>
  error instanceof CrispError && /^hub\/(unreachable|server-error|rate-limited)$/.test(error.code);

const said = (message: string): string => (message ? `: ${message.replace(/\s+/g, " ").replace(/\.$/, "").slice(0, 200)}` : "");
const uncapitalised = (text: string): string => text[0].toLowerCase() + text.slice(1);
