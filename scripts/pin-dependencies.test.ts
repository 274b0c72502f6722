import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { importedPackages, type LockFile, pinnedDependencies } from "./pin-dependencies.ts";

const root = dirname(import.meta.dirname);
const json = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
const lock: LockFile & { packages: Record<string, { integrity?: string; resolved?: string }> } = json("package-lock.json");

test("package.json names every package that users install with the version that was tested (stale: npm run pin)", () => {
  const { dependencies, optionalDependencies } = json("package.json");
  assert.deepEqual({ dependencies, optionalDependencies }, pinnedDependencies(lock, importedPackages(root)));
});

test("each package of the lock file has a hash, and no address of a registry: each machine asks its own", () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
  assert.deepEqual(
    packages.filter(([, { integrity, resolved }]) => !integrity?.startsWith("sha512-") || resolved !== undefined),
    [],
  );
});

const made = (packages: LockFile["packages"]): LockFile => ({ packages });

test("what comes along is pinned, optional where only optional packages need it; types and binaries of one platform are left out", () => {
  const files = made({
    "": { version: "1.0.0", dependencies: { a: "1.0.0", stale: "1.0.0" }, optionalDependencies: { b: "1.0.0" } },
    "node_modules/a": { version: "1.0.0", dependencies: { c: "^2.0.0", "@types/c": "*" } },
    "node_modules/b": {
      version: "1.0.0",
      dependencies: { c: "^2.0.0", d: "^3.0.0" },
      optionalDependencies: { "b-arm": "1.0.0" },
    },
    "node_modules/c": { version: "2.3.4" },
    "node_modules/d": { version: "3.0.1" },
    "node_modules/b-arm": { version: "1.0.0", cpu: ["arm"] },
    "node_modules/@types/c": { version: "2.0.0" },
    "node_modules/stale": { version: "1.0.0" },
  });
  assert.deepEqual(pinnedDependencies(files, new Set(["a", "b"])), {
    dependencies: { a: "1.0.0", c: "2.3.4" },
    optionalDependencies: { b: "1.0.0", d: "3.0.1" },
  });
});

test("two versions of one package cannot be pinned, except for development", () => {
  const packages = {
    "": { version: "1.0.0", dependencies: { a: "1.0.0", c: "1.0.0" } },
    "node_modules/a": { version: "1.0.0", dependencies: { c: "^2.0.0" } },
    "node_modules/c": { version: "1.0.0" },
  };
  const second = (dev: boolean) => made({ ...packages, "node_modules/a/node_modules/c": { version: "2.3.4", dev } });
  assert.throws(
    () => pinnedDependencies(second(false), new Set(["a", "c"])),
    /a second one at node_modules\/a\/node_modules\/c\./,
  );
  assert.ok(pinnedDependencies(second(true), new Set(["a", "c"])));
});
