import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { checkWritable, growingFile, sweepTemporaryFiles, writeAtomically, writeFilesAtomically } from "./atomic-file-node.ts";
import { processTag } from "./process-node.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-atomic-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => {
  const folder = join(root, `${folders++}`);
  mkdirSync(folder);
  return folder;
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (path: string): string => readFileSync(path, "utf8");

describe("writeAtomically", () => {
  test("joins the chunks, replaces what was there, leaves nothing else", () => {
    const folder = newFolder();
    const path = join(folder, "a.json");
    writeFileSync(path, "old and longer");
    writeAtomically(path, [bytes("new"), bytes(""), bytes("er")]);
    assert.equal(text(path), "newer");
    assert.deepEqual(readdirSync(folder), ["a.json"]);
  });
  test("the name holds the old bytes until the last chunk is taken", () => {
    const path = join(newFolder(), "a");
    writeFileSync(path, "old");
    const seen: string[] = [];
    writeAtomically(
      path,
      (function* () {
        for (const part of ["n", "e", "w"]) {
          seen.push(text(path));
          yield bytes(part);
        }
        seen.push(text(path));
      })(),
    );
    assert.deepEqual([seen, text(path)], [["old", "old", "old", "old"], "new"]);
  });
  test("a generator that throws leaves the old file and no other, and its error passes as it is", () => {
    const folder = newFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const failure = new RangeError("mine");
    const chunks = (function* () {
      yield bytes("half");
      throw failure;
    })();
    assert.throws(() => writeAtomically(path, chunks), failure);
    assert.deepEqual([readdirSync(folder), text(path)], [["a"], "old"]);
  });
  test("says why a path cannot be written", () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "folder"));
    const reasons: [path: string, got: RegExp][] = [
      ["missing/a", /got a folder that does not exist and cannot be made\. Choose another output folder\.$/],
      ["file/a", /got a file where a folder should be\./],
      ["folder", /got a folder where a file should be\./],
    ];
    for (const [path, message] of reasons) {
      assert.throws(() => writeAtomically(join(folder, path), [bytes("x")]), { code: "file/not-writable", message });
    }
    assert.deepEqual(readdirSync(folder).sort(), ["file", "folder"]);
  });
  test("a write that the system cuts short leaves the old file", { skip: process.platform === "win32" && "needs ulimit" }, () => {
    const folder = newFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const module = new URL("./index-node.ts", import.meta.url).href;
    const script = `
      import { writeAtomically } from ${JSON.stringify(module)};
      process.on("SIGXFSZ", () => {});
      try { writeAtomically(${JSON.stringify(path)}, [new Uint8Array(2 ** 20)]); } catch (error) { console.log(error.code); }`;
    // files of at most 64 blocks: the write stops within the chunk
    const limited = `ulimit -f 64; exec "$0" --input-type=module -e "$1"`;
    const child = spawnSync("bash", ["-c", limited, process.execPath, script], { encoding: "utf8" });
    assert.equal(child.stdout, "file/not-writable\n", child.stderr);
    assert.deepEqual([readdirSync(folder), text(path)], [["a"], "old"]);
  });
});

describe("writeFilesAtomically", () => {
  test("makes folders and writes all", () => {
    const folder = join(newFolder(), "model");
    writeFilesAtomically(
      folder,
      new Map([
        ["onnx/model.onnx", [bytes("graph")]],
        ["config.json", [bytes("{}")]],
      ]),
    );
    assert.deepEqual([text(join(folder, "onnx/model.onnx")), text(join(folder, "config.json"))], ["graph", "{}"]);
    assert.deepEqual(readdirSync(join(folder, "onnx")), ["model.onnx"]);
  });
  test("when one cannot be made, every old file is as it was", () => {
    const folder = newFolder();
    for (const name of ["a", "b"]) writeFileSync(join(folder, name), "old");
    const broken = (function* (): Generator<Uint8Array> {
      yield bytes("half");
      throw new Error("no more");
    })();
    const files = new Map<string, Iterable<Uint8Array>>([
      ["a", [bytes("new")]],
      ["b", broken],
    ]);
    assert.throws(() => writeFilesAtomically(folder, files), { message: "no more" });
    assert.deepEqual([readdirSync(folder).sort(), text(join(folder, "a")), text(join(folder, "b"))], [["a", "b"], "old", "old"]);
  });
});

