import { expectedGot } from "../../../../errors/index.ts";
import { keepsSecrets, meansSecretsInClear } from "../../../../network/index.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A part of a bucket, and who asks for it. */
export interface S3Address {
  /** As it was typed, without slashes at the end: `s3://bucket/prefix`. */
  readonly name: string;
  /** Of the bucket, without a slash at the end. */
  readonly bucketUrl: string;
  /** In front of every key: empty, or with a slash at the end. */
  readonly prefix: string;
  /** For messages: the server, without what else the variable may say. */
  readonly server: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * What `s3://bucket/prefix` and the variables of AWS's own programs mean together.
 *
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` say who asks, `AWS_REGION` or `AWS_DEFAULT_REGION` where the bucket is
 * (default `us-east-1`), `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names another server, which then gets the bucket in the path.
 *
 * @throws `checkpoint/bad-place`; `checkpoint/no-key`; `checkpoint/secret-in-clear` for plain http to another machine, unless
 *   `CRISP_TOKEN_OVER_HTTP=1` insists. None shows a secret.
 */
export function s3Address(where: string, env: Environment): S3Address {
  const [, bucket, path = ""] = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])(?:\/(.*))?$/i.exec(where) ?? [];
  const parts = path.replace(/\/+$/, "").split("/");
  // a URL would take steps up, and empty names are folded by some servers
  const isPath = parts.length === 1 || parts.every((part) => part !== "");
  if (bucket === undefined || !isPath || parts.some((part) => part === "." || part === "..")) {
    throw expectedGot("checkpoint/bad-place", "checkpoints", "s3://bucket or s3://bucket/prefix", where);
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const name = [`s3://${bucket}`, ...parts.filter(Boolean)].join("/");
  if (!accessKeyId || !secretAccessKey) {
    const hint = "Crisp reads no profiles; `aws configure export-credentials --format env` prints what one stands for.";
    const missing = accessKeyId ? "no AWS_SECRET_ACCESS_KEY" : "no AWS_ACCESS_KEY_ID";
    throw expectedGot("checkpoint/no-key", name, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", missing, hint);
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || "us-east-1";
  const endpoint = endpointIn(env);
  if (endpoint && !keepsSecrets(endpoint.href) && !meansSecretsInClear(env)) {
    const hint = "Give it with https; or let everybody on the way read what is sent (CRISP_TOKEN_OVER_HTTP=1).";
    throw expectedGot("checkpoint/secret-in-clear", name, "https, as a key goes with it", endpoint.origin, hint);
  }
  const amazon = `s3.${region}.amazonaws.com`;
  const bucketUrl = endpoint
    ? `${endpoint.origin}${endpoint.pathname.replace(/\/+$/, "")}/${bucket}`
    : // a certificate of Amazon's is for one name before its own
      bucket.includes(".")
      ? `https://${amazon}/${bucket}`
      : `https://${bucket}.${amazon}`;
  return {
    ...{ name, bucketUrl, prefix: parts[0] === "" ? "" : `${parts.join("/")}/`, server: endpoint?.origin ?? `https://${amazon}` },
    ...{ region, accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined },
  };
}

function endpointIn(env: Environment): URL | undefined {
  const variable = env.AWS_ENDPOINT_URL_S3 ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL";
  const text = env[variable];
  if (!text) return undefined;
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return url;
  // it may hold a password
  throw expectedGot(
    "checkpoint/bad-place",
    variable,
    "http:// or https:// and a server, without a name before it",
    "another text",
  );
}
