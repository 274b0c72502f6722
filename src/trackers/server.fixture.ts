import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A server on this machine that answers JSON, and keeps what it was asked; `[status, body, headers?]`. */
export async function localServer(
  answer: (request: SeenRequest) => readonly [status: number, body: unknown, headers?: Record<string, string>],
): Promise<{ readonly url: string; readonly seen: SeenRequest[]; close(): void }> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    let text = "";
    incoming.on("data", (piece) => (text += piece));
    incoming.on("end", () => {
      const request = { path: incoming.url!, headers: incoming.headers, body: text === "" ? {} : JSON.parse(text) };
      seen.push(request);
      const [status, body, headers = {}] = answer(request);
      outgoing.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, seen, close };
}
