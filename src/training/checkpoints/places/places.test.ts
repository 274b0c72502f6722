import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { at, checkpointsOf, stateOf } from "../checkpoints.contract.ts";
import { checkpointPlace } from "./places-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-places-"));
after(() => rmSync(root, { recursive: true, force: true }));

test("an address without a scheme is a folder, whatever else it holds", () => {
  for (const where of ["runs", "/runs/a", "./s3", "C:\\runs", "s3:/runs", "a b://c"]) {
    assert.equal(checkpointPlace(where).folderOf(where), where);
  }
});
test("one with a scheme is of the place that has it, inside places too", () => {
  const place = checkpointPlace("S3://bucket/");
  assert.equal(place, checkpointPlace("s3://bucket"));
  assert.equal(place.folderOf("s3://bucket"), undefined);
  assert.equal(place.below("s3://bucket/", "study", "run"), "s3://bucket/study/run");
});
test("a scheme that no place has is refused, with those there are", () => {
  assert.throws(() => checkpointPlace("gs://bucket/runs"), {
    code: "checkpoint/bad-place",
    message: "checkpoints: expected a folder or s3://…, got gs://….",
  });
});
test("of a finished run's folder the checkpoints go, and the folder where nothing else is in it", async () => {
  for (const others of [[], ["notes.txt"]]) {
    const folder = join(root, `${others.length}`);
    mkdirSync(folder);
    const place = checkpointPlace(folder);
    await checkpointsOf({ storage: await place.open(folder) }, stateOf(1)).save(at(1), undefined);
    for (const name of others) writeFileSync(join(folder, name), "mine");
    await place.clear(folder);
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], others);
    assert.equal(existsSync(folder), others.length > 0);
  }
});
