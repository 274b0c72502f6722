import assert from "node:assert/strict";
import { test } from "node:test";
import { explainChange } from "./system-error-node.ts";

const failed = (code: string, syscall: string): Error =>
  Object.assign(new Error(code), { code, syscall, path: "/disk/model.onnx" });
const told = (error: unknown): unknown => (explainChange(error) as { code?: string }).code;

test("a change of the disk that failed is told in a line, whatever made it", () => {
  assert.equal(told(failed("EROFS", "unlink")), "file/not-writable");
  assert.equal(told(failed("EIO", "rename")), "file/not-writable");
  assert.equal(told(failed("EROFS", "open")), "file/not-writable");
  assert.equal(told(failed("ENOSPC", "write")), "file/disk-full");
  assert.match(
    (explainChange(failed("EROFS", "unlink")) as Error).message,
    /^\/disk\/model\.onnx: expected a path that can be written/,
  );
});

test("all other errors pass as they are", () => {
  for (const error of [failed("ENOENT", "open"), failed("EACCES", "scandir"), new TypeError("not a function"), undefined])
    assert.equal(explainChange(error), error);
});
