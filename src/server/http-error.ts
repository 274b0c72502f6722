import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CrispError } from "../errors/index.ts";

/** An error with the status, and the headers, that a request is answered with. */
export class HttpError extends CrispError {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @example
   * throw new HttpError(413, expectedGot("server/body-too-large", "the request", "a body of at most 1,048,576 bytes", "more"));
   */
  constructor(status: ContentfulStatusCode, error: CrispError, headers: Readonly<Record<string, string>> = {}) {
    super(error.code, error.message, error.details);
    this.name = "HttpError";
    this.status = status;
    this.headers = headers;
  }
}

/** The body of every answer that is no success. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

/** What a client is told of an error: nothing of one that Crisp did not throw on purpose, as it may name files and values. */
export function errorBody(error: unknown): ErrorBody {
  if (error instanceof CrispError) return { error: { code: error.code, message: error.message } };
  return { error: { code: "server/unexpected", message: "server: unexpected error. Its log says more." } };
}

/** 500 for whatever was thrown without a status. */
export const statusOf = (error: unknown): ContentfulStatusCode => (error instanceof HttpError ? error.status : 500);
