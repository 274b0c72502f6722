import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inOutputFolder } from "./in-output-folder.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-in-output-"));
after(() => rmSync(work, { recursive: true, force: true }));
const what = { what: "evaluation", files: ["errors.csv"] };

test("a folder that another process works in is refused before the work begins", async () => {
  const folder = join(work, "busy");
  await inOutputFolder(folder, what, async () => {
    let worked = false;
    await assert.rejects(
      inOutputFolder(folder, what, async () => void (worked = true)),
      { code: "file/busy", message: /expected no other evaluation in this folder, got process \d+ on / },
    );
    assert.ok(!worked);
  });
});

test("a folder that the work leaves empty goes again, with the lock; one that was there stays", async () => {
  const [made, there] = [join(work, "made", "inside"), join(work, "there")];
  mkdirSync(there);
  for (const folder of [made, there]) await inOutputFolder(folder, what, async () => {});
  assert.deepEqual([existsSync(join(work, "made")), readdirSync(there)], [false, []]);
});

test("a file where the folder should be is one line", async () => {
  const file = join(work, "file");
  writeFileSync(file, "mine");
  for (const folder of [file, join(file, "inside")])
    await assert.rejects(
      inOutputFolder(folder, what, () => assert.fail()),
      { code: "file/not-writable", message: /expected a path that can be written, got a file where a folder should be\./ },
    );
});
