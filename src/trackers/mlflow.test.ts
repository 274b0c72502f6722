import assert from "node:assert/strict";
import { test } from "node:test";
import { mlflow } from "./mlflow.ts";
import { localServer, type SeenRequest } from "./server.fixture.ts";
import type { Environment } from "./tracker.ts";

const run = {
  ...{ name: "tickets", group: "sst2", tags: { arm: "topK" } },
  options: Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`option_${at}`, at])),
};
const open = (env: Environment) => mlflow.open({ env, loggingDir: "" });
const api = (path: string) => `/api/2.0/mlflow/${path}`;

/** Knows one experiment, and one run with 7 steps of the loss. */
function mlflowServer({ path }: SeenRequest): readonly [number, unknown] {
  if (path.startsWith(api("experiments/get-by-name"))) return [404, { error_code: "RESOURCE_DOES_NOT_EXIST" }];
  if (path === api("experiments/create")) return [200, { experiment_id: "9" }];
  if (path === api("runs/create")) return [200, { run: { info: { run_id: "new" } } }];
  if (path === api("runs/get?run_id=old"))
    return [200, { run: { info: { run_id: "old" }, data: { metrics: [{ key: "train/loss", value: 1, step: "7" }] } } }];
  if (path.startsWith(api("runs/get"))) return [404, { error_code: "RESOURCE_DOES_NOT_EXIST" }];
  return [200, {}];
}

test("a run is created in its experiment, and no message is longer than MLflow takes", async () => {
  const server = await localServer(mlflowServer);
  try {
    const tracker = open({ MLFLOW_TRACKING_URI: `${server.url}/`, MLFLOW_EXPERIMENT_NAME: "a b" });
    assert.deepEqual(await tracker.begin(run), { id: "new", logged: new Map() });
    const points = Array.from({ length: 500 }, (_, step) => ({ step, time: 5, metrics: { a: step, b: NaN, c: Infinity } }));
    await tracker.log(points);
    await tracker.finish("stopped");
    const [byName, create, created, ...logged] = server.seen;
    assert.equal(byName.path, api("experiments/get-by-name?experiment_name=a%20b"));
    assert.deepEqual(create.body, { name: "a b" });
    const { experiment_id, run_name, tags } = created.body as Record<string, unknown>;
    assert.deepEqual([experiment_id, run_name], ["9", "tickets"]);
    assert.ok((tags as { key: string; value: string }[]).some(({ key, value }) => key === "study" && value === "sst2"));
    const batches = logged.slice(0, -1).map(({ body }) => body as { params?: unknown[]; metrics?: unknown[] });
    assert.deepEqual(
      batches.map(({ params, metrics }) => (params ?? metrics)!.length),
      [100, 50, 1000, 500],
    );
    assert.deepEqual(batches[2].metrics!.slice(0, 3), [
      { key: "a", value: 0, timestamp: 5, step: 0 },
      { key: "b", value: "NaN", timestamp: 5, step: 0 },
      { key: "c", value: "Infinity", timestamp: 5, step: 0 },
    ]);
    assert.deepEqual((logged.at(-1)!.body as { status: string }).status, "KILLED");
  } finally {
    server.close();
  }
});

test("a run is continued where it is, and begun anew where the server has it no longer", async () => {
  const server = await localServer(mlflowServer);
  try {
    const env = { MLFLOW_TRACKING_URI: server.url };
    assert.deepEqual(await open(env).begin(run, "old"), { id: "old", logged: new Map([["train/loss", 7]]) });
    assert.deepEqual(server.seen.at(-1)!.body, { run_id: "old", status: "RUNNING" });
    assert.equal((await open(env).begin(run, "gone")).id, "new");
  } finally {
    server.close();
  }
});

test("name and password count before a token, and both may stand in the address", async () => {
  const server = await localServer(mlflowServer);
  const sent = async (env: Environment): Promise<string | undefined> => {
    await open(env).finish("finished");
    return server.seen.at(-1)!.headers.authorization;
  };
  const basic = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;
  const [MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN] = [server.url, "t0ken"];
  const named = { MLFLOW_TRACKING_USERNAME: "ann", MLFLOW_TRACKING_PASSWORD: "s3cret" };
  try {
    assert.equal(await sent({ MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN, ...named }), basic);
    assert.equal(await sent({ MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN }), "Bearer t0ken");
    assert.equal(await sent({ MLFLOW_TRACKING_URI: server.url.replace("//", "//ann:s3cret@") }), basic);
    assert.equal(await sent({ MLFLOW_TRACKING_URI }), undefined);
  } finally {
    server.close();
  }
});

test("a secret goes over plain http to no other machine, and no message shows it", () => {
  const env = { MLFLOW_TRACKING_URI: "http://ann:s3cret@tracking.example:5000/x", MLFLOW_TRACKING_TOKEN: "t0ken" };
  assert.throws(
    () => open(env),
    (error: Error & { code: string }) =>
      error.code === "tracker/secret-in-clear" && !/s3cret|t0ken/.test(error.message + JSON.stringify(error)),
  );
  assert.doesNotThrow(() => open({ ...env, CRISP_TOKEN_OVER_HTTP: "1" }));
  assert.doesNotThrow(() => open({ MLFLOW_TRACKING_URI: "http://tracking.example:5000" }), "there is no secret");
  for (const MLFLOW_TRACKING_URI of [undefined, "sqlite:///mlflow.db", "databricks"])
    assert.throws(() => open({ MLFLOW_TRACKING_URI }), { code: "tracker/bad-address" });
});

test("a redirect is not followed, and each refusal says what it is", async () => {
  let answer: readonly [number, unknown, Record<string, string>?] = [302, {}, { Location: "/elsewhere" }];
  const server = await localServer(() => answer);
  const code = async (): Promise<string> => {
    try {
      await open({ MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: "t0ken" }).finish("finished");
      return "none";
    } catch (error) {
      assert.doesNotMatch((error as Error).message, /t0ken/);
      return (error as { code: string }).code;
    }
  };
  assert.equal(await code(), "tracker/answer");
  assert.equal(server.seen.length, 1);
  answer = [401, { message: "who are you?" }];
  assert.equal(await code(), "tracker/denied");
  answer = [400, { message: "bad key" }];
  assert.equal(await code(), "tracker/refused");
  server.close();
  assert.equal(await code(), "tracker/unreachable");
});
