import { expectedGot } from "../errors/index.ts";
import { keepsSecrets, meansSecretsInClear } from "../network/index.ts";
import type { Environment } from "./tracker.ts";

/** A tracker's server, spoken to in JSON. */
export interface Server {
  /** For messages. */
  readonly tracker: string;
  /** Without a slash at the end. */
  readonly url: string;
  /** Secrets among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where an answer says that the secrets are missing or wrong: what to do. */
  readonly denied: string;
  readonly timeoutMs?: number;
}

/** What a server said; a status of its own, as some answers that are no 2xx have a meaning. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Long enough for a server that other runs keep busy. */
const TIMEOUT_MS = 10_000;

/**
 * The address that a variable gives, without the name and password that may stand in it.
 *
 * @throws `tracker/bad-address`, which shows no secret.
 */
export function addressOf(
  variable: string,
  text: string | undefined,
  hint: string,
): { readonly url: string; readonly query: URLSearchParams; readonly userinfo?: string } {
  const url = URL.parse(text ?? "");
  if (!url || !/^https?:$/.test(url.protocol)) {
    const got = text === undefined || text === "" ? "nothing" : url ? `${url.protocol}…` : "no address";
    throw expectedGot("tracker/bad-address", variable, "http:// or https:// and a server", got, hint);
  }
  const { username, password, searchParams: query } = url;
  const userinfo = username === "" ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""), query, ...(userinfo !== undefined && { userinfo }) };
}

/**
 * Refuse to send secrets over plain http to another machine, as for the Hub: `CRISP_TOKEN_OVER_HTTP=1` insists.
 *
 * @throws `tracker/secret-in-clear`.
 */
export function checkSecrets(variable: string, { url, headers }: Server, env: Environment): void {
  if (Object.keys(headers).length === 0 || keepsSecrets(url) || meansSecretsInClear(env)) return;
  const hint = "Give it with https; or let everybody on the way read the secret (CRISP_TOKEN_OVER_HTTP=1).";
  throw expectedGot("tracker/secret-in-clear", variable, "https, as a secret goes with it", url, hint);
}

/**
 * Ask a server once. Redirects are not followed: secrets are for the server that was named.
 *
 * @param allowed - Statuses that are no 2xx and no error.
 * @throws `tracker/unreachable`; `tracker/denied` for 401 and 403; `tracker/refused` for what it will refuse again (400, 413, 422);
 *   `tracker/answer` for any other.
 */
export async function ask(server: Server, path: string, body?: unknown, allowed: readonly number[] = []): Promise<Answer> {
  const { tracker, url, headers, denied, timeoutMs = TIMEOUT_MS } = server;
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { ...headers, ...(body !== undefined && { "Content-Type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    const { message, cause } = error as Error;
    const got = cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message;
    throw expectedGot("tracker/unreachable", tracker, `an answer from ${url}`, got);
  }
  const { status } = response;
  const answered = parsed(text);
  if ((response.ok && answered) || allowed.includes(status)) return { status, body: answered ?? {} };
  const code = /^40[13]$/.test(`${status}`) ? "denied" : /^(400|413|422)$/.test(`${status}`) ? "refused" : "answer";
  const said = answered?.message ?? answered?.error ?? answered?.detail;
  const got = typeof said === "string" ? `${status}: ${said.slice(0, 200)}` : response.ok ? "no JSON" : status;
  throw expectedGot(`tracker/${code}`, tracker, `an answer from ${url}`, got, code === "denied" ? denied : undefined);
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** JSON has no NaN: both servers read these words as the numbers. */
export const jsonNumber = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
