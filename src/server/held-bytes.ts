import type { MiddlewareHandler } from "hono";
import { expectedGot } from "../errors/index.ts";
import { HttpError } from "./http-error.ts";

/**
 * Bound the bytes that all open requests hold together, so that many large ones do not end the process for want of memory.
 *
 *     Σ over open requests of (Content-Length, or maxBodyBytes where none is sent) ≤ max(maxHeldBytes, maxBodyBytes)
 *
 * A body counts until its request is answered, as what was made of it lives as long. One above `maxBodyBytes` is left to whatever refuses it.
 *
 * @throws HttpError 503 `server/busy` with Retry-After.
 */
export function boundHeldBytes(maxHeldBytes: number, maxBodyBytes: number): MiddlewareHandler {
  // or no request of that size would ever be answered
  const most = Math.max(maxHeldBytes, maxBodyBytes);
  let held = 0;
  return async ({ req }, next) => {
    const bytes = bodyBytes(req.raw, maxBodyBytes);
    if (bytes > maxBodyBytes) return next();
    if (held + bytes > most) throw busy(held, most);
    held += bytes;
    try {
      await next();
    } finally {
      held -= bytes;
    }
  };
}

function bodyBytes({ method, headers }: Request, maxBodyBytes: number): number {
  const length = headers.get("content-length");
  if (length !== null) return Number(length);
  return headers.has("transfer-encoding") && method !== "GET" && method !== "HEAD" ? maxBodyBytes : 0;
}

function busy(held: number, most: number): HttpError {
  const rule = `open requests of at most ${most} bytes together`;
  const error = expectedGot("server/busy", "the server", rule, `${held} that are not answered yet`, "Try again in 1 s.");
  return new HttpError(503, error, { "Retry-After": "1" });
}
