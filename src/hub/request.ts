import { CrispError, expectedGot } from "../errors/index.ts";
import { isPassing, isUnconnected, keepsSecrets } from "../network/index.ts";
import { answerError, type Subject, unreachable } from "./answer-error.ts";
import type { Connection } from "./connection.ts";

/** One caller's conversation with the hub. */
export interface Session {
  readonly settings: Connection;
  readonly signal?: AbortSignal;
  readonly onNote?: (text: string) => void;
}

export interface HubRequest {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit | null;
  readonly subject: Pick<Subject, "repo" | "revision" | "file">;
  /** Tries after the first. Default: as in the settings. */
  readonly retries?: number;
  /** Read the whole body before returning, so that a break in its middle is one more reason to try again. */
  readonly whole?: boolean;
  /** Longest wait for the answer; uploads need longer. */
  readonly timeoutMs?: number;
  /** Whether this may change something: then the token is sent whatever `HF_HUB_DISABLE_IMPLICIT_TOKEN` says. */
  readonly writes?: boolean;
}

/** Tries after the first where nothing has answered yet: a machine without a network is told so in a second. */
const UNCONNECTED_RETRIES = 1;
/** Hubs that have answered; from then on a connection that fails is a passing trouble. */
const answered = new WeakSet<Connection>();
/** Bytes of an answer that is read as a whole, such as a page of a listing: those of a hub have well below 1 MB. */
const MOST_ANSWER_BYTES = 16e6;

/**
 * Send a request to the hub, with its token, and try again where that may help: on 408, 429 (after `Retry-After`), 5xx and broken
 * connections, with waits of 1, 2, 4, 8, 8 s; once only where the hub cannot be connected to from the start.
 *
 * The token goes to the endpoint's own origin and nowhere else, and never over plain http to another machine.
 *
 * @returns An answer of 2xx, or 416.
 * @throws the codes of `answerError`, `hub/unreachable`, `hub/token-in-clear`, `hub/too-large`; the signal's reason when it is aborted.
 */
export async function request(session: Session, url: string, options: HubRequest): Promise<Response> {
  const { settings, signal } = session;
  const withToken = settings.token !== undefined && (settings.sendsTokenOnDownload || options.writes === true);
  const subject: Subject = { ...options.subject, endpoint: settings.endpoint, advice: settings.advice, withToken };
  if (withToken && !settings.sendsTokenOverHttp && !keepsSecrets(settings.endpoint)) throw tokenInClear(subject);
  const retries = options.retries ?? settings.retries;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    let response: Response;
    try {
      response = await once(session, url, options, withToken);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CrispError) throw error;
      const patience = isUnconnected(error) && !answered.has(settings) ? Math.min(retries, UNCONNECTED_RETRIES) : retries;
      if (attempt >= patience) throw unreachable(subject, error, attempt + 1);
      await settings.sleep(backOff(settings, attempt), signal);
      continue;
    }
    answered.add(settings);
    if (response.ok || response.status === 416) return response;
    const message = response.headers.get("X-Error-Message") ?? (await errorMessage(response));
    if (!isPassing(response.status) || attempt >= retries) throw answerError(response, subject, message);
    await settings.sleep(waitAsked(response, settings, subject) ?? backOff(settings, attempt), signal);
  }
}

/** The same as a `fetch` for `@huggingface/hub`, which then needs no token, and whose errors are ours. */
export function hubFetch(session: Session, options: Omit<HubRequest, "method" | "headers" | "body">): typeof fetch {
  return (input, init = {}) =>
    request(session, input instanceof Request ? input.url : String(input), {
      ...options,
      method: init.method,
      headers: init.headers,
      body: init.body,
      whole: true,
    });
}

/** 1, 2, 4, 8, 8 … s by default. */
export const backOff = ({ backOffMs, longestBackOffMs }: Connection, attempt: number): number =>
  Math.min(longestBackOffMs, backOffMs * 2 ** attempt);