describe("checkWritable", () => {
  test("makes the folder and leaves nothing in it", () => {
    const folder = join(newFolder(), "a", "b");
    checkWritable(folder, 1000);
    assert.deepEqual(readdirSync(folder), []);
  });
  test("refuses a file's place, and more than the disk has", () => {
    const folder = newFolder();
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => checkWritable(join(folder, "file")), { code: "file/not-writable" });
    assert.throws(() => checkWritable(folder, 1e18), {
      code: "file/disk-full",
      message: /expected 1,000,000,000,000 MB of free space/,
    });
  });
});

test("temporary files of dead processes are swept; those of live ones, and all else, stay", () => {
  const folder = newFolder();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const [pid, start, place] = processTag().split(".");
  const name = (tag: string, more = "0011aabb"): string => `.a.crisp-${tag}-${more}.tmp`;
  const old = new Date(Date.now() - 2 * 24 * 3600 * 1000);
  const gone = [name(`${dead}.1.${place}`), name(`${pid}.${Number(start) + 1}.${place}`), name("1.1.00000000", "00000000")];
  const kept = [name(processTag()), name("1.1.00000000"), "checkpoint-4.crisp", ".hidden.tmp", `.a.${dead}-0011aabb.tmp`];
  for (const file of [...gone, ...kept]) writeFileSync(join(folder, file), "");
  // an earlier process of this number; another machine's of days ago; and what is no temporary file
  for (const file of [gone[2], kept[2], kept[3], kept[4]]) utimesSync(join(folder, file), old, old);
  assert.deepEqual(sweepTemporaryFiles(folder).sort(), gone.sort());
  assert.deepEqual(readdirSync(folder).sort(), kept.sort());
});

describe("growingFile", () => {
  test("a link is a file that is there, even one that leads nowhere; nor does one that came meanwhile get lost", () => {
    const folder = newFolder();
    const link = join(folder, "link");
    symlinkSync(join(folder, "nowhere"), link);
    assert.throws(() => growingFile(link), { code: "file/exists" });
    const late = growingFile(join(folder, "late"));
    symlinkSync(join(folder, "nowhere"), join(folder, "late"));
    assert.throws(() => late.finish(), { code: "file/exists" });
    assert.deepEqual(readdirSync(folder).sort(), ["late", "link"]);
  });
  test("removes what a killed process left of the same file, and of no other", () => {
    const folder = newFolder();
    const place = processTag().split(".")[2];
    const left = (name: string): string => `.${name}.crisp-${2 ** 22 + 1}.1.${place}-0011aabb.tmp`;
    for (const name of ["a", "b"]) writeFileSync(join(folder, left(name)), "");
    growingFile(join(folder, "a")).discard();
    assert.deepEqual(readdirSync(folder), [left("b")]);
  });
  test("is seen once it is whole, or not at all", () => {
    const folder = newFolder();
    const path = join(folder, "a.csv");
    const file = growingFile(path);
    file.write(bytes("one\n"));
    assert.ok(!readdirSync(folder).includes("a.csv"));
    file.write(bytes("two\n"));
    file.finish();
    file.discard();
    assert.deepEqual([readdirSync(folder), text(path)], [["a.csv"], "one\ntwo\n"]);
    const other = growingFile(join(folder, "b"));
    other.write(bytes("half"));
    other.discard();
    assert.deepEqual(readdirSync(folder), ["a.csv"]);
  });
  test("a file that is there stays, also one that came meanwhile", () => {
    const folder = newFolder();
    const path = join(folder, "a");
    const file = growingFile(path);
    writeFileSync(path, "mine");
    assert.throws(() => file.finish(), { code: "file/exists" });
    assert.throws(() => growingFile(path), { code: "file/exists" });
    assert.deepEqual([readdirSync(folder), text(path)], [["a"], "mine"]);
    assert.throws(() => growingFile(join(folder, "none", "a")), { code: "file/not-writable" });
  });
});
