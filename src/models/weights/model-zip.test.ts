import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { zipSync } from "fflate";
import { modelZip, readModelZip } from "./model-zip.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const files = new Map([
  ["config.json", text("{}")],
  ["onnx/modèle.onnx", Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 3)],
  ["empty.txt", new Uint8Array()],
]);

describe("a zipped model folder", () => {
  test("gives back its files, and is the same bytes every time", () => {
    const zip = modelZip(files);
    assert.deepEqual(readModelZip(zip), files);
    assert.deepEqual(modelZip(files), zip);
  });

  test("may be compressed, have a comment, and hold the folder itself", () => {
    const zip = zipSync(
      { "tickets-model/config.json": text("{}"), "tickets-model/a/b": text("b"), "__MACOSX/x": text("x") },
      { level: 9 },
    );
    assert.deepEqual([...readModelZip(zip).keys()], ["config.json", "a/b"]);
    const commented = new Uint8Array([...zip, ...text("a comment")]);
    commented[zip.length - 2] = 9;
    assert.deepEqual(readModelZip(commented), readModelZip(zip));
  });
});

describe("readModelZip refuses", () => {
  const zip = modelZip(files);

  test("what is no zip, and every truncation of one", () => {
    for (const length of [0, 3, 21, 22, 1000, zip.length - 1]) {
      assert.throws(() => readModelZip(zip.subarray(0, length), "m.zip"), {
        code: "zip/damaged",
        message: /^m\.zip: expected a whole zip of a model folder, got .+\. Download or save it again\.$/,
      });
    }
  });

  test("a changed byte in any file", () => {
    const changed = zip.slice();
    changed[40_000] ^= 1;
    assert.throws(() => readModelZip(changed), { code: "zip/damaged", message: /got a damaged onnx\/modèle\.onnx/ });
  });

  test("damage anywhere: each byte changed gives an error or the same files, never others", () => {
    const small = modelZip(new Map([["config.json", text('{"a": 1}')]]));
    const right = JSON.stringify([...readModelZip(small)]);
    for (let at = 0; at < small.length; at++) {
      const changed = small.slice();
      changed[at] ^= 0x15;
      let read: string;
      try {
        read = JSON.stringify([...readModelZip(changed)].map(([, content]) => ["config.json", content]));
      } catch (error) {
        assert.equal((error as { code?: string }).code?.startsWith("zip/"), true, `byte ${at}: ${error}`);
        continue;
      }
      assert.ok(read === right || read === "[]", `byte ${at}`);
    }
  });

  test("an entry that declares more than the file can hold, before room is made for it", () => {
    const whole = zipSync({ "config.json": [text("{}".repeat(50)), { level: 9 }] });
    const view = new DataView(whole.buffer);
    const entry = view.getUint32(whole.length - 22 + 16, true);
    view.setUint32(entry + 24, 0x7fffffff, true);
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(() => readModelZip(whole), { code: "zip/damaged", message: /entries larger than the file can hold/ });
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20);
  });

  test("entries that unpack to far more than any model, before room is made for them", () => {
    const packed = zipSync({ "config.json": text("{}"), "model.safetensors": new Uint8Array(80 << 20) }, { level: 9 });
    assert.throws(() => readModelZip(packed), { code: "zip/damaged", message: /entries that unpack to far more than it holds/ });
    const small = zipSync({ "config.json": text("{}"), "model.safetensors": new Uint8Array(8 << 20) }, { level: 9 });
    assert.equal(readModelZip(small).get("model.safetensors")!.length, 8 << 20);
  });
  test("entries that claim the same bytes, or the same name", () => {
    const zipped = zipSync({ "a.bin": text("x".repeat(300)), "b.bin": text("y") }, { level: 0 });
    const entry = new DataView(zipped.buffer).getUint32(zipped.length - 22 + 16, true);
    const directory = zipped.slice(entry, zipped.length - 22);
    const twice = new Uint8Array(zipped.length + directory.length);
    twice.set(zipped.subarray(0, entry));
    twice.set(directory, entry);
    twice.set(directory, entry + directory.length);
    twice.set(zipped.subarray(zipped.length - 22), entry + 2 * directory.length);
    const end = new DataView(twice.buffer, twice.length - 22);
    for (const at of [8, 10]) end.setUint16(at, 4, true);
    end.setUint32(12, 2 * directory.length, true);
    assert.throws(() => readModelZip(twice), { code: "zip/damaged", message: /two entries of one name|larger than the file/ });
  });

  for (const inner of ["/etc/passwd", "C:/x"]) {
    test(`${inner} behind a folder that is taken off`, () => {
      const zipped = zipSync({ "m/config.json": text("{}"), [`m/${inner}`]: text("x") });
      assert.throws(() => readModelZip(zipped), { code: "zip/outside" });
    });
  }

  for (const path of ["../config.json", ".. /x", "a\0b", ".", "a/../../b", "/etc/passwd", "C:/x", "..\\x"]) {
    test(`the path ${JSON.stringify(path)}`, () => {
      assert.throws(() => readModelZip(zipSync({ [path]: text("x") }), "m.zip"), {
        code: "zip/outside",
        message: `m.zip: expected paths inside the folder, got ${path.replace("\0", "\\u0000")}. Don't use this file.`,
      });
    });
  }
});
