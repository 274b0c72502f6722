import type { Server, ServerSettings } from "../../server/index-node.ts";
import type { Output } from "../output.ts";
import type { OptionTable, OptionValues } from "../verb.ts";

/** What every verb that serves pages or answers has. */
export const SERVER_OPTIONS = {
  host: {
    type: "string",
    unit: "address",
    default: "127.0.0.1",
    help: "Address to listen on; one that other machines reach, such as 0.0.0.0, needs a token.",
  },
  port: { type: "integer", unit: "port", min: 0, max: 65_535, default: 8080, help: "Port to listen on; 0 takes any free one." },
  token: {
    type: "string",
    unit: "secret",
    help: "Only requests that bring it are answered (Authorization: Bearer); better set CRISP_TOKEN, as other users see command lines.",
  },
  allowed_hosts: {
    type: "list",
    unit: "name[,name]",
    help: "Names that requests may have in Host, such as a proxy's, without scheme or port, beside those of this machine.",
  },
  max_body_bytes: {
    type: "integer",
    unit: "bytes",
    min: 1,
    default: 2 ** 20,
    help: "Bytes that the body of a request may have.",
  },
  request_timeout: { type: "number", unit: "seconds", min: 0.1, default: 30, help: "Until a request must be there as a whole." },
  stop_timeout: { type: "number", unit: "seconds", min: 0, default: 5, help: "What open requests have left at a stop." },
  access_log: { type: "boolean", help: "Print a JSON line for each request on standard output, without what was sent." },
} as const satisfies OptionTable;

/** What was typed, as `startServer` takes it. */
export function serverSettings(options: OptionValues<typeof SERVER_OPTIONS>, output: Output): ServerSettings {
  const { host, port, allowedHosts, maxBodyBytes, requestTimeout, stopTimeout, accessLog } = options;
  return {
    host,
    port,
    // one that is empty is refused: whoever set it wants a token
    token: options.token ?? process.env.CRISP_TOKEN,
    allowedHosts,
    maxBodyBytes,
    requestTimeoutMs: 1000 * requestTimeout,
    stopWithinMs: 1000 * stopTimeout,
    onAnswered: accessLog ? (request) => output.data(JSON.stringify(request)) : undefined,
    onError: (error) => output.note(`unexpected error: ${(error as Error)?.stack ?? error}`),
  };
}

/** Serve until the signal, and answer what is open then. */
export async function untilStopped(server: Server, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await server.stop();
}
