import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { initialise, loadModelFolder, modelFiles, parseEncoderConfig, readSafetensors, weightsFrom } from "./index-node.ts";

const config = parseEncoderConfig({
  ...{ model_type: "distilbert", vocab_size: 9, dim: 4, n_layers: 1, n_heads: 2, hidden_dim: 6, max_position_embeddings: 5 },
  ...{ id2label: { 0: "no", 1: "yes", 2: "später" } },
});
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crisp-model-"));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
const files = (): Map<string, Uint8Array[]> => modelFiles(config, initialise(config, 4));

describe("a model folder", () => {
  test("comes back bit for bit", () => {
    for (const [name, chunks] of files()) write(name, Buffer.concat(chunks));
    const loaded = loadModelFolder(folder);
    assert.deepEqual(loaded.config, config);
    const { weights, fresh } = weightsFrom(loaded.config, loaded, { seed: 0, where: "model.safetensors" });
    assert.deepEqual([weights, fresh], [initialise(config, 4), []]);
  });
  test("is what transformers reads: format pt, and the class's own architecture", () => {
    const all = files();
    assert.deepEqual([...all.keys()], ["model.safetensors", "config.json"]);
    assert.deepEqual(readSafetensors(Buffer.concat(all.get("model.safetensors")!), "").metadata, { format: "pt" });
    const json = JSON.parse(Buffer.concat(all.get("config.json")!).toString());
    assert.deepEqual([json.model_type, json.architectures], ["distilbert", ["DistilBertForSequenceClassification"]]);
    assert.equal(json.id2label[2], "später");
  });
  test("its tensors are read when they are asked for, not before", () => {
    write("config.json", Buffer.concat(files().get("config.json")!));
    const loaded = loadModelFolder(folder);
    assert.equal(loaded.config.vocabSize, 9);
    assert.throws(() => loaded.tensors, { code: "model/no-weights" });
  });
});

describe("a folder that is none is refused with the next step", () => {
  test("no such folder", () => {
    assert.throws(() => loadModelFolder(join(folder, "missing")), { code: "model/no-folder", message: /no folder\. Download/ });
    write("file", "");
    assert.throws(() => loadModelFolder(join(folder, "file")), { code: "model/no-folder" });
  });
  test("no config.json, or a damaged one", () => {
    assert.throws(() => loadModelFolder(folder), { code: "model/no-config", message: /expected a config\.json, got none/ });
    write("config.json", '{"model_type": ');
    assert.throws(() => loadModelFolder(folder), { code: "config/type", message: /config\.json: expected JSON/ });
  });
  const weightless: readonly [string, string | null, string, RegExp][] = [
    ["no weights at all", null, "", /got none\. Download all files/],
    ["PyTorch's old format alone", "pytorch_model.bin", "", /got only pytorch_model\.bin\. Convert it once.*save_file/],
    [
      "weights in several parts",
      "model.safetensors.index.json",
      "{}",
      /got only model\.safetensors\.index\.json\. Join the parts/,
    ],
    [
      "a Git LFS pointer",
      "model.safetensors",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 90868376\n",
      /got a Git LFS pointer to them\. Run git lfs install/,
    ],
  ];
  for (const [title, name, content, message] of weightless) {
    test(title, () => {
      write("config.json", Buffer.concat(files().get("config.json")!));
      if (name) write(name, content);
      assert.throws(() => loadModelFolder(folder).tensors, { code: "model/no-weights", message });
    });
  }
  test("damaged weights", () => {
    write("config.json", Buffer.concat(files().get("config.json")!));
    write("model.safetensors", Buffer.concat(files().get("model.safetensors")!).subarray(0, -1));
    assert.throws(() => loadModelFolder(folder).tensors, { code: "safetensors/truncated" });
  });
});
