import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FOLDER_LOCK, lockFolder } from "../files/index-node.ts";
import { pretrain, train } from "./index-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-in-checkpoints-"));
after(() => rmSync(root, { recursive: true, force: true }));

const starts = {
  train: (checkpoints: string) => train({ data: "none.csv", model: "./none", checkpoints }),
  pretrain: (checkpoints: string) => pretrain({ data: "none.txt", model: "./none", checkpoints }),
};
for (const [name, start] of Object.entries(starts)) {
  test(`${name}: while another training writes checkpoints there, it is refused before anything is read; else it leaves no trace`, async () => {
    const [busy, free] = [join(root, `${name}-busy`), join(root, `${name}-free`)];
    const lock = lockFolder(busy, { code: "file/busy", what: "training" });
    await assert.rejects(start(busy).result, { code: "file/busy", message: /expected no other training in this folder/ });
    assert.deepEqual(readdirSync(busy), [FOLDER_LOCK]);
    lock.release();
    await assert.rejects(start(free).result, (error: { code?: string }) => error.code !== "file/busy");
    assert.ok(!existsSync(free));
  });
}
