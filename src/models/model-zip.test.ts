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

  for (const path of ["../config.json", "a/../../b", "/etc/passwd", "C:/x", "..\\x"]) {
    test(`the path ${path}`, () => {
      assert.throws(() => readModelZip(zipSync({ [path]: text("x") }), "m.zip"), {
        code: "zip/outside",
        message: `m.zip: expected paths inside the folder, got ${path}. Don't use this file.`,
      });
    });
  }
});
