import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request on a connection of its own, with any headers, Host and Origin included, which `fetch` would not send. */
export function ask(
  url: string | URL,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string | string[] } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
    });
    sent.on("error", reject);
    // pieces are sent without a length
    for (const piece of Array.isArray(body) ? body : []) sent.write(piece);
    sent.end(Array.isArray(body) ? undefined : body);
  });
}

/** The code of an answer's error. */
export const codeOf = ({ text }: Pick<Asked, "text">): string => JSON.parse(text).error.code;

/** All that comes back for these bytes, sent as they are, until the other side closes. */
export function askRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (piece) => (text += piece));
    socket.on("error", reject).on("close", () => resolve(text));
  });
}
