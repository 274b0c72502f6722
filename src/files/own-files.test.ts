import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { OWN_FILES } from "./manifest-node.ts";
import { checkOwnFiles, ownFiles, removeOwnFiles, writeOwnFiles } from "./own-files-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-own-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const text = (path: string): string => readFileSync(path, "utf8");
const filesOf = (entries: Readonly<Record<string, string>>) =>
  new Map(Object.entries(entries).map(([name, content]) => [name, [new TextEncoder().encode(content)]]));
const write = (folder: string, entries: Readonly<Record<string, string>>, obsolete?: readonly string[]): void =>
  writeOwnFiles(folder, filesOf(entries), { obsolete });

describe("writeOwnFiles", () => {
  test("replaces what it wrote itself, as often as one likes", () => {
    const folder = newFolder();
    for (const content of ["one", "two", "two", "three"]) write(folder, { "README.md": content, "onnx/model.onnx": content });
    assert.deepEqual([text(join(folder, "README.md")), text(join(folder, "onnx/model.onnx"))], ["three", "three"]);
    assert.deepEqual(readdirSync(folder).sort(), [OWN_FILES, "README.md", "onnx"]);
  });
  test("a file that people made or changed is refused before anything is written", () => {
    const [made, changed] = [newFolder(), newFolder()];
    mkdirSync(made);
    writeFileSync(join(made, "README.md"), "mine");
    write(changed, { "config.json": "one", "README.md": "one" });
    writeFileSync(join(changed, "README.md"), "one, and what I know of it");
    for (const folder of [made, changed]) {
      const before = readdirSync(folder).map((name) => [name, text(join(folder, name))]);
      assert.throws(() => write(folder, { "config.json": "two", "README.md": "two" }), {
        code: "file/not-own",
        message: /README\.md: expected no file, or one as Crisp wrote it, got one that somebody else made or changed\./,
      });
      assert.deepEqual(
        readdirSync(folder).map((name) => [name, text(join(folder, name))]),
        before,
      );
    }
  });
  test("obsolete files go if they are as it wrote them, and stay if they are not", () => {
    const folder = newFolder();
    const exported = ["own.onnx", "changed.onnx", "foreign.onnx", "missing.onnx"];
    write(folder, { "own.onnx": "a", "changed.onnx": "a", "config.json": "a" });
    writeFileSync(join(folder, "changed.onnx"), "b");
    writeFileSync(join(folder, "foreign.onnx"), "a");
    write(folder, { "config.json": "b" }, exported);
    assert.deepEqual(readdirSync(folder).sort(), [OWN_FILES, "changed.onnx", "config.json", "foreign.onnx"]);
  });
  test("of two writers with other files, each keeps its own", () => {
    const folder = newFolder();
    write(folder, { "config.json": "model" });
    write(folder, { "errors.csv": "evaluation" });
    write(folder, { "config.json": "model 2" });
    write(folder, { "errors.csv": "evaluation 2" });
    assert.deepEqual([text(join(folder, "config.json")), text(join(folder, "errors.csv"))], ["model 2", "evaluation 2"]);
  });
  test("without its list, or with a damaged one, nothing is its own", () => {
    for (const list of [undefined, "", "null", "[]", '{"a":1}', '{"a":{}}']) {
      const folder = newFolder();
      write(folder, { a: "old" });
      if (list === undefined) rmSync(join(folder, OWN_FILES));
      else writeFileSync(join(folder, OWN_FILES), list);
      assert.throws(() => write(folder, { a: "new" }), { code: "file/not-own" }, `${list}`);
    }
  });
});

test("checkOwnFiles asks for no folder, and refuses a folder of a file's name", () => {
  const folder = newFolder();
  checkOwnFiles(folder, ["config.json"]);
  assert.ok(!existsSync(folder));
  mkdirSync(join(folder, "config.json"), { recursive: true });
  assert.throws(() => checkOwnFiles(folder, ["README.md", "config.json"]), { code: "file/not-own", message: /config\.json/ });
});

test("removeOwnFiles takes what is as Crisp wrote it, and the record once it names no other", () => {
  const folder = newFolder();
  removeOwnFiles(folder, ["a"]);
  write(folder, { a: "1", b: "2", c: "3" });
  writeFileSync(join(folder, "b"), "changed");
  writeFileSync(join(folder, "mine"), "1");
  assert.deepEqual(ownFiles(folder), ["a", "c"]);
  removeOwnFiles(folder, ["a", "b", "mine"]);
  assert.deepEqual(readdirSync(folder).sort(), [OWN_FILES, "b", "c", "mine"]);
  removeOwnFiles(folder, ["a", "b", "c"]);
  assert.deepEqual(readdirSync(folder).sort(), ["b", "mine"]);
});
