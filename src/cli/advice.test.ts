import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VERBS } from "./verbs.ts";

const source = join(import.meta.dirname, "..");
/** Of all verbs. */
const COMMON = ["help", "json", "verbose", "version"];
/** Of `hf download`, which messages quote. */
const OTHERS = ["local-dir", "repo-type"];

test("every option that a message names is one of a command", async () => {
  const known = new Set([...COMMON, ...OTHERS]);
  for (const { load } of VERBS)
    for (const [name, { aliases = [] }] of Object.entries((await load()).options))
      for (const each of [name, `no_${name}`, ...aliases]) known.add(each);
  const named = new Set<string>();
  for (const path of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".ts") || /\.(test|fixture|contract|slow)\.ts$/.test(path)) continue;
    const code = readFileSync(join(source, path), "utf8").replace(/^\s*(\/\/|\/?\*).*$/gm, "");
    // `var(--ink)` and `--ink: …` are a page's
    for (const [, name] of code.matchAll(/(?<![\w(-])--([a-z][a-z0-9]*(?:[_-][a-z0-9]+)*)\b(?!\s*:|-)/g)) {
      named.add(name);
      assert.ok(known.has(name) || known.has(name.replaceAll("-", "_")), `${path}: --${name}`);
    }
  }
  assert.ok(named.size > 30, `${named.size} options`);
});
