import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type CrispError, expectedGot } from "../../../../errors/index.ts";
import { optionalPackage } from "../../../../files/index-node.ts";
import { causeOf, isPassing } from "../../../../network/index.ts";
import type { S3Address } from "./address.ts";

export interface S3Patience {
  /** Pauses before each further try, in milliseconds; default 1, 2, 4, 8 and 15 s. */
  readonly pausesMs?: readonly number[];
  /** How long nothing may be sent or come, in milliseconds; default 60 s. */
  readonly silenceMs?: number;
}

/** A part of an object. */
export interface S3Part {
  readonly bytes: Uint8Array;
  /** Of the whole object, in bytes. */
  readonly size: number;
  /** Of the object's content. */
  readonly etag: string;
}

/** The four requests that checkpoints need. Each is tried again where that may help, and fails with one line. */
export interface S3Bucket {
  /** Names of the objects right below a prefix, which ends in a slash or is empty. */
  list(prefix: string): Promise<string[]>;
  /**
   * Up to `length` bytes of an object; fewer at its end.
   *
   * @param etag - The content that it must still have.
   * @returns Undefined where there is no such object.
   */
  read(key: string, position: number, length: number, etag?: string): Promise<S3Part | undefined>;
  /** Whole or not at all: the server compares the SHA-256 that is signed before it keeps anything. */
  write(key: string, chunks: readonly Uint8Array[]): Promise<void>;
  remove(key: string): Promise<void>;
}

interface Asked {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: { readonly chunks: readonly Uint8Array[]; readonly size: number; readonly sha256: string };
  /** Whether an answer that is no 2xx has a meaning. */
  readonly isAnswer?: (answer: Answer) => boolean;
  /** What is wrong with an answer, so that it is asked for again. */
  readonly trouble?: (answer: Answer) => string | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Of an error, e.g. `NoSuchKey`. */
  readonly code?: string;
}

const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000];
const SILENCE_MS = 60_000;
/** What S3 takes in one piece. */
const MOST_BYTES = 5 * 2 ** 30;
/** Pieces of a body: small enough that silence means trouble. */
const PIECE = 2 ** 20;
/** `fetch` keeps a second copy of a body that it may have to send again, unless it cannot come to that. */
const UNCLONED = { redirect: "error", window: null } as const;
const EMPTY_SHA256 = createHash("sha256").digest("hex");
/** Errors that another try may cure, beside those of `isPassing`: what was sent came damaged or too slowly. */
const PASSING_CODES = ["RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch", "OperationAborted"];

