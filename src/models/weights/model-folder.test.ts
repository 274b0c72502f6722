import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { parseEncoderConfig } from "../config/config.ts";
import { initialise, parameterSpecs } from "../initialise.ts";
import { loadModelFolder } from "./model-folder-node.ts";
import { readSafetensors } from "./safetensors.ts";
import { modelFiles } from "./stored-model.ts";
import { weightsFrom } from "./weights.ts";

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

describe("weights in several files", () => {
  const names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const index = "model.safetensors.index.json";
  const all = initialise(config, 4);
  const half = all.size / 2;

  /** F32 tensors as shards of `dtype`; bf16 is the upper half of each value. */
  function writeShards(dtype: "F32" | "BF16" | "F16"): Record<string, string> {
    const places: Record<string, string> = {};
    names.forEach((file, shard) => {
      const specs = parameterSpecs(config).filter((_, at) => Math.floor(at / half) === shard);
      const header: Record<string, object> = {};
      const parts: Buffer[] = [];
      let offset = 0;
      for (const { name, shape } of specs) {
        const values = all.get(name)!;
        const typed = { F32: values, BF16: bf16(values), F16: new Float16Array(values) }[dtype];
        const bytes = Buffer.from(typed.buffer, typed.byteOffset, typed.byteLength);
        header[name] = { dtype, shape, data_offsets: [offset, (offset += bytes.length)] };
        parts.push(bytes);
        places[name] = file;
      }
      const text = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      write(file, Buffer.concat([length, text, ...parts]));
    });
    writeIndex(places);
    return places;
  }
  const bf16 = (values: Float32Array): Uint16Array =>
    Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16);
  const writeIndex = (places: unknown): void => write(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: places }));
  beforeEach(() => write("config.json", Buffer.concat(files().get("config.json")!)));
  const loaded = () => weightsFrom(config, loadModelFolder(folder), { seed: 0, where: index });

  test("are read as one", () => {
    writeShards("F32");
    assert.deepEqual(loaded(), { weights: all, fresh: [] });
    assert.equal(loadModelFolder(folder).weightsFile, join(folder, index));
  });
  test("are widened from half precision", () => {
    for (const dtype of ["F16", "BF16"] as const) {
      writeShards(dtype);
      const { weights } = loaded();
      for (const [name, values] of all) {
        const want =
          dtype === "F16"
            ? Float32Array.from(new Float16Array(values))
            : new Float32Array(Uint32Array.from(bf16(values), (bits) => bits << 16).buffer);
        assert.deepEqual(weights.get(name), want, `${dtype} ${name}`);
      }
    }
  });
  test("one file wins over the parts, as in transformers", () => {
    writeShards("F32");
    write("model.safetensors", Buffer.concat(modelFiles(config, initialise(config, 9)).get("model.safetensors")!));
    assert.deepEqual(loaded().weights, initialise(config, 9));
  });
  test("a part that is missing, or a pointer to it, is named", () => {
    writeShards("F32");
    write(names[1], "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 90868376\n");
    assert.throws(loaded, { code: "model/no-weights", message: /model-00002-of-00002\.safetensors: .*Git LFS pointer/ });
    rmSync(join(folder, names[1]));
    assert.throws(loaded, {
      code: "model/no-weights",
      message: /the file model-00002-of-00002\.safetensors beside it, got none/,
    });
  });
  test("a tensor that is not in its file is named", () => {
    const places = writeShards("F32");
    writeIndex({ ...places, "classifier.bias": names[0] });
    assert.throws(loaded, {
      code: "safetensors/index",
      message: /classifier\.bias in model-00001-of-00002\.safetensors, got none/,
    });
    writeIndex({ ...places, more: names[1] });
    assert.throws(loaded, { code: "safetensors/index", message: /expected more in model-00002/ });
  });
  test("no path leads out of the folder", () => {
    const places = writeShards("F32");
    const outside = [
      `../${names[0]}`,
      `/tmp/${names[0]}`,
      `a/${names[0]}`,
      `C:${names[0]}`,
      `..\\${names[0]}`,
      "..",
      ".safetensors",
      "",
      3,
      null,
    ];
    for (const file of outside) {
      writeIndex({ ...places, "classifier.bias": file });
      assert.throws(loaded, { code: "safetensors/index", message: /in the same folder, got/ }, String(file));
    }
  });
  test("an index that is none is refused", () => {
    for (const text of ["", "{", "[]", "null", "{}", '{"weight_map": {}}', '{"weight_map": ["a"]}']) {
      write(index, text);
      assert.throws(loaded, { code: "safetensors/index" }, text);
    }
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
  for (const name of ["config.json", "model.safetensors"]) {
    test(`a folder in the place of ${name}`, () => {
      if (name !== "config.json") write("config.json", Buffer.concat(files().get("config.json")!));
      mkdirSync(join(folder, name));
      assert.throws(() => loadModelFolder(folder).tensors, {
        code: "model/unreadable",
        message: `${join(folder, name)}: expected a readable file, got a folder. Download the model again.`,
      });
    });
  }
  test("damaged weights", () => {
    write("config.json", Buffer.concat(files().get("config.json")!));
    write("model.safetensors", Buffer.concat(files().get("model.safetensors")!).subarray(0, -1));
    assert.throws(() => loadModelFolder(folder).tensors, { code: "safetensors/truncated" });
  });
});
