import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { optionalPackage } from "./optional-package-node.ts";

test("a package that is not installed is named with the version that was tested", async () => {
  const missing = () => import("not-installed" as string);
  const message = /expected the package @scope\/name, got none\. Install it: npm install @scope\/name@1\.2\.3/;
  await assert.rejects(optionalPackage("@scope/name@1.2.3", missing), { code: "database/no-package", message });
  const { optionalDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../package.json"), "utf8"));
  for (const file of ["postgres-node.ts", "pglite-node.ts"]) {
    const [, name, version] = /optionalPackage\("(.+)@(.+)",/.exec(readFileSync(join(import.meta.dirname, file), "utf8"))!;
    assert.equal(optionalDependencies[name], version);
  }
});

test("what else goes wrong while a package is loaded is told as it is", async () => {
  await assert.rejects(
    optionalPackage("name@1.2.3", () => Promise.reject(new Error("broken"))),
    /^Error: broken$/,
  );
});
