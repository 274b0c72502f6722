import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DENSE, SPARSE, storedRun, tinyHeader } from "../tiny-study.fixture.ts";
import { secondsLeft } from "./status.ts";
import { folderStatus } from "./status-folder-node.ts";
import { folderStore } from "./store-folder-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-status-"));
after(() => rmSync(work, { recursive: true, force: true }));
const header = tinyHeader();
const [first, second, third] = header.runs;

test("the time left is what finished runs took, shared by those who work now", () => {
  assert.equal(secondsLeft(100, 4, [{ seconds: 40 }, { seconds: 90 }]), (400 + 60 + 10) / 2);
  assert.equal(secondsLeft(100, 0, [{ seconds: 130 }]), 0);
  assert.equal(secondsLeft(100, 4, []), null);
  assert.equal(secondsLeft(null, 4, [{ seconds: 40 }]), null);
  assert.equal(secondsLeft(100, 0, []), 0);
});

test("a folder's status: what is finished, what runs by its log while the folder is locked, what failed", async () => {
  const folder = mkdtempSync(join(work, "study-"));
  const store = folderStore(folder);
  await store.open(header);
  for (const run of [first, second, third]) await store.claim(`worker of ${run.id}`);
  const result = storedRun(first);
  await store.finish(first, `worker of ${first.id}`, { ...result, record: { ...result.record, seconds: 100 } });
  const started = { type: "started", steps: 3, parameters: 7, resumedAt: 0 } as const;
  await store.log(second).append(started);
  const silent = new Date(Date.now() - 60_000);
  utimesSync(join(folder, "runs", `${SPARSE}.seed-1.log.jsonl`), silent, silent);
  await store.log(third).append(started, { type: "failed", message: "not finite" });
  const [{ workers, secondsLeft: left, failures, ...counts }] = folderStatus(folder);
  assert.deepEqual(counts, { study: header.study, done: 1, running: 1, waiting: 2, failed: 0 });
  const [{ seconds, silentSeconds, ...worker }] = workers;
  assert.deepEqual(worker, { worker: "this folder's process", arm: SPARSE, seed: 1 });
  assert.ok(Math.abs(silentSeconds - 60) < 5 && seconds < 5, `${silentSeconds} ${seconds}`);
  assert.ok(Math.abs(left! - 300) < 5, String(left));
  assert.deepEqual(failures, [{ arm: DENSE, seed: 2, attempts: 1, error: "not finite" }]);
  await store.close();
  assert.deepEqual(folderStatus(folder)[0].workers, [], "nobody has the folder");
});

test("studies in folders inside are told too, and a folder without any is refused", async () => {
  const folder = mkdtempSync(join(work, "studies-"));
  writeFileSync(join(folder, "notes.txt"), "");
  assert.throws(() => folderStatus(folder), { code: "study/none" });
  assert.throws(() => folderStatus(join(folder, "missing")), { code: "study/none" });
  for (const study of ["b", "a"]) {
    const store = folderStore(join(folder, study));
    await store.open({ ...header, study });
    await store.close();
  }
  assert.deepEqual(
    folderStatus(folder).map(({ study }) => study),
    ["a", "b"],
  );
});
