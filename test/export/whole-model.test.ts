import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Classifier, pretrain, train } from "../../src/api/index-node.ts";
import { writeOwnFiles } from "../../src/files/index-node.ts";
import { pushFolder } from "../../src/hub/index-node.ts";
import { crisp } from "../cli/command.fixture.ts";
import { tinyClassifier } from "./saved-models.fixture.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-whole-"));
after(() => rmSync(work, { recursive: true, force: true }));
const LIST = ".crisp-files.json";
const saved = (name: string): string => {
  const folder = join(work, name);
  tinyClassifier("topK(sparsity=0.8)").save(folder);
  return folder;
};
const text = join(work, "texts.csv");
writeFileSync(text, `text,label\n${"good,positive\nbad,negative\n".repeat(20)}`);

test("a model saved over another leaves nothing of it, nor what was said of it; people's files stay", () => {
  const folder = saved("over");
  const bytes = [new TextEncoder().encode("of the old model")];
  const old = [
    "vocab.txt",
    "special_tokens_map.json",
    "modules.json",
    "report.html",
    "errors.csv",
    "right-answers.json",
    "predictions.jsonl",
  ];
  writeOwnFiles(folder, new Map(old.map((name) => [name, bytes])));
  writeFileSync(join(folder, "notes.md"), "mine");
  tinyClassifier("dense").save(folder, { onnx: false });
  const left = [
    "config.json",
    "crisp.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "README.md",
    "notes.md",
  ];
  assert.deepEqual(readdirSync(folder).sort(), [LIST, ...left].sort());
});

test("what was said of a model may be edited or moved away; nothing that is read of it may", async () => {
  const folder = saved("remarks");
  const said = ["right-answers.json", "audit.json", "errors.csv", "report.html", "predictions.jsonl"];
  writeOwnFiles(folder, new Map(said.map((name) => [name, [new TextEncoder().encode("{}")]])));
  for (const name of [...said, "README.md"]) appendFileSync(join(folder, name), "\n");
  await Classifier.load(folder, { verify: true });
  for (const name of [...said, "README.md"]) rmSync(join(folder, name));
  await Classifier.load(folder, { verify: true });
  for (const name of ["config.json", "crisp.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]) {
    const before = readFileSync(join(folder, name));
    appendFileSync(join(folder, name), "\n");
    await assert.rejects(Classifier.load(folder), { code: "file/changed" }, name);
    writeFileSync(join(folder, name), before);
  }
  await Classifier.load(folder);
});

describe("a saved folder of which a file was edited", () => {
  const folder = saved("edited");
  appendFileSync(join(folder, "config.json"), "\n");
  const refused = {
    code: "file/changed",
    message: /config\.json: expected the file that Crisp wrote, got .*if the change is meant, remove/,
  };
  const settings = { endpoint: "http://127.0.0.1:9", token: "hf_x", offline: false } as never;
  const uses: Readonly<Record<string, () => Promise<unknown>>> = {
    "Classifier.load": () => Classifier.load(folder),
    train: () => train({ data: text, model: folder }).result,
    pretrain: () => pretrain({ data: text, model: folder }).result,
    pushFolder: () => pushFolder(folder, "ada/edited", { settings }),
  };
  for (const [name, use] of Object.entries(uses)) test(`is refused by ${name}`, () => assert.rejects(use, refused));
  for (const args of [
    ["predict", folder, text],
    ["eval", folder, text],
    ["study", text, "--model", folder, "--quick"],
  ])
    test(`is refused by crisp ${args[0]}, in one line`, async () => {
      const { code, stderr } = await crisp(args, { cwd: work });
      assert.equal(code, 1);
      assert.match(stderr, /^.*config\.json: expected the file that Crisp wrote.*\n$/);
    });
  test("is taken as it is without its list, which is what the error says", async () => {
    rmSync(join(folder, LIST));
    await Classifier.load(folder);
  });
});

test("a copy of a folder is whole, and one that was copied in part is not", async () => {
  const [folder, copy] = [saved("source"), join(work, "copy")];
  cpSync(folder, copy, { recursive: true });
  await Classifier.load(copy, { verify: true });
  rmSync(join(copy, "onnx"), { recursive: true });
  await Classifier.load(copy);
  rmSync(join(copy, "tokenizer_config.json"));
  await assert.rejects(Classifier.load(copy), { code: "file/changed", message: /tokenizer_config\.json: .*got none/ });
});

test("weights that differ but have size and time are found when hashes are asked for", async () => {
  const folder = saved("bits");
  const path = join(folder, "model.safetensors");
  const list = JSON.parse(readFileSync(join(folder, LIST), "utf8"));
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path, bytes);
  utimesSync(path, 1, 1);
  writeFileSync(
    join(folder, LIST),
    JSON.stringify({ ...list, "model.safetensors": { ...list["model.safetensors"], mtimeMs: 1000 } }),
  );
  await Classifier.load(folder);
  await assert.rejects(Classifier.load(folder, { verify: true }), { code: "file/changed", message: /other bytes/ });
  for (const verb of ["predict", "eval"]) {
    const { code, stderr } = await crisp([verb, folder, text, "--verify_model"], { cwd: work });
    assert.equal(code, 1);
    assert.match(stderr, /model\.safetensors: .*other bytes than were written/);
  }
  assert.ok(existsSync(path));
});