async function once(session: Session, url: string, options: HubRequest, withToken: boolean): Promise<Response> {
  const { settings, signal } = session;
  const timeout = new AbortController();
  const timeoutMs = options.timeoutMs ?? settings.answerTimeoutMs;
  const timer = setTimeout(() => timeout.abort(new Error(`no answer for ${timeoutMs / 1000} s`)), timeoutMs);
  try {
    // the caller's signal has to reach the body too, which is read after this function has returned
    const either = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    const { method = "GET", headers, body } = options;
    const response = await settings.send(settings, url, { method, headers, body, signal: either, withToken });
    if (options.whole !== true && response.ok) return response;
    clearTimeout(timer);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    if (response.body)
      for await (const piece of withoutSilence(response.body, settings.silenceTimeoutMs)) {
        bytes += piece.length;
        if (bytes > MOST_ANSWER_BYTES) throw tooLarge(options.subject.repo.id, settings);
        pieces.push(piece);
      }
    const whole = new Blob(pieces as Uint8Array<ArrayBuffer>[]);
    const { status, statusText } = response;
    const sent = [204, 205, 304].includes(status) ? null : whole;
    const copy = new Response(sent, { status, statusText, headers: response.headers });
    return Object.defineProperty(copy, "url", { value: response.url });
  } finally {
    clearTimeout(timer);
  }
}

function tokenInClear({ repo, endpoint }: Subject): CrispError {
  const hint =
    "Give HF_ENDPOINT with https; or download without the token (HF_HUB_DISABLE_IMPLICIT_TOKEN=1); or let everybody on the way read it (CRISP_TOKEN_OVER_HTTP=1).";
  return expectedGot("hub/token-in-clear", repo.id, "https, as a token goes with it", endpoint, hint);
}

function tooLarge(id: string, { endpoint, advice }: Connection): CrispError {
  const expected = `an answer of at most ${MOST_ANSWER_BYTES / 1e6} MB from ${endpoint}`;
  return expectedGot("hub/too-large", id, expected, "a longer one", advice.endpoint);
}

async function errorMessage(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? "");
  } catch {
    return /<html/i.test(text) ? "" : text.slice(0, 200);
  }
}

/** Milliseconds that a server asks for: `Retry-After` in seconds or as a date, or the hub's `RateLimit: "api";r=0;t=17`. */
function waitAsked(response: Response, settings: Connection, subject: Subject): number | undefined {
  const header = response.headers.get("Retry-After");
  const window = response.status === 429 ? /;\s*r=0\s*;\s*t=(\d+)/.exec(response.headers.get("RateLimit") ?? "")?.[1] : undefined;
  const asked = header?.trim() || window;
  if (!asked) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(asked) ? 1000 * Number(asked) : Date.parse(asked) - Date.now();
  if (Number.isNaN(ms)) return undefined;
  if (ms > settings.longestRetryAfterMs) {
    const hint = `Try again after that. ${settings.advice.limit}`.trim();
    const expected = `a wait of at most ${settings.longestRetryAfterMs / 1000} s`;
    throw expectedGot("hub/rate-limited", subject.repo.id, expected, `${response.status}: wait ${Math.ceil(ms / 1000)} s`, hint);
  }
  return Math.max(0, ms);
}

/** The pieces of a body; throws when none comes for `ms`. */
export async function* withoutSilence(body: ReadableStream<Uint8Array>, ms: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let fail: (error: Error) => void = () => {};
  const silence = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // when nothing is read any more, nobody listens to it
  silence.catch(() => {});
  const watch = () => setTimeout(() => fail(new Error(`no data for ${ms / 1000} s`)), ms);
  let timer = watch();
  try {
    while (true) {
      const { done, value } = await Promise.race([reader.read(), silence]);
      if (done) return;
      yield value;
      clearTimeout(timer);
      timer = watch();
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => {});
  }
}
