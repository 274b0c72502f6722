import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSafetensors, type Tensor, writeSafetensors } from "./safetensors.ts";

const join = (chunks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));

/** A file with any header, right or wrong. */
function file(header: unknown, body: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}
const f32 = (begin: number, end: number, shape = [(end - begin) / 4]): object => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

const sample: [string, Tensor][] = [
  ["weight", { shape: [2, 3], data: Float32Array.of(0.1, -2, 3e-41, Number.POSITIVE_INFINITY, -0, 6) }],
  ['ünï "quoted"', { shape: [], data: Float32Array.of(7) }],
  ["empty", { shape: [0, 4], data: new Float32Array(0) }],
  ["3", { shape: [1], data: Float32Array.of(8) }],
];

/**
 * safetensors.torch.save({"f32": torch.tensor([[1.5, -2.0]]), "bf16": torch.tensor([1.5, -3.140625], dtype=torch.bfloat16),
 *   "f16": torch.tensor([0.5, 6e-8], dtype=torch.float16), "ids": torch.arange(3).reshape(1, 3),
 *   "i32": torch.tensor(9, dtype=torch.int32)}, {"format": "pt"}), by safetensors 0.8.0
 */
const python =
  "SAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJpZHMiOnsiZHR5cGUiOiJJNjQiLCJzaGFwZSI6WzEsM10sImRhdGFfb2Zmc2V0cyI6" +
  "WzAsMjRdfSwiZjMyIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsxLDJdLCJkYXRhX29mZnNldHMiOlsyNCwzMl19LCJpMzIiOnsiZHR5cGUiOiJJMzIiLCJz" +
  "aGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzMyLDM2XX0sImJmMTYiOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMzYsNDBd" +
  "fSwiZjE2Ijp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNDAsNDRdfX0gICAgICAgAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAA" +
  "AADAPwAAAMAJAAAAwD9JwAA4AQA=";

describe("writeSafetensors and readSafetensors", () => {
  test("what was written reads back bit for bit, and the body starts at a multiple of 8", () => {
    for (const note of ["", "x", "xx", "xxx", "xxxx", "xxxxx", "xxxxxx", "xxxxxxx"]) {
      const chunks = writeSafetensors(sample, { format: "pt", note });
      assert.equal(chunks[0].length % 8, 0);
      const { tensors, metadata } = readSafetensors(join(chunks), "sample");
      assert.deepEqual(metadata, { format: "pt", note });
      assert.deepEqual([...tensors.keys()].sort(), sample.map(([name]) => name).sort());
      for (const [name, { shape, data }] of sample) {
        assert.deepEqual(tensors.get(name)!.shape, shape);
        assert.deepEqual(tensors.get(name)!.data(), data);
      }
    }
  });
  test("written chunks are views on the tensors' memory", () => {
    const chunks = writeSafetensors(sample);
    assert.equal(chunks[1].buffer, sample[0][1].data.buffer);
  });
  test("an aligned F32 tensor is a view on the file; a misaligned one is read all the same", () => {
    const whole = join(writeSafetensors(sample));
    assert.equal(readSafetensors(whole, "aligned").tensors.get("weight")!.data().buffer, whole.buffer);
    const shifted = new Uint8Array(whole.length + 1);
    shifted.set(whole, 1);
    assert.deepEqual(readSafetensors(shifted.subarray(1), "shifted").tensors.get("weight")!.data(), sample[0][1].data);
  });
  test("Python's file: F32, BF16, F16, I64 and I32", () => {
    const { tensors, metadata } = readSafetensors(Buffer.from(python, "base64"), "python.safetensors");
    assert.deepEqual(metadata, { format: "pt" });
    assert.deepEqual(
      [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
      [
        ["ids", "I64", [1, 3]],
        ["f32", "F32", [1, 2]],
        ["i32", "I32", []],
        ["bf16", "BF16", [2]],
        ["f16", "F16", [2]],
      ],
    );
    assert.deepEqual(tensors.get("f32")!.data(), Float32Array.of(1.5, -2));
    assert.deepEqual(tensors.get("bf16")!.data(), Float32Array.of(1.5, -3.140625));
    assert.deepEqual(tensors.get("f16")!.data(), Float32Array.of(0.5, 2 ** -24));
  });
  test("what cannot be written is refused", () => {
    const one: Tensor = { shape: [1], data: Float32Array.of(1) };
    assert.throws(
      () =>
        writeSafetensors([
          ["a", one],
          ["a", one],
        ]),
      { code: "safetensors/duplicate-key" },
    );
    assert.throws(() => writeSafetensors([["a", { ...one, shape: [2] }]]), {
      code: "safetensors/size",
      message: /expected 2 values for a \[2\], got 1/,
    });
    assert.throws(() => writeSafetensors([["__metadata__", one]]), { code: "safetensors/header" });
  });
});

describe("widening", () => {
  test("every one of the 65,536 halves becomes the float32 of the same value", {
    skip: typeof Float16Array === "undefined" && "this Node has no Float16Array",
  }, () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = file({ h: { dtype: "F16", shape: [65536], data_offsets: [0, 131072] } }, 131072);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 131072);
    const got = readSafetensors(bytes, "halves").tensors.get("h")!.data();
    const want = new Float16Array(halves.buffer);
    for (let i = 0; i < 65536; i++) assert.ok(Object.is(got[i], want[i]), `half ${i}: got ${got[i]}, want ${want[i]}`);
  });
  test("every one of the 65,536 bfloat16 is the upper half of its float32", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const bytes = file({ h: { dtype: "BF16", shape: [65536], data_offsets: [0, 131072] } }, 131072);
    bytes.set(new Uint8Array(halves.buffer), bytes.length - 131072);
    const got = new Uint32Array(readSafetensors(bytes, "halves").tensors.get("h")!.data().buffer);
    for (let i = 0; i < 65536; i++) assert.equal(got[i], i * 65536);
  });
  test("integers are listed, but refused as weights", () => {
    const { tensors } = readSafetensors(file({ ids: { dtype: "I64", shape: [2], data_offsets: [0, 16] } }, 16), "ids");
    assert.deepEqual([tensors.get("ids")!.dtype, tensors.get("ids")!.shape], ["I64", [2]]);
    assert.throws(() => tensors.get("ids")!.data(), {
      code: "safetensors/not-float",
      message: /tensor ids: expected F32, F16 or BF16, got I64/,
    });
  });
});

