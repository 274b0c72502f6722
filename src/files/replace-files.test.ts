import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { lockFolder } from "./folder-lock-node.ts";
import { OWN_FILES } from "./manifest-node.ts";
import { checkOwnFiles, ownFiles } from "./own-files-node.ts";
import { MODELS, NAMES } from "./replace-child.fixture.ts";
import { killedReplacementContract } from "./replace-files.contract.ts";
import { all, modelIn, newFolder, replacedUpTo, root, saved, text, write } from "./replaced-model.fixture.ts";
import { checkWhole, readWhole } from "./whole-folder-node.ts";

// every step is in replace-files.slow.ts
killedReplacementContract({ every: 3, least: 3 });

describe("a model that is replaced by another", () => {
  /** A process was killed when all was staged and two files were moved in: of its renames, the fifth would be that of the third file. */
  let half: string | undefined;
  const copyOfHalf = async (): Promise<string> => {
    if (half === undefined) {
      half = saved("A");
      assert.ok(await replacedUpTo(half, 5, "renameSync"));
      assert.equal(readdirSync(join(half, ".crisp-next")).length, 3);
    }
    const source = half;
    const folder = newFolder();
    mkdirSync(folder);
    for (const entry of readdirSync(source, { recursive: true, withFileTypes: true }).sort(
      (a, b) => a.parentPath.length - b.parentPath.length,
    )) {
      const path = join(entry.parentPath, entry.name).slice(source.length + 1);
      if (path.startsWith(".crisp.lock")) continue;
      if (entry.isDirectory()) mkdirSync(join(folder, path));
      else writeFileSync(join(folder, path), readFileSync(join(source, path)));
    }
    return folder;
  };

  test("half-written, is moved in by whoever writes or reads there next; while it is locked it is refused", async () => {
    const [read, busy] = [await copyOfHalf(), await copyOfHalf()];
    checkOwnFiles(read, NAMES);
    assert.deepEqual(modelIn(read), MODELS.B);
    // as another process would hold it: this one's own lock would let it pass
    const lock = join(busy, ".crisp.lock");
    mkdirSync(lock);
    writeFileSync(join(lock, "left"), JSON.stringify({ pid: 1, host: "elsewhere" }));
    assert.throws(() => checkWhole(busy, all), {
      code: "file/half-written",
      message: /got one that is being replaced \(.*process 1 on elsewhere/,
    });
  });
  test("half-written, is known as Crisp's, whole", async () => {
    assert.deepEqual(ownFiles(await copyOfHalf()).sort(), Object.keys(MODELS.B).sort());
  });
  test("half-written, keeps what people put in its place meanwhile, and says so", async () => {
    const folder = await copyOfHalf();
    const [name] = readdirSync(join(folder, ".crisp-next")).filter((each) => !each.startsWith("."));
    const path = join(folder, decodeURIComponent(name));
    writeFileSync(path, "mine");
    for (const act of [() => write(folder, "A"), () => checkOwnFiles(folder, [])])
      assert.throws(act, { code: "file/not-own", message: new RegExp(`${decodeURIComponent(name)}: expected no file`) });
    assert.throws(() => checkWhole(folder, all), { code: "file/half-written" });
    assert.equal(text(path), "mine");
  });
  test("half-written and then damaged, is refused and says how to get the old one back", async () => {
    const folder = await copyOfHalf();
    const [name] = readdirSync(join(folder, ".crisp-next")).filter((each) => !each.startsWith("."));
    writeFileSync(join(folder, ".crisp-next", name), "half");
    assert.throws(() => checkOwnFiles(folder, []), { code: "file/damaged", message: /Remove the folder/ });
  });
});

test("a list that names files outside its folder moves nothing there, and what nobody staged is somebody else's", () => {
  const folder = saved("A");
  const victim = join(root, "victim");
  mkdirSync(join(folder, ".crisp-next"));
  const facts = { sha256: "", size: 4, mtimeMs: 0 };
  writeFileSync(
    join(folder, ".crisp-next", OWN_FILES),
    JSON.stringify({ "../victim": facts, "/tmp/victim": facts, "a/../../victim": facts }),
  );
  writeFileSync(join(folder, ".crisp-next", encodeURIComponent("../victim")), "evil");
  assert.throws(() => write(folder, "B"), { code: "file/not-own", message: /\.crisp-next: expected nothing/ });
  assert.ok(!existsSync(victim));
});

describe("checkWhole", () => {
  const refused = (folder: string, message: RegExp, options = {}): void =>
    assert.throws(() => checkWhole(folder, { ...all, ...options }), { code: "file/changed", message });
  test("takes a folder without a list as it is, and a copy with other times", () => {
    const [folder, foreign] = [saved("A"), newFolder()];
    mkdirSync(foreign);
    writeFileSync(join(foreign, "config.json"), "{}");
    checkWhole(foreign, all);
    checkWhole(newFolder(), all);
    for (const name of Object.keys(MODELS.A)) utimesSync(join(folder, name), 1, 1);
    checkWhole(folder, all);
  });
  test("refuses a file that is missing, longer, or edited, and says what to do", () => {
    const [missing, longer, edited] = [saved("A"), saved("A"), saved("A")];
    rmSync(join(missing, "vocab.txt"));
    refused(
      missing,
      /vocab\.txt: expected the file that Crisp wrote, got none\. Save it again or copy it whole; if the change is meant, remove .*\.crisp-files\.json\.$/,
    );
    writeFileSync(join(longer, "config.json"), "AA");
    refused(longer, /config\.json: .*got one of 2 bytes, not 1\./);
    writeFileSync(join(edited, "config.json"), "a");
    utimesSync(join(edited, "config.json"), 1, 1);
    refused(edited, /config\.json: .*got other bytes than were written\./);
    checkWhole(edited, { names: (name) => name !== "config.json" });
    rmSync(join(edited, OWN_FILES));
    checkWhole(edited, all);
  });
  test("with verify, finds other bytes of the same size and time", () => {
    const folder = saved("A");
    const path = join(folder, "config.json");
    const { mtimeMs } = (JSON.parse(text(join(folder, OWN_FILES))) as Record<string, { mtimeMs: number }>)["config.json"];
    writeFileSync(path, "a");
    utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
    const facts = JSON.parse(text(join(folder, OWN_FILES)));
    // what the system rounds
    facts["config.json"].mtimeMs = Math.floor(mtimeMs);
    utimesSync(path, Math.floor(mtimeMs) / 1000, Math.floor(mtimeMs) / 1000);
    writeFileSync(join(folder, OWN_FILES), JSON.stringify(facts));
    checkWhole(folder, all);
    refused(folder, /other bytes/, { verify: true });
  });
  test("refuses a damaged list", () => {
    const folder = saved("A");
    writeFileSync(join(folder, OWN_FILES), "{");
    refused(folder, /got one that is no JSON/);
  });
});

test("readWhole refuses what it read where the files were replaced meanwhile", () => {
  const folder = saved("A");
  assert.equal(
    readWhole(folder, all, () => text(join(folder, "config.json"))),
    "A",
  );
  const reading = () => {
    const config = text(join(folder, "config.json"));
    write(folder, "B");
    return config + text(join(folder, "model.safetensors"));
  };
  assert.throws(() => readWhole(folder, all, reading), { code: "file/half-written", message: /replaced while it was read/ });
});

describe("writeOwnFiles", () => {
  test("takes no link for a file of Crisp, whatever it leads to; nor a link to a folder", () => {
    for (const [name, target] of [
      ["config.json", "same.json"],
      ["config.json", "nowhere.json"],
      ["onnx", "elsewhere"],
    ]) {
      const folder = saved("A");
      const outside = newFolder();
      if (target !== "nowhere.json") renameSync(join(folder, name), outside);
      else rmSync(join(folder, name));
      symlinkSync(outside, join(folder, name));
      assert.throws(() => write(folder, "B"), { code: "file/not-own", message: new RegExp(name) }, target);
      checkOwnFiles(folder, ["vocab.txt"]);
      assert.throws(() => checkOwnFiles(folder, NAMES), { code: "file/not-own" });
    }
  });
  test("keeps the folder for itself meanwhile, unless the process keeps it already", () => {
    const folder = saved("A");
    const lock = lockFolder(folder, { code: "file/busy", what: "training" });
    write(folder, "B");
    lock.release();
    mkdirSync(join(folder, ".crisp.lock"));
    writeFileSync(join(folder, ".crisp.lock", "left"), JSON.stringify({ pid: 1, host: "elsewhere" }));
    assert.throws(() => write(folder, "A"), { code: "file/busy" });
    assert.deepEqual(modelIn(folder), MODELS.B);
  });
});
