import type { Advice, Connection, Send } from "../connection.ts";

/** Where models are looked up if nothing else is said. */
export const HUB = "https://huggingface.co";

const ADVICE: Advice = {
  logIn: "Download it where you are logged in, with: hf download, and give this page the folder.",
  limit: "",
  trouble: "Nothing was kept.",
  endpoint: "Is it the address of a hub?",
  unreachable:
    "Check the connection, and whether anything blocks this address. A model's folder on this computer needs no network.",
};

/**
 * Browsers follow redirects themselves and show a script none of them; so there is no token here. No header is added, so that no answer
 * needs the hub's leave first.
 */
const send: Send = (_, url, { method, headers, body, signal }) =>
  // what is kept is kept once, whole and checked: not by the browser on its own
  fetch(url, { method, headers, body, signal, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" });

/** How a page speaks to the hub; without a token. */
export const webConnection = (endpoint: string): Connection => ({
  endpoint: endpoint.replace(/\/+$/, ""),
  sendsTokenOnDownload: false,
  sendsTokenOverHttp: false,
  answerTimeoutMs: 10_000,
  silenceTimeoutMs: 10_000,
  // somebody sits before the page and can click again
  retries: 2,
  backOffMs: 1000,
  longestBackOffMs: 8000,
  longestRetryAfterMs: 30_000,
  sleep,
  send,
  // a page of another origin sees the length of a compressed body, and not that it is compressed
  announcesSize: false,
  advice: ADVICE,
});

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
  signal?.throwIfAborted();
}
