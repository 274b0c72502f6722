import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { expectedGot } from "../errors/index.ts";
import { HttpError } from "./http-error.ts";

/** Fewer characters can be guessed over a network. */
export const SHORTEST_TOKEN = 16;

export interface Access {
  /** @throws HttpError 401 `server/no-access`. */
  readonly check: MiddlewareHandler;
  /** A secret for `/?token=…` that is good for one browser: it gets a cookie, and the address is worth nothing from then on. */
  ticket(): string;
}

/**
 * Who may ask: whoever has the token, and browsers that came with a ticket.
 *
 * Secrets are compared in constant time. A browser's cookie is drawn anew at each start and is not the token, so that neither history
 * nor cookie gives that away.
 *
 * @param token - Sent as `Authorization: Bearer …`. Left out, everybody may ask.
 * @param open - Paths that everybody may ask, such as those of a health check.
 */
export function createAccess({ token, open = [] }: { readonly token?: string; readonly open?: readonly string[] }): Access {
  const session = randomBytes(32).toString("base64url");
  const tickets = new Set<string>();
  const spend = (given: string): boolean => {
    const known = [...tickets].find((ticket) => same(ticket, given));
    return known !== undefined && tickets.delete(known);
  };
  return {
    ticket() {
      const ticket = randomBytes(32).toString("base64url");
      tickets.add(ticket);
      return ticket;
    },
    async check(context, next) {
      const { req } = context;
      if (token === undefined || open.includes(req.path)) return next();
      // cookies of a host are those of all its ports
      const cookie = `crisp_${new URL(req.url).port || "80"}`;
      const bearer = /^Bearer +(.+)$/i.exec(req.header("authorization") ?? "")?.[1];
      if (bearer !== undefined ? same(bearer, token) : same(getCookie(context, cookie) ?? "", session)) return next();
      const given = req.method === "GET" && bearer === undefined ? req.query("token") : undefined;
      if (given !== undefined && spend(given)) {
        setCookie(context, cookie, session, { httpOnly: true, sameSite: "Strict", path: "/" });
        return context.redirect(req.path, 303);
      }
      throw refused(bearer !== undefined ? "another token" : given !== undefined ? "an address that was used before" : "none");
    },
  };
}

function refused(got: string): HttpError {
  const hint = "Send the header Authorization: Bearer TOKEN, or open the address that the server shows when it starts, once.";
  const error = expectedGot("server/no-access", "the request", "the token that the server was started with", got, hint);
  return new HttpError(401, error, { "WWW-Authenticate": "Bearer" });
}

/** Hashes are of one length, so that the time says nothing about either text. */
const same = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));
const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
