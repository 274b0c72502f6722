import assert from "node:assert/strict";
import { test } from "node:test";
import { localServer } from "./server.fixture.ts";
import type { Environment, Point } from "./tracker.ts";
import { trackio } from "./trackio.ts";

const run = { name: "tickets", group: "sst2", options: { learning_rate: 2e-5 }, tags: { arm: "topK" } };
const open = (env: Environment) => trackio.open({ env, loggingDir: "" });
interface Entry {
  readonly [name: string]: unknown;
}

test("points go to the project with the run's options, each with an id of its own that a retry repeats", async () => {
  const server = await localServer(() => [200, { data: null }]);
  try {
    const tracker = open({ TRACKIO_SERVER_URL: `${server.url}/?write_token=w0rd`, TRACKIO_PROJECT_NAME: "crisps" });
    const { id, logged } = await tracker.begin(run);
    assert.equal(logged.size, 0);
    const points: readonly Point[] = [
      { step: 4, time: 0, metrics: { "train/loss": NaN } },
      { step: 4, time: 0, metrics: { "eval/loss": 2 } },
    ];
    await tracker.log(points);
    await tracker.log(points);
    const [first, again] = server.seen;
    assert.deepEqual([first.path, first.headers["x-trackio-write-token"]], ["/api/bulk_log", "w0rd"]);
    const logs = (seen: typeof first) => (seen.body as { kwargs: { logs: Entry[] } }).kwargs.logs;
    const [loss, evaluated] = logs(first);
    const { project, run: name, run_id, metrics, step } = loss;
    assert.deepEqual([project, name, run_id, metrics, step], ["crisps", "tickets", id, { "train/loss": "NaN" }, 4]);
    const { learning_rate, arm, _Group } = loss.config as Entry;
    assert.deepEqual([learning_rate, arm, _Group], [2e-5, "topK", "sst2"]);
    assert.notEqual(loss.log_id, evaluated.log_id);
    assert.deepEqual(
      logs(again).map(({ log_id }) => log_id),
      [loss.log_id, evaluated.log_id],
    );
    const continued = open({ TRACKIO_SERVER_URL: server.url, TRACKIO_WRITE_TOKEN: "w0rd" });
    assert.equal((await continued.begin(run, id)).id, id);
  } finally {
    server.close();
  }
});

test("without a server or its token, and with one in clear, it says so before anything is trained", () => {
  assert.throws(() => open({}), { code: "tracker/bad-address" });
  assert.throws(() => open({ TRACKIO_SERVER_URL: "http://127.0.0.1:7860" }), { code: "tracker/no-token" });
  assert.throws(
    () => open({ TRACKIO_SERVER_URL: "http://tracking.example?write_token=w0rd" }),
    (error: Error & { code: string }) => error.code === "tracker/secret-in-clear" && !error.message.includes("w0rd"),
  );
});

test("an error that comes with status 200 is one", async () => {
  const server = await localServer(() => [200, { error: "no such project" }]);
  try {
    const tracker = open({ TRACKIO_SERVER_URL: server.url, TRACKIO_WRITE_TOKEN: "w0rd" });
    await tracker.begin(run);
    await assert.rejects(tracker.log([{ step: 1, time: 0, metrics: { a: 1 } }]), /no such project/);
  } finally {
    server.close();
  }
});
