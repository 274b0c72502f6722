// Holds checkpoints in S3 to their contract with a server of others, which computes each signature again:
//   node scripts/check-s3.ts --moto venv/bin/moto_server                 moto (pip install 'moto[server,s3]'), started here; tried with 5.2.5
//   AWS_ENDPOINT_URL=… AWS_ACCESS_KEY_ID=… node scripts/check-s3.ts --bucket NAME      any other, below crisp-check-s3/ in its bucket
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { at, checkpointsOf, stateOf } from "../src/training/checkpoints/checkpoints.contract.ts";
import { s3Contract } from "../src/training/checkpoints/places/s3/s3.contract.ts";
import { checkpointPlace } from "../src/training/index-node.ts";

const { values } = parseArgs({ options: { moto: { type: "string" }, bucket: { type: "string", default: "crisp" } } });
type Environment = Readonly<Record<string, string | undefined>>;

interface Moto {
  readonly url: string;
  readonly process: ChildProcess;
}

async function startMoto(command: string): Promise<Moto> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const child = spawn(command, ["-H", "127.0.0.1", "-p", `${port}`], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (await fetch(`${url}/moto-api/`).catch(() => undefined)) return { url, process: child };
    // on a busy machine
    assert.ok(tries < 240 && child.exitCode === null, "moto did not start");
    await delay(500);
  }
}

/** A user's key and a role's, of which moto from then on checks every signature. */
async function keysOf({ url }: Moto, bucket: string): Promise<{ readonly user: Environment; readonly role: Environment }> {
  const ask = async (service: string, body: Record<string, string>): Promise<string> => {
    const authorization = `AWS4-HMAC-SHA256 Credential=setup/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
    const answer = await fetch(url, { method: "POST", headers: { authorization }, body: new URLSearchParams(body) });
    const text = await answer.text();
    assert.ok(answer.ok, text);
    return text;
  };
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
  });
  const inText = (text: string, tag: string): string => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(text)![1];
  const environment = (text: string): Environment => ({
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: inText(text, "AccessKeyId"),
    AWS_SECRET_ACCESS_KEY: inText(text, "SecretAccessKey"),
    ...(text.includes("<SessionToken>") && { AWS_SESSION_TOKEN: inText(text, "SessionToken") }),
  });
  await ask("iam", { Action: "CreateUser", UserName: "crisp" });
  await ask("iam", { Action: "PutUserPolicy", UserName: "crisp", PolicyName: "all", PolicyDocument });
  const user = environment(await ask("iam", { Action: "CreateAccessKey", UserName: "crisp" }));
  await ask("iam", { Action: "CreateRole", RoleName: "crisp", AssumeRolePolicyDocument: PolicyDocument });
  await ask("iam", { Action: "PutRolePolicy", RoleName: "crisp", PolicyName: "all", PolicyDocument });
  const RoleArn = "arn:aws:iam::123456789012:role/crisp";
  const role = environment(await ask("sts", { Action: "AssumeRole", RoleArn, RoleSessionName: "check" }));
  assert.ok((await fetch(`${url}/${bucket}`, { method: "PUT" })).ok);
  assert.ok((await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "0" })).ok);
  return { user, role };
}

const { bucket } = values;
const moto = values.moto === undefined ? undefined : await startMoto(values.moto);
after(() => void moto?.process.kill("SIGKILL"));
const keys = moto && (await keysOf(moto, bucket));
const env = { ...process.env, ...keys?.user };
Object.assign(process.env, env);
const root = `s3://${bucket}/crisp-check-s3/${crypto.randomUUID()}`;
const place = checkpointPlace(root);

s3Contract("a server of others", { env, where: root }, { stride: 97, listed: 1001 });

test("a checkpoint as large as MiniLM's comes back", async (context) => {
  const where = place.below(root, "minilm");
  // 22.7 million parameters and their moments
  const specs = [{ name: "w", shape: [22_713_216], decay: true, trainable: true }];
  const storage = await place.open(where);
  const begun = performance.now();
  const saved = await checkpointsOf({ storage }, stateOf(3, specs)).save(at(1), undefined);
  const written = performance.now();
  const state = stateOf(4, specs);
  assert.equal((await checkpointsOf({ storage }, state).resume())?.path, saved);
  const read = performance.now();
  assert.ok(state.arrays.get("w")!.value.array.every((value) => value === Math.fround(3.1)));
  const { size } = await storage.open("checkpoint-1.crisp");
  const seconds = [written - begun, read - written].map((ms) => (ms / 1000).toFixed(1));
  context.diagnostic(`${(size / 1e6).toFixed(1)} MB: written in ${seconds[0]} s, read twice in ${seconds[1]} s`);
  await place.clear(where);
  assert.deepEqual(await storage.list(), []);
});

test("a role's session is let in with its token, and not without", { skip: keys ? false : "needs moto" }, async () => {
  Object.assign(process.env, keys!.role);
  try {
    await place.check(root, []);
    delete process.env.AWS_SESSION_TOKEN;
    await assert.rejects(place.check(root, []), { code: "checkpoint/denied" });
  } finally {
    process.env = env;
  }
});

test("a server that is killed while it takes a checkpoint ends in one line", {
  skip: moto ? false : "needs moto",
}, async (context) => {
  const storage = await place.open(place.below(root, "killed"));
  const pieces = async function* () {
    yield new Uint8Array(2e8);
    setTimeout(() => moto!.process.kill("SIGKILL"), 1000);
  };
  await assert.rejects(storage.write("checkpoint-1.crisp", pieces()), (error: { code?: string; message: string }) => {
    context.diagnostic(error.message);
    return error.code === "checkpoint/unreachable";
  });
});
