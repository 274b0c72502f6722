import { createServer, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { type CrispError, expectedGot } from "../errors/index.ts";
import { inUrl } from "./addresses-node.ts";
import { errorBody } from "./http-error.ts";

export interface ListenSettings {
  readonly host: string;
  readonly port: number;
  readonly requestTimeoutMs: number;
  readonly stopWithinMs: number;
  readonly maxConnections: number;
}

export interface Listening {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  readonly port: number;
  /** Take no more connections, answer the requests that are there as long as they have time, and end. */
  stop(): Promise<void>;
}

/** What answers requests, as Hono has it. */
interface Handler {
  fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
}

/** Whoever needs longer for its headers alone is slow on purpose. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Longer than the 60 seconds after which common proxies give up an idle connection: the one who reuses it must also close it. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Listen for requests, with a time limit for each until it is there as a whole.
 *
 * @throws `server/port`, `server/host` where that address is not to be had.
 */
export async function listen(app: Handler, settings: ListenSettings): Promise<Listening> {
  const { host, port, requestTimeoutMs, stopWithinMs, maxConnections } = settings;
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // how exact both limits are
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs / 4),
    },
    getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
      errorHandler: (error) => Response.json(errorBody(malformed((error as Error).message)), { status: 400 }),
    }),
  );
  server.maxConnections = maxConnections;
  const open = openAnswers(server);
  server.on("clientError", (error, socket) => refuseMalformed(error, socket, open(socket)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(notListening(error, host, port)));
    server.listen(port, host, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://${inUrl(host)}:${taken}/`,
    port: taken,
    stop: () => (stopped ??= stop(server, stopWithinMs)),
  };
}

async function stop(server: Server, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // one that was busy when the server closed becomes idle later
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** The status of what Node itself refuses. */
const STATUS: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/** The answers of a connection that have not ended; pipelined requests have several. */
function openAnswers(server: Server): (socket: Duplex) => readonly ServerResponse[] {
  const open = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on("request", ({ socket }, answer) => {
    const own = open.get(socket) ?? new Set();
    open.set(socket, own.add(answer));
    answer.once("close", () => own.delete(answer));
  });
  return (socket) => [...(open.get(socket) ?? [])];
}

/** Answers what never became a request: Node would close the connection with a status alone. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex, open: readonly ServerResponse[]): void {
  // the other side would take this answer for that of a request before
  const taken = open.some(({ req, headersSent }) => req.complete || headersSent);
  if (error.code === "ECONNRESET" || !socket.writable || taken) return void socket.destroy();
  const status = STATUS[error.code ?? ""] ?? 400;
  const body = JSON.stringify(errorBody(status === 408 ? tooSlow() : malformed(error.message)));
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Content-Type: application/json", "Connection: close"];
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n"));
}

const tooSlow = (): CrispError =>
  expectedGot("server/too-slow", "the request", "all of it in time", "a part", "Send it faster, or fewer texts at a time.");

const malformed = (why: string): CrispError => expectedGot("server/malformed", "the request", "HTTP/1.1 with a header Host", why);

function notListening({ code = "", message }: NodeJS.ErrnoException, host: string, port: number): CrispError {
  if (code === "EADDRINUSE") {
    return expectedGot("server/port", "--port", "a free port", `${port}, which another program has`, "0 takes any free one.");
  }
  if (code === "EACCES")
    return expectedGot("server/port", "--port", "a port that this user may take", port, "Take one from 1024 on.");
  return expectedGot("server/host", "--host", "an address of this machine", `${host} (${code || message})`);
}