describe("a bad file is refused with its reason", () => {
  test("truncated at every length, it says the bytes expected and got", () => {
    const whole = join(writeSafetensors(sample));
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => readSafetensors(whole.subarray(0, length), "cut"), {
        code: "safetensors/truncated",
        message: new RegExp(`got ${length} bytes?\\.`),
      });
    }
    assert.throws(() => readSafetensors(whole.subarray(0, whole.length - 1), "cut"), {
      message: new RegExp(`^cut: expected ${whole.length} bytes, got`),
    });
  });
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["text", new TextEncoder().encode("<!DOCTYPE html>"), "safetensors/header", /does not look like a safetensors file/],
    ["no JSON", file("{nonsense}", 0), "safetensors/header", /header in JSON/],
    ["invalid UTF-8", file("{}", 0).map((b, i) => (i === 9 ? 0xff : b)), "safetensors/header", /header in JSON/],
    ["an array", file("[]", 0), "safetensors/header", /a JSON object/],
    ["leading space", file(" {}", 0), "safetensors/header", /a JSON object/],
    ["numbers as metadata", file({ __metadata__: { a: 1 } }, 0), "safetensors/header", /object of strings/],
    ["a null entry", file({ a: null }, 0), "safetensors/header", /object for tensor a/],
    ["unknown dtype", file({ a: { dtype: "F12", shape: [], data_offsets: [0, 4] } }, 4), "safetensors/dtype", /got F12/],
    [
      "dtype of Object.prototype",
      file({ a: { dtype: "toString", shape: [], data_offsets: [0, 4] } }, 4),
      "safetensors/dtype",
      /./,
    ],
    ["negative shape", file({ a: f32(0, 4, [-1]) }, 4), "safetensors/shape", /got \[-1\]/],
    ["fractional shape", file({ a: f32(0, 4, [0.5, 2]) }, 4), "safetensors/shape", /./],
    [
      "a shape past 2^53 values",
      file({ a: f32(0, 4, [2 ** 31, 2 ** 31]) }, 4),
      "safetensors/shape",
      /expected tensor a to be smaller than 2\^53 bytes, got F32 \[2147483648, 2147483648\]\. Don't use this model\.$/,
    ],
    ["a shape past 2^53 bytes", file({ a: f32(0, 4, [2 ** 26, 2 ** 26]) }, 4), "safetensors/shape", /smaller than 2\^53 bytes/],
    ["offsets reversed", file({ a: { dtype: "F32", shape: [1], data_offsets: [4, 0] } }, 4), "safetensors/offsets", /\[4,0\]/],
    ["one offset", file({ a: { dtype: "F32", shape: [1], data_offsets: [4] } }, 4), "safetensors/offsets", /./],
    [
      "size differs from shape",
      file({ a: f32(0, 8, [3]) }, 8),
      "safetensors/size",
      /expected 12 bytes for tensor a, F32 \[3\], got 8 bytes/,
    ],
    [
      "overlap",
      file({ a: f32(0, 8), b: f32(4, 12) }, 12),
      "safetensors/offsets",
      /tensor b to begin at byte 8 of the body.* got 4/,
    ],
    ["a hole", file({ a: f32(0, 4), b: f32(8, 12) }, 12), "safetensors/offsets", /begin at byte 4/],
    ["a first byte that is no tensor's", file({ a: f32(4, 8) }, 8), "safetensors/offsets", /begin at byte 0/],
    ["past the end", file({ a: f32(0, 400) }, 8), "safetensors/truncated", /expected 4\d\d bytes/],
    ["bytes after the last tensor", file({ a: f32(0, 4) }, 5), "safetensors/trailing", /./],
    [
      "a tensor named twice",
      file(`{"a":${JSON.stringify(f32(0, 4))},"\\u0061" : ${JSON.stringify(f32(4, 8))}}`, 8),
      "safetensors/duplicate-key",
      /"a" twice/,
    ],
    [
      "a field given twice",
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      "safetensors/duplicate-key",
      /"dtype" twice/,
    ],
  ];
  for (const [name, bytes, code, message] of cases) {
    test(name, () => {
      assert.throws(
        () => readSafetensors(bytes, "bad.safetensors"),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.match(error.message, /^bad\.safetensors: expected [^\n]*$/);
          return true;
        },
      );
    });
  }
  test("equal field names in different tensors, and braces and quotes inside names, are no duplicates", () => {
    const odd = '{"a\\"b":{}';
    assert.equal(readSafetensors(file({ [odd]: f32(0, 4), "}": f32(4, 8) }, 8), "odd").tensors.size, 2);
  });
});

test("a name with millions of escapes is a name like any other", () => {
  const name = "\\n".repeat(5_000_000);
  const entry = { dtype: "U8", shape: [0], data_offsets: [0, 0] };
  const header = new TextEncoder().encode(`{"${name}":${JSON.stringify(entry)},"a\\\\" : ${JSON.stringify(entry)}}`);
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  const names = [...readSafetensors(bytes, "a.safetensors").tensors.keys()];
  assert.deepEqual(
    names.map(({ length }) => length),
    [5_000_000, 2],
  );
});
