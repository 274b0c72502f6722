import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Random } from "../fuzz/random.ts";
import { Strangers } from "./strangers.ts";

test("a person's file is sometimes empty, but never where an empty one is as good as none", (context) => {
  const root = mkdtempSync(join(tmpdir(), "crisp-strangers-"));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const sizes = new Map<string, number[]>();
  for (let seed = 1; seed <= 2000; seed++) {
    const folder = join(root, `${seed}`);
    const strangers = new Strangers(folder);
    strangers.plant(new Random(seed));
    for (const name of strangers.names) {
      const found = lstatSync(join(folder, name));
      if (found.isFile()) sizes.set(name, [...(sizes.get(name) ?? []), found.size]);
    }
  }
  assert.ok(sizes.get("notes.txt")!.includes(0));
  assert.ok(sizes.get("checkpoints/run.log.jsonl")!.length > 5);
  assert.ok(!sizes.get("checkpoints/run.log.jsonl")!.includes(0));
});
