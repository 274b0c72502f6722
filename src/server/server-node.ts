import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { StatusCode } from "hono/utils/http-status";
import { expectedGot } from "../errors/index.ts";
import { createAccess, SHORTEST_TOKEN } from "./access-node.ts";
import { hostNames, inUrl, isLoopback } from "./addresses-node.ts";
import { guard } from "./guard.ts";
import { boundHeldBytes } from "./held-bytes.ts";
import { errorBody, HttpError, statusOf } from "./http-error.ts";
import { type Listening, listen } from "./listen-node.ts";

/** A router whose every route is guarded; its handlers may throw {@link HttpError}. */
export type App = Hono<{ Bindings: HttpBindings }>;

/** One request that was answered. It has neither what was sent nor what follows `?`. */
export interface AnsweredRequest {
  /** When it came, ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly elapsedMs: number;
  /** Address of the other side: of a proxy, where there is one. */
  readonly remote: string | undefined;
}

export interface ServerSettings {
  /** Address to listen on. Default `127.0.0.1`; any that others reach needs a token. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Who has it may ask; left out, every program of this machine may. */
  readonly token?: string;
  /** Paths that need no token, such as those of a health check. */
  readonly open?: readonly string[];
  /** Names that requests may have in Host beside this machine's own. */
  readonly allowedHosts?: readonly string[];
  /** Bytes of a body. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Bytes of the bodies of all open requests together. Default 64 MiB; one request may always have `maxBodyBytes`. */
  readonly maxHeldBytes?: number;
  /** Connections that may be open at once; further ones are closed unanswered. Default 2,048. */
  readonly maxConnections?: number;
  /** Until a request is there as a whole; its headers alone have no more than 10 seconds of it. Default 30 seconds. */
  readonly requestTimeoutMs?: number;
  /** What requests have left once the server stops. Default 5 seconds. */
  readonly stopWithinMs?: number;
  /** Told of each request, e.g. for a log. */
  readonly onAnswered?: (request: AnsweredRequest) => void;
  /** Told of errors that Crisp did not throw on purpose; the client learns nothing of them. */
  readonly onError?: (error: unknown) => void;
}

export interface Server extends Listening {
  /** Where a browser begins: with a token, an address that is good for one browser, and another one at each call. */
  signInUrl(): string;
}

/** The status that nginx, too, notes for requests whose client has gone. */
const GIVEN_UP = 499 as StatusCode;

/** Pages load only what this server has, and no other page shows them in a frame. */
const PAGES = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Start an HTTP server that is safe to have on a desk: for this machine alone unless it has a token, deaf to pages of other sites, with
 * limits on size and time, and errors as `{ error: { code, message } }`.
 *
 * @param routes - Adds the routes. They run behind all checks.
 * @throws `server/needs-token`, `server/weak-token`, `server/bad-host-name`; `server/port` and `server/host` where it cannot listen.
 * @example
 * const server = await startServer({ port: 0 }, (app) => app.get("/", (context) => context.text("hello")));
 * await fetch(server.url);
 * await server.stop();
 */
export async function startServer(settings: ServerSettings, routes: (app: App) => void): Promise<Server> {
  const { port, token, open, allowedHosts } = settings;
  // what is empty is all interfaces to Node
  const host = (settings.host ?? "127.0.0.1") || "0.0.0.0";
  const { maxBodyBytes = 2 ** 20, maxHeldBytes = 2 ** 26, maxConnections = 2048 } = settings;
  checkToken(host, token);
  const access = createAccess({ token, open });
  const app: App = new Hono();
  app.onError((error, context) => {
    // nobody reads the answer to a request that was given up
    if (context.req.raw.signal.aborted) return context.body(null, GIVEN_UP);
    if (!(error instanceof HttpError)) settings.onError?.(error);
    return context.json(errorBody(error), statusOf(error), error instanceof HttpError ? error.headers : {});
  });
  app.notFound((context) => context.json(errorBody(notFound(context.req.path)), 404));
  app.use(
    answered(settings.onAnswered),
    // TLS is a proxy's, and so is what it promises
    secureHeaders({ xFrameOptions: "DENY", strictTransportSecurity: false }),
    pagePolicy,
    noStore,
    guard(hostNames(host, allowedHosts)),
    access.check,
    boundHeldBytes(maxHeldBytes, maxBodyBytes),
    bodyLimit({ maxSize: maxBodyBytes, onError: () => tooLarge(maxBodyBytes) }),
    methodNotAllowed({
      app,
      onMethodNotAllowed: (context, methods) =>
        context.json(errorBody(wrongMethod(context.req.path, context.req.method, methods)), 405, { Allow: methods.join(", ") }),
    }),
  );
  routes(app);
  const { requestTimeoutMs = 30_000, stopWithinMs = 5000 } = settings;
  const listening = await listen(app, { host, port, requestTimeoutMs, stopWithinMs, maxConnections });
  const url = `http://${inUrl(host)}:${listening.port}/`;
  return { ...listening, signInUrl: () => (token === undefined ? url : `${url}?token=${access.ticket()}`) };
}

function checkToken(host: string, token: string | undefined): void {
  if (token === undefined && !isLoopback(host)) {
    const rule = `a token, as other machines reach ${host}`;
    throw expectedGot(
      "server/needs-token",
      "--token",
      rule,
      "none",
      "Set CRISP_TOKEN, e.g. to what openssl rand -hex 32 prints.",
    );
  }
  if (token !== undefined && !/^[\x21-\x7e]*$/.test(token)) {
    throw expectedGot("server/weak-token", "--token or CRISP_TOKEN", "printable ASCII characters without spaces", "others");
  }
  if (token !== undefined && token.length < SHORTEST_TOKEN) {
    const hint = "openssl rand -hex 32 prints a good one.";
    throw expectedGot("server/weak-token", "--token or CRISP_TOKEN", `at least ${SHORTEST_TOKEN} characters`, token.length, hint);
  }
}

const answered =
  (onAnswered: ServerSettings["onAnswered"] = () => {}): MiddlewareHandler<{ Bindings: HttpBindings }> =>
  async (context, next) => {
    const [time, start] = [new Date().toISOString(), performance.now()];
    await next();
    const { method, path } = context.req;
    const remote = context.env.incoming.socket.remoteAddress;
    onAnswered({ time, method, path, status: context.res.status, elapsedMs: performance.now() - start, remote });
  };

/** A route may answer with a policy of its own, e.g. for a page that has its styles in it. */
const pagePolicy: MiddlewareHandler = async (context, next) => {
  await next();
  if (!context.res.headers.has("Content-Security-Policy")) context.header("Content-Security-Policy", PAGES);
};

const noStore: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("Cache-Control", "no-store");
};

const notFound = (path: string) => expectedGot("server/not-found", "the request", "a path that this server has", path);

const wrongMethod = (path: string, method: string, methods: readonly string[]) =>
  expectedGot("server/wrong-method", path, methods.join(" or "), method);

function tooLarge(maxBodyBytes: number): never {
  const rule = `a body of at most ${maxBodyBytes} bytes`;
  throw new HttpError(413, expectedGot("server/body-too-large", "the request", rule, "more", "Send fewer texts at a time."));
}
