/** How the hub is spoken to, wherever this runs. */
export interface Connection {
  /** No slash at the end. */
  readonly endpoint: string;
  readonly token?: string;
  /** Whether the token goes with downloads, too. */
  readonly sendsTokenOnDownload: boolean;
  /** Whether it may go over plain http to another machine, where everybody on the way can read it. */
  readonly sendsTokenOverHttp: boolean;
  /** Longest wait for the headers of an answer. */
  readonly answerTimeoutMs: number;
  /** Longest silence in the middle of a file. */
  readonly silenceTimeoutMs: number;
  /** Tries after the first one that bring no new byte. */
  readonly retries: number;
  /** First wait; each next one is twice as long. */
  readonly backOffMs: number;
  readonly longestBackOffMs: number;
  /** A server that asks for a longer wait than this is an error. */
  readonly longestRetryAfterMs: number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly send: Send;
  /** Whether Content-Length is the size of the file wherever the answer names no Content-Encoding. */
  readonly announcesSize: boolean;
  readonly advice: Advice;
}

export interface SentRequest {
  readonly method: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit | null;
  readonly signal: AbortSignal;
  /** Whether the token goes along, to the endpoint's own origin. */
  readonly withToken: boolean;
}

/** Send one request and follow its redirects. */
export type Send = (connection: Connection, url: string, request: SentRequest) => Promise<Response>;

/** What people can do about an error where this runs: ends of messages. */
export interface Advice {
  /** No token was sent, and one may be needed. Begins with a capital letter. */
  readonly logIn: string;
  /** Too many requests; what raises their limit. Empty where nothing does. */
  readonly limit: string;
  /** The hub failed; what became of the bytes that had come. */
  readonly trouble: string;
  /** What answers is perhaps no hub. */
  readonly endpoint: string;
  /** Nothing answers. */
  readonly unreachable: string;
}