/** @throws `checkpoint/no-package`; its methods `checkpoint/unreachable` after all tries, and the codes of `refusal`. */
export async function openBucket(address: S3Address, patience: S3Patience = {}): Promise<S3Bucket> {
  const needs = { what: "checkpoints in S3", code: "checkpoint/no-package" };
  const { AwsV4Signer } = await optionalPackage("aws4fetch@1.0.20", () => import("aws4fetch"), needs);
  const { pausesMs = PAUSES_MS, silenceMs = SILENCE_MS } = patience;
  const { accessKeyId, secretAccessKey, sessionToken, region } = address;
  const signingKeys = new Map<string, ArrayBuffer>();

  async function once({ method, key = "", query = {}, headers, body }: Asked): Promise<Answer> {
    const search = Object.entries(query).map((pair) => pair.map(encoded).join("="));
    const url = `${address.bucketUrl}/${key.split("/").map(encoded).join("/")}${search.length > 0 ? `?${search.join("&")}` : ""}`;
    const signer = new AwsV4Signer({
      ...{ method, url, accessKeyId, secretAccessKey, sessionToken, region, service: "s3", cache: signingKeys },
      headers: { ...headers, "X-Amz-Content-Sha256": body?.sha256 ?? EMPTY_SHA256 },
    });
    const signed = await signer.sign();
    signed.headers.set("User-Agent", "crisp-attention");
    // a compressed body would have neither the size nor the byte positions of the object
    signed.headers.set("Accept-Encoding", "identity");
    if (body) signed.headers.set("Content-Length", `${body.size}`);
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`no sign for ${silenceMs / 1000} s`)), silenceMs);
    const stirred = (): void => void timer.refresh();
    try {
      const response = await fetch(signed.url, {
        ...{ method, headers: signed.headers, redirect: "manual", signal: silence.signal },
        ...(body && { body: piecesOf(body.chunks, stirred) as unknown as BodyInit, duplex: "half", ...UNCLONED }),
      });
      const pieces: Uint8Array[] = [];
      for await (const piece of response.body ?? []) {
        pieces.push(piece);
        stirred();
      }
      const bytes = Buffer.concat(pieces);
      const code = response.ok ? undefined : /<Code>([\w.]{1,80})<\/Code>/.exec(bytes.toString("utf8"))?.[1];
      return { status: response.status, headers: response.headers, bytes, code };
    } finally {
      clearTimeout(timer);
    }
  }

  async function request(asked: Asked): Promise<Answer> {
    const where = asked.key === undefined ? address.name : `${address.name.split("/", 3).join("/")}/${asked.key}`;
    for (let tries = 1; ; tries++) {
      let got: string;
      try {
        const answer = await once(asked);
        const { status, code } = answer;
        const isAnswer = (status >= 200 && status < 300) || asked.isAnswer?.(answer);
        if (!isAnswer && !isPassing(status) && !PASSING_CODES.includes(code ?? "")) throw refusal(where, address, answer);
        const trouble = isAnswer ? asked.trouble?.(answer) : `${status} ${code ?? ""}`.trim();
        if (trouble === undefined) return answer;
        got = trouble;
      } catch (error) {
        if (isRefusal(error)) throw error;
        got = causeOf(error);
      }
      if (tries > pausesMs.length) throw unreachable(where, address, `${got}, ${tries} times`);
      // some chance, so that a thousand workers do not come back at once
      await delay(pausesMs[tries - 1] * (0.5 + Math.random() / 2));
    }
  }

  return {
    async list(prefix) {
      const names: string[] = [];
      for (let token: string | undefined; ; ) {
        const page = { "list-type": "2", delimiter: "/", prefix, ...(token !== undefined && { "continuation-token": token }) };
        const { bytes } = await request({ method: "GET", query: page });
        const xml = new TextDecoder().decode(bytes);
        for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) names.push(unescaped(key.slice(key.lastIndexOf("/") + 1)));
        token = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(xml)?.[1];
        if (token === undefined) return names.filter((name) => name !== "");
        token = unescaped(token);
      }
    },
    async read(key, position, length, etag) {
      const range = `bytes=${position}-${position + length - 1}`;
      const answer = await request({
        ...{ method: "GET", key, headers: { Range: range, ...(etag !== undefined && { "If-Match": etag }) } },
        // of an empty object no range can be had
        isAnswer: ({ status, code }) => (status === 404 && code !== "NoSuchBucket") || status === 416,
        trouble: (given) =>
          given.status === 206 ? missing(given, position, length) : given.status === 200 ? "no range" : undefined,
      });
      if (answer.status === 404) return undefined;
      const { status, bytes, headers } = answer;
      return status === 416
        ? { bytes: new Uint8Array(), size: 0, etag: "" }
        : { bytes, size: sizeIn(headers), etag: headers.get("ETag") ?? "" };
    },
    async write(key, chunks) {
      const hash = createHash("sha256");
      let size = 0;
      for (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
      }
      if (size > MOST_BYTES) {
        const hint = "Keep checkpoints of such a model in a folder.";
        throw expectedGot(
          "checkpoint/too-large",
          address.name,
          "at most 5 GiB, which S3 takes in one piece",
          `${size} bytes`,
          hint,
        );
      }
      await request({ method: "PUT", key, body: { chunks, size, sha256: hash.digest("hex") } });
    },
    async remove(key) {
      await request({ method: "DELETE", key, isAnswer: ({ status, code }) => status === 404 && code !== "NoSuchBucket" });
    },
  };
}

const sizeIn = (headers: Headers): number => Number(/\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1]);

/** What a range lacks. */
function missing({ headers, bytes }: Answer, position: number, length: number): string | undefined {
  const expected = Math.min(length, sizeIn(headers) - position);
  return bytes.length === expected ? undefined : `${bytes.length} bytes instead of ${expected}`;
}

/** Copies, as `fetch` may take what it is given for itself, and chunks are live views of a model. */
async function* piecesOf(chunks: readonly Uint8Array[], onPiece: () => void): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      yield chunk.slice(at, at + PIECE);
      onPiece();
    }
  }
}

/** As it is signed: some servers sign what they were sent, without making it uniform first. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const unescaped = (text: string): string => text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]);

const REFUSALS = ["denied", "no-bucket", "other-region", "refused"].map((name) => `checkpoint/${name}`);
const isRefusal = (error: unknown): boolean => REFUSALS.includes((error as { code?: string }).code ?? "");

/** Only its code is shown of what a server says: the rest repeats the request. */
function refusal(where: string, { server, region }: S3Address, { status, code, headers, bytes }: Answer): CrispError {
  const got = `${status} ${code ?? ""}`.trim();
  const named = headers.get("X-Amz-Bucket-Region") ?? /<Region>([^<]*)<\/Region>/.exec(new TextDecoder().decode(bytes))?.[1];
  if (named !== undefined && named !== region && /^[a-z\d-]{1,40}$/.test(named)) {
    const rule = `a bucket in ${region}`;
    return expectedGot("checkpoint/other-region", where, rule, `${got}: it is in ${named}`, `Set AWS_REGION=${named}.`);
  }
  if (code === "NoSuchBucket") {
    return expectedGot(
      "checkpoint/no-bucket",
      where,
      `a bucket at ${server}`,
      "none of that name",
      "Make it first, or name another.",
    );
  }
  if (status === 401 || status === 403) {
    const hint = "Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and at what the bucket allows.";
    return expectedGot("checkpoint/denied", where, `leave to list, read, write and remove at ${server}`, got, hint);
  }
  return expectedGot("checkpoint/refused", where, `an answer from ${server}`, got);
}

const unreachable = (where: string, { server }: S3Address, got: string): CrispError =>
  expectedGot(
    "checkpoint/unreachable",
    where,
    `an answer from ${server}`,
    got,
    "Checkpoints that are whole stay; the same command goes on from the newest.",
  );
