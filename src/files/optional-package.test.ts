import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { optionalPackage } from "./optional-package-node.ts";

const ROOT = join(import.meta.dirname, "../..");
const needs = { what: "a study in a database", code: "database/no-package" };

test("a package that is not installed is named with the version that was tested", async () => {
  const missing = () => import("not-installed" as string);
  const message =
    /^a study in a database: expected the package @scope\/name, got none\. Install it: npm install @scope\/name@1\.2\.3$/;
  await assert.rejects(optionalPackage("@scope/name@1.2.3", missing, needs), { code: "database/no-package", message });
});

test("every package that is asked for so is optional, in the version that its message names", () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const asked = globSync("src/**/*-node.ts", { cwd: ROOT }).flatMap((file) => [
    ...readFileSync(join(ROOT, file), "utf8").matchAll(/optionalPackage\(\s*"(.+)@(.+)",/g),
  ]);
  assert.deepEqual(asked.map(([, name]) => name).sort(), ["@electric-sql/pglite", "aws4fetch", "pg"]);
  for (const [, name, version] of asked) assert.equal(optionalDependencies[name], version);
});

test("what else goes wrong while a package is loaded is told as it is", async () => {
  await assert.rejects(
    optionalPackage("name@1.2.3", () => Promise.reject(new Error("broken")), needs),
    /^Error: broken$/,
  );
});
