import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const entry = join(import.meta.dirname, "../../bin/crisp.mjs");
const run = (node: string, ...argv: string[]) => spawnSync(node, [entry, ...argv], { encoding: "utf8" });

test("a clone's crisp is the command", () => assert.match(run(process.execPath, "--version").stdout, /^\d+\.\d+\.\d+\n$/));

/** One that a Linux distribution may have brought. */
const other = "/usr/bin/node";
const major = existsSync(other)
  ? Number(spawnSync(other, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout.split(".")[0])
  : 0;

test("an older Node is told so in one line", { skip: major === 0 || major >= 22 ? "no older Node here" : false }, () => {
  const { status, stdout, stderr } = run(other, "--version");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^crisp: expected Node 22\.18 or newer, got \d+\.\d+\.\d+\. .* npm run crisp -- <verb>\n$/);
});
