import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, describe, test } from "node:test";
import { at, checkpointsOf, stateOf } from "../../checkpoints.contract.ts";
import { s3Address } from "./address.ts";
import { openBucket } from "./bucket-node.ts";
import { s3Contract } from "./s3.contract.ts";
import { refuse, s3Server } from "./s3-server.fixture.ts";
import { checkS3, clearS3Checkpoints, s3Checkpoints } from "./s3-storage-node.ts";

const server = await s3Server();
const contracted = await s3Server();
after(() => {
  server.close();
  contracted.close();
});
const { objects, seen } = server;
/** Two more tries, at once. */
const quick = { env: server.env, pausesMs: [1, 1] };

s3Contract("S3", { env: contracted.env, where: "s3://bucket/contract" }, { stride: 7, listed: 8 });

describe("a bucket", () => {
  const where = "s3://bucket/study/run";
  const opened = (options = {}) => s3Checkpoints(where, { ...quick, ...options });
  const keys = (): string[] => [...objects.keys()].sort();
  const save = async (step: number, limit = 1) =>
    checkpointsOf({ storage: await opened() }, stateOf(step), { limit }).save(at(step), undefined);
  const resumed = async () => (await checkpointsOf({ storage: await opened() }, stateOf(0)).resume())?.progress.step;
  afterEach(() => {
    objects.clear();
    seen.length = 0;
    server.trouble = () => false;
  });

  test("holds a checkpoint below its prefix, under the key that is its name", async () => {
    assert.equal(await save(7), "s3://bucket/study/run/checkpoint-7.crisp");
    assert.deepEqual(keys(), ["study/run/checkpoint-7.crisp"]);
  });
  test("an object that has a checkpoint's name and is none is refused, and neither replaced nor removed", async () => {
    const mine = Uint8Array.from([1, 2, 3]);
    objects.set("study/run/checkpoint-2.crisp", mine);
    const message = /^s3:\/\/bucket\/study\/run\/checkpoint-2\.crisp: expected a checkpoint of Crisp by its first bytes/;
    await assert.rejects(opened(), { code: "file/not-own", message });
    objects.clear();
    const storage = await opened();
    for (const step of [1, 2]) objects.set(`study/run/checkpoint-${step}.crisp`, mine);
    await assert.rejects(checkpointsOf({ storage }, stateOf(2)).save(at(2), undefined), { code: "file/not-own" });
    await checkpointsOf({ storage }, stateOf(3), { limit: 1 }).save(at(3), undefined);
    await clearS3Checkpoints(where, quick);
    assert.deepEqual(objects, new Map([1, 2].map((step) => [`study/run/checkpoint-${step}.crisp`, mine])));
  });
  test("a finished run's checkpoints are removed, and nothing else", async () => {
    for (const step of [1, 2]) await save(step, 9);
    const others = ["study/run/notes.txt", "study/run 2/checkpoint-1.crisp"];
    for (const key of others) objects.set(key, Uint8Array.of(1));
    await clearS3Checkpoints(where, quick);
    assert.deepEqual(keys(), others.sort());
  });
  test("a session's token is signed and sent", async () => {
    await opened({ env: { ...server.env, AWS_SESSION_TOKEN: "a session" } });
    assert.equal(seen[0].headers["x-amz-security-token"], "a session");
    assert.match(seen[0].headers.authorization!, /SignedHeaders=[^,]*x-amz-security-token/);
  });

  test("a body is sent as it is, and not collected a second time", async () => {
    let [most, events] = [0, 0];
    const sink = createServer((incoming, response) => {
      incoming.on("data", () => {
        if (events++ % 64 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
      });
      incoming.on("end", () => {
        if (incoming.method === "PUT") response.end();
        else refuse(response, 404, "NoSuchKey");
      });
    }).listen(0, "127.0.0.1");
    await once(sink, "listening");
    const env = { ...server.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${(sink.address() as AddressInfo).port}` };
    try {
      const bucket = await openBucket(s3Address(where, env), { pausesMs: [] });
      const chunk = new Uint8Array(2 ** 24);
      const before = process.memoryUsage().arrayBuffers;
      await bucket.write("checkpoint-1.crisp", Array<Uint8Array>(25).fill(chunk));
      assert.ok(most - before < 250e6, `${((most - before) / 1e6).toFixed()} MB for a body of ${(25 * 2 ** 24) / 1e6}`);
    } finally {
      sink.close();
      sink.closeAllConnections();
    }
  });

  describe("in trouble", () => {
    const isPut = ({ method }: { method: string }): boolean => method === "PUT";

    test("that passes, a write is tried again", async () => {
      let left = 2;
      server.trouble = (request, response) => isPut(request) && left-- > 0 && refuse(response, 503, "SlowDown");
      await save(1);
      assert.equal(seen.filter(isPut).length, 3);
      assert.equal(await resumed(), 1);
    });
    test("a server that goes away while it takes a checkpoint ends in one line, and the checkpoint before stays", async () => {
      await save(1);
      server.trouble = (request, response) => isPut(request) && Boolean(response.destroy());
      await assert.rejects(save(2), {
        code: "checkpoint/unreachable",
        message: new RegExp(
          `^s3://bucket/study/run/checkpoint-2\\.crisp: expected an answer from ${server.url}, got [^.]+, 3 times\\. Checkpoints that are whole stay; the same command goes on from the newest\\.$`,
        ),
      });
      assert.equal(seen.filter(isPut).length, 1 + 3);
      server.trouble = () => false;
      assert.deepEqual(keys(), ["study/run/checkpoint-1.crisp"]);
      assert.equal(await resumed(), 1);
    });
    test("a server that is silent is not waited for without end", async () => {
      server.trouble = () => true;
      await assert.rejects(opened({ silenceMs: 50 }), {
        code: "checkpoint/unreachable",
        message: /got no sign for 0\.05 s, 3 times/,
      });
    });
    test("a body that is cut off on its way is asked for again", async () => {
      await save(1);
      let left = 2;
      server.trouble = ({ method, headers }, response) => {
        if (method !== "GET" || headers.range === undefined || left-- <= 0) return false;
        // once by the connection, once by a length that lies
        response.writeHead(206, { "Content-Range": "bytes 0-99/100", "Content-Length": left === 1 ? 100 : 50 });
        response.write(new Uint8Array(50));
        if (left === 1) setTimeout(() => response.destroy(), 10);
        else response.end();
        return true;
      };
      assert.equal(await resumed(), 1);
    });
    test("a body that is always cut off is an error, not a damaged checkpoint", async () => {
      await save(1);
      const storage = await opened();
      server.trouble = ({ headers }, response) => {
        if (headers.range === undefined) return false;
        response.writeHead(206, { "Content-Range": "bytes 0-99/100" }).end(new Uint8Array(50));
        return true;
      };
      const resuming = checkpointsOf({ storage }, stateOf(0)).resume();
      await assert.rejects(resuming, { code: "checkpoint/unreachable", message: /got 50 bytes instead of 100, 3 times/ });
    });
    test("an object that changes while it is read is refused", async () => {
      const storage = await opened();
      objects.set("study/run/big", new Uint8Array(2 ** 24 + 1));
      const file = await storage.open("big");
      objects.set("study/run/big", new Uint8Array(2 ** 24 + 1).fill(1));
      await assert.rejects(file.read(2 ** 24, 1), { code: "checkpoint/refused", message: /got 412 PreconditionFailed/ });
    });
    test("a wrong key is told in one line without a secret, at once", async () => {
      const env = { ...server.env, AWS_ACCESS_KEY_ID: "AKIDOTHER", AWS_SESSION_TOKEN: "a session" };
      await assert.rejects(checkS3(where, { ...quick, env }), {
        code: "checkpoint/denied",
        message: `s3://bucket/study/run: expected leave to list, read, write and remove at ${server.url}, got 403 InvalidAccessKeyId. Look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, and at what the bucket allows.`,
      });
      assert.equal(seen.length, 1);
    });
    test("a bucket of another region names it; no redirect is followed", async () => {
      server.trouble = (_, response) =>
        refuse(response, 301, "PermanentRedirect", { "X-Amz-Bucket-Region": "us-east-2", Location: `${server.url}/elsewhere` });
      await assert.rejects(checkS3(where, quick), { code: "checkpoint/other-region", message: /Set AWS_REGION=us-east-2\.$/ });
      assert.equal(seen.length, 1);
    });
  });
});
