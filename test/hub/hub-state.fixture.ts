import type { ServerResponse } from "node:http";
import type { Fault } from "./hub-faults.fixture.ts";
import type { HubRepository } from "./hub-repository.fixture.ts";

/** What the handlers of a hub server share. */
export interface HubState {
  readonly url: string;
  readonly cdnUrl: string;
  readonly repos: Map<string, HubRepository>;
  readonly faults: Fault[];
  readonly tokens: Readonly<Record<string, readonly string[] | "*">>;
  readonly moved: Readonly<Record<string, string>>;
  /** Contents of LFS files by SHA-256. */
  readonly lfs: Map<string, Buffer>;
}

/** Answer with JSON. */
export function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): true {
  response.writeHead(200, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));
  return true;
}

/** Answer with an error, as the hub does: a code and a message in headers. */
export function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): true {
  const reason = code === "" ? {} : { "X-Error-Code": code };
  response
    .writeHead(status, { "Content-Type": "application/json", "X-Error-Message": message, ...reason, ...headers })
    .end(JSON.stringify({ error: message }));
  return true;
}
