import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkedRevision, isUnsafePath, repository } from "./repository.ts";

const part = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "",
    ".. ",
    "...",
    "C:",
    "\\",
    "/",
    "\0",
    "‥",
    "．．",
    "config.json",
    "a",
    "main",
    "~",
    "NUL",
    "%2e%2e",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
);
const path = fc
  .array(fc.tuple(part, fc.constantFrom("/", "\\", "//", "", "/../")), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map(([name, separator]) => name + separator).join(""));

/** Joined to a folder, it names something in it, on POSIX and on Windows. */
const staysInside = (name: string): boolean => {
  const onPosix = posix.resolve("/folder", name);
  return onPosix.startsWith("/folder/") && win32.resolve("D:\\folder", name).startsWith("D:\\folder\\");
};

describe("names of a hub that become paths stay inside the folder, or are refused", () => {
  test("paths of a listing", () => {
    fc.assert(
      fc.property(path, (name) => isUnsafePath(name) || staysInside(name)),
      { seed: 1, numRuns: 20_000 },
    );
  });
  test("revisions and repository names", () => {
    const accepted = (use: () => unknown): boolean => {
      try {
        use();
        return true;
      } catch (error) {
        assert.equal((error as { code?: string }).code, "hub/bad-name");
        return false;
      }
    };
    fc.assert(
      fc.property(path, (name) => {
        if (accepted(() => checkedRevision(name))) assert.ok(staysInside(name), name);
        if (accepted(() => repository("model", name))) assert.ok(staysInside(name), name);
      }),
      { seed: 2, numRuns: 20_000 },
    );
  });
  test("usual names pass", () => {
    for (const name of [
      "config.json",
      "onnx/model.onnx",
      ".gitattributes",
      "a..b",
      "..data/x",
      "data/train-00000-of-00001.parquet",
    ]) {
      assert.equal(isUnsafePath(name), false, name);
    }
    for (const name of ["main", "refs/pr/1", "v1.0", "feature/.hidden"]) assert.equal(checkedRevision(name), name);
  });
  test("the folder itself, its parents, drives and roots do not", () => {
    for (const name of ["", ".", "./", "..", "a/../../b", ".. /x", "..\\x", "/x", "\\x", "C:x", "a\0"]) {
      assert.equal(isUnsafePath(name), true, JSON.stringify(name));
    }
    for (const name of [".", "./main", "refs/./x", "a/.."]) assert.throws(() => checkedRevision(name), { code: "hub/bad-name" });
  });
});
