import type { Send } from "./connection.ts";

/** As many as browsers follow. */
const REDIRECTS = 20;
const USER_AGENT = "crisp-attention";

/**
 * Send a request, and follow its redirects by hand: the token goes to the endpoint's own origin and nowhere else. fetch would drop the
 * header at another origin too, but a guarantee should not rest on a default. Browsers show a script no redirect: see `web/connection-web.ts`.
 */
export const sendByHand: Send = async (connection, start, { method, headers, body, signal, withToken }) => {
  const home = new URL(connection.endpoint).origin;
  const ours = `Bearer ${connection.token}`;
  let url = new URL(start);
  for (let hop = 0; hop < REDIRECTS; hop++) {
    const sent = new Headers(headers);
    if (url.origin === home) {
      if (withToken) sent.set("Authorization", ours);
      else sent.delete("Authorization");
    } else if (sent.get("Authorization") === ours || hop > 0) sent.delete("Authorization");
    sent.set("User-Agent", USER_AGENT);
    // a compressed body would have neither the size nor the byte positions of the file
    if (!sent.has("Accept-Encoding")) sent.set("Accept-Encoding", "identity");
    const response = await fetch(url, { method, headers: sent, body, signal, redirect: "manual" });
    const target = response.headers.get("Location");
    if (![301, 302, 303, 307, 308].includes(response.status) || target === null) return response;
    await response.body?.cancel();
    const next = new URL(target, url);
    if (url.protocol === "https:" && next.protocol !== "https:") throw new Error(`a redirect from https to ${next.protocol}//`);
    url = next;
  }
  throw new Error(`more than ${REDIRECTS} redirects`);
};
