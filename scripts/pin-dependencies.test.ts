import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));

test("users install one version of each package, protobufjs too", () => {
  const paths = Object.entries<{ dev?: boolean; optional?: boolean }>(lock.packages)
    .filter(([, { dev, optional }]) => !dev && !optional)
    .map(([path]) => path);
  assert.deepEqual(
    paths.filter((path) => path.includes("/node_modules/")),
    [],
  );
});

test("no address of a registry stands in the lock file: each machine asks its own", () => {
  assert.deepEqual(
    Object.values<{ resolved?: string }>(lock.packages).filter(({ resolved }) => resolved !== undefined),
    [],
  );
});
