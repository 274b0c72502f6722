import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { s3Address } from "./address.ts";

const key = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "very secret" };

describe("an address in S3", () => {
  const cases: readonly (readonly [string, Record<string, string>, { bucketUrl: string; prefix: string; region: string }])[] = [
    ["s3://runs/a/b/", {}, { bucketUrl: "https://runs.s3.us-east-1.amazonaws.com", prefix: "a/b/", region: "us-east-1" }],
    [
      "s3://runs",
      { AWS_DEFAULT_REGION: "eu-west-1" },
      { bucketUrl: "https://runs.s3.eu-west-1.amazonaws.com", prefix: "", region: "eu-west-1" },
    ],
    [
      "s3://my.runs/a",
      { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "us-west-2" },
      { bucketUrl: "https://s3.eu-west-1.amazonaws.com/my.runs", prefix: "a/", region: "eu-west-1" },
    ],
    [
      "s3://runs/a",
      { AWS_ENDPOINT_URL: "https://other.example.org", AWS_ENDPOINT_URL_S3: "https://s3.example.org/base/" },
      { bucketUrl: "https://s3.example.org/base/runs", prefix: "a/", region: "us-east-1" },
    ],
    [
      "s3://runs/a",
      { AWS_ENDPOINT_URL: "http://localhost:9000" },
      { bucketUrl: "http://localhost:9000/runs", prefix: "a/", region: "us-east-1" },
    ],
  ];
  for (const [where, env, expected] of cases) {
    test(`${where} with ${Object.keys(env).join(" and ") || "a key alone"}`, () => {
      const { bucketUrl, prefix, region } = s3Address(where, { ...key, ...env });
      assert.deepEqual({ bucketUrl, prefix, region }, expected);
    });
  }

  test("that is none is refused", () => {
    for (const where of [
      "s3://",
      "s3://b",
      "s3:///a",
      "s3://bucket/a//b",
      "s3://bucket/../b",
      "s3://bucket/a/.",
      "s3://name:word@bucket/a",
    ]) {
      assert.throws(() => s3Address(where, key), { code: "checkpoint/bad-place" }, where);
    }
  });
  test("needs a key, and says how a profile gives one", () => {
    const message =
      "s3://runs/a: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, got no AWS_ACCESS_KEY_ID. Crisp reads no profiles; `aws configure export-credentials --format env` prints what one stands for.";
    assert.throws(() => s3Address("s3://runs/a", {}), { code: "checkpoint/no-key", message });
    assert.throws(() => s3Address("s3://runs/a", { AWS_ACCESS_KEY_ID: "AKID" }), { code: "checkpoint/no-key" });
  });
  test("sends no key over plain http to another machine unless that is meant", () => {
    const env = { ...key, AWS_ENDPOINT_URL: "http://minio.example.org:9000" };
    assert.throws(() => s3Address("s3://runs/a", env), {
      code: "checkpoint/secret-in-clear",
      message: /expected https, as a key goes with it, got http:\/\/minio\.example\.org:9000\./,
    });
    assert.ok(s3Address("s3://runs/a", { ...env, CRISP_TOKEN_OVER_HTTP: "1" }));
  });
  test("shows no password that a variable holds", () => {
    for (const url of ["https://me:hidden@s3.example.org", "me:hidden@s3.example.org", "https://me:hidden@", "ftp://hidden"]) {
      assert.throws(
        () => s3Address("s3://runs/a", { ...key, AWS_ENDPOINT_URL_S3: url }),
        (error: { code?: string; message: string }) => error.code === "checkpoint/bad-place" && !error.message.includes("hidden"),
      );
    }
  });
});
