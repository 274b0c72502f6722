import assert from "node:assert/strict";
import { test } from "node:test";
import { noPostgres } from "../../src/studies/stores/sql/postgres.fixture.ts";
import { storm } from "./storm.ts";

test("killed workers and a restarted database lose no run, double none and change none", { skip: noPostgres }, async () => {
  const { kills, restarts, ...result } = await storm({ runs: 12, workers: 2, restarts: 1, killEveryMs: 5000 });
  assert.deepEqual({ ...result, resumed: 0 }, { runs: 12, resumed: 0, lost: 0, doubled: 0, differing: 0 });
  assert.ok(kills >= 1 && restarts === 1, `${kills} kills, ${restarts} restarts`);
});
