import type { MiddlewareHandler } from "hono";
import { expectedGot } from "../errors/index.ts";
import { HttpError } from "./http-error.ts";

/**
 * Refuse what another site makes a browser ask, before anything is read.
 *
 * A page of a foreign name that resolves to this machine (DNS rebinding) sends that name as Host. A page of another origin, another
 * port of this machine included, sends its Origin or Sec-Fetch-Site; what is no browser sends neither and passes. It holds for reading too.
 *
 * @param hosts - Names without a port, as a URL has them: `localhost`, `[::1]`.
 * @throws HttpError 403 `server/foreign-host`, `server/foreign-origin`.
 */
export function guard(hosts: ReadonlySet<string>): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header("host") ?? "";
    if (!hosts.has(nameOf(host))) {
      // which names those are is nothing for a page of another site
      const hint = "Name it with --allowed_hosts, if it is this server's.";
      throw new HttpError(403, expectedGot("server/foreign-host", "the header Host", "a name of this machine", host, hint));
    }
    const origin = context.req.header("origin");
    if (origin !== undefined && URL.parse(origin)?.host !== host.toLowerCase()) {
      throw foreignOrigin("Origin", `this server's own (${host})`, origin);
    }
    const site = context.req.header("sec-fetch-site");
    if (site !== undefined && !OWN_SITES.has(site)) throw foreignOrigin("Sec-Fetch-Site", [...OWN_SITES].join(" or "), site);
    await next();
  };
}

/** Of an address that was typed, or of a page of this very origin. `same-site` would be any port of this machine. */
const OWN_SITES: ReadonlySet<string> = new Set(["same-origin", "none"]);

/** `localhost` for `LOCALHOST:8080`; empty for what is no name with a port. */
function nameOf(host: string): string {
  const url = URL.parse(`http://${host}`);
  return url !== null && /^[^/?#@\\\s]+$/.test(host) ? url.hostname : "";
}

function foreignOrigin(header: string, expected: string, got: string): HttpError {
  const hint = "Pages of other sites may not ask; type the address into the browser, or send no such header.";
  return new HttpError(403, expectedGot("server/foreign-origin", `the header ${header}`, expected, got, hint));
}
