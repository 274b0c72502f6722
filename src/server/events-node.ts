import type { Context } from "hono";
import { streamSSE } from "hono/streaming";

/** Sends one event; its data go as JSON. */
export type SendEvent = (event: string, data: unknown) => Promise<void>;

/**
 * Answer with server-sent events.
 *
 * @param until - Ends the answer, e.g. when the server stops: it would otherwise wait for the browser to leave.
 * @param source - Sends events until it returns; its signal is aborted by `until` and by a browser that has left.
 * @example
 * app.get("/events", (context) => sendEvents(context, stopping, async (send) => send("hello", { text: "world" })));
 */
export function sendEvents(
  context: Context,
  until: AbortSignal,
  source: (send: SendEvent, signal: AbortSignal) => Promise<void>,
): Response {
  return streamSSE(
    context,
    async (stream) => {
      const left = new AbortController();
      stream.onAbort(() => left.abort());
      await source(
        (event, data) => stream.writeSSE({ event, data: JSON.stringify(data) }),
        AbortSignal.any([until, left.signal]),
      );
    },
    // what went wrong is a line of the page, which the source sends itself
    async () => {},
  );
}
