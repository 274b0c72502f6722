import { createHash } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenS3Request {
  readonly method: string;
  /** As it was sent. */
  readonly url: string;
  /** Bucket and key. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface S3Server {
  readonly url: string;
  /** What Crisp needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the bucket `bucket`, by key. */
  readonly objects: Map<string, Uint8Array>;
  readonly seen: SeenS3Request[];
  /** Answers in place of the server where it returns true; may do so badly. */
  trouble: (request: SeenS3Request, response: ServerResponse) => boolean;
  close(): void;
}

/** Objects that one page of a listing has: fewer than a test has. */
const PAGE = 3;
const KEY_ID = "AKIDEXAMPLE";
const SIGNED =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;([\w-]+;)*x-amz-content-sha256;x-amz-date(;[\w-]+)*, Signature=[\da-f]{64}$/;

/**
 * As much of S3 as checkpoints use: one bucket, signed requests, bodies held to their SHA-256, ranges, listings in pages.
 *
 * Signatures are looked at, not computed again: scripts/check-s3.ts does that with a server of others.
 */
export async function s3Server(): Promise<S3Server> {
  const objects = new Map<string, Uint8Array>();
  const seen: SeenS3Request[] = [];
  const server = createServer((incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on("error", () => {}); // a client that has gone
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const { pathname, searchParams: query } = new URL(incoming.url!, "http://localhost");
      const { method, headers } = incoming;
      const request = {
        method: method!,
        url: incoming.url!,
        path: decodeURIComponent(pathname),
        query,
        headers,
        body: Buffer.concat(pieces),
      };
      seen.push(request);
      if (!result.trouble(request, response)) answer(request, response, objects);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const result: S3Server = {
    ...{ url, objects, seen, trouble: () => false },
    env: { AWS_ACCESS_KEY_ID: KEY_ID, AWS_SECRET_ACCESS_KEY: "very secret", AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: url },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return result;
}

export function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): true {
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>very secret</Message></Error>`;
  response.writeHead(status, { "Content-Type": "application/xml", ...headers }).end(xml);
  return true;
}

function answer(request: SeenS3Request, response: ServerResponse, objects: Map<string, Uint8Array>): void {
  const { method, path, query, headers, body } = request;
  const [, bucket, key] = /^\/([^/]+)\/(.*)$/s.exec(path)!;
  const refused = refusalOf(request, bucket);
  if (refused) refuse(response, ...refused);
  else if (key === "") list(query, response, objects);
  else if (method === "PUT") {
    objects.set(key, new Uint8Array(body));
    response.writeHead(200).end();
  } else if (method === "DELETE") {
    objects.delete(key);
    response.writeHead(204).end();
  } else read(objects.get(key), headers, response);
}

function refusalOf({ url, headers, body }: SeenS3Request, bucket: string): [status: number, code: string] | undefined {
  const [, keyId] = SIGNED.exec(headers.authorization ?? "") ?? [];
  if (keyId === undefined) return [403, "AccessDenied"];
  if (keyId !== KEY_ID) return [403, "InvalidAccessKeyId"];
  // some servers sign the address as it came, where others make it uniform first
  if (/[!'()*+]|%7e/i.test(url)) return [403, "SignatureDoesNotMatch"];
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (headers["x-amz-content-sha256"] !== sha256) return [400, "XAmzContentSHA256Mismatch"];
  return bucket === "bucket" ? undefined : [404, "NoSuchBucket"];
}

function read(found: Uint8Array | undefined, headers: IncomingHttpHeaders, response: ServerResponse): void {
  if (!found) {
    refuse(response, 404, "NoSuchKey");
    return;
  }
  const etag = `"${createHash("md5").update(found).digest("hex")}"`;
  const [from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range!)!.slice(1).map(Number);
  if ((headers["if-match"] ?? etag) !== etag || from >= found.length) {
    if (from >= found.length) refuse(response, 416, "InvalidRange");
    else refuse(response, 412, "PreconditionFailed");
    return;
  }
  const part = found.subarray(from, to + 1);
  const range = `bytes ${from}-${from + part.length - 1}/${found.length}`;
  response.writeHead(206, { "Content-Range": range, "Content-Length": part.length, ETag: etag }).end(part);
}

function list(query: URLSearchParams, response: ServerResponse, objects: Map<string, Uint8Array>): void {
  const prefix = query.get("prefix")!;
  const below = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const names = below.filter((key) => !key.slice(prefix.length).includes("/"));
  const from = Number(/^from&(\d+)$/.exec(query.get("continuation-token") ?? "")?.[1] ?? 0);
  const more = from + PAGE < names.length ? `<NextContinuationToken>from&amp;${from + PAGE}</NextContinuationToken>` : "";
  const contents = names.slice(from, from + PAGE).map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
  response.writeHead(200).end(`<ListBucketResult>${contents.join("")}${more}</ListBucketResult>`);
}
