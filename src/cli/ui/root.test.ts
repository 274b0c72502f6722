import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openRoot } from "./root.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-root-"));
after(() => rmSync(work, { recursive: true, force: true }));
const folder = join(work, "runs");
mkdirSync(join(folder, "inside"), { recursive: true });
writeFileSync(join(folder, "inside/file.txt"), "inside");
writeFileSync(join(work, "secret.txt"), "outside");

test("what is inside is found, by names with / between them, and the root by the empty path", () => {
  const root = openRoot(folder);
  assert.equal(root.place("inside/file.txt"), join(root.folder, "inside/file.txt"));
  assert.equal(root.place(""), root.folder);
});

test("no path leads outside, and none of those that fail says why", () => {
  const root = openRoot(folder);
  const paths = ["..", "../secret.txt", "inside/../../secret.txt", "/etc/passwd", join(work, "secret.txt"), "inside//file.txt"];
  for (const path of [...paths, "./inside", "inside/.", "..\\secret.txt", "inside\0", "C:secret", "missing"]) {
    assert.throws(() => root.place(path), { code: "ui/not-found", status: 404 }, path);
    assert.equal(root.has(path), false, path);
  }
});

test("a link is not followed, whether it leads out or in, at the end of a path or on its way", () => {
  symlinkSync(work, join(folder, "out"));
  symlinkSync(join(work, "secret.txt"), join(folder, "secret.txt"));
  symlinkSync(join(folder, "inside"), join(folder, "also-inside"));
  const root = openRoot(folder);
  for (const path of ["out", "out/secret.txt", "secret.txt", "also-inside", "also-inside/file.txt"])
    assert.throws(() => root.place(path), { code: "ui/not-found" }, path);
});

test("the folder itself may be given by a link; a file or nothing is refused", () => {
  symlinkSync(folder, join(work, "link"));
  assert.equal(openRoot(join(work, "link")).folder, openRoot(folder).folder);
  for (const path of [join(work, "secret.txt"), join(work, "missing")])
    assert.throws(() => openRoot(path), { code: "ui/no-folder" });
});
