import { readSafetensors, writeSafetensors } from "../../../src/models/index.ts";
import { joinBytes, mutateBytes } from "../mutate-bytes.ts";
import { mutateJson } from "../mutate-json.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

/** A file from a header of any kind. */
export function fileOf(header: unknown, body = new Uint8Array()): Uint8Array {
  return withHeader(new TextEncoder().encode(JSON.stringify(header)), body);
}

function withHeader(header: Uint8Array, body: Uint8Array, length = BigInt(header.length)): Uint8Array {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, length, true);
  return joinBytes(start, header, body);
}

function seeds(): Uint8Array[] {
  const numbers = (count: number) => Float32Array.from({ length: count }, (_, at) => at / 8);
  const written = writeSafetensors(
    [
      ["bert.embeddings.weight", { shape: [3, 2], data: numbers(6) }],
      ["classifier.bias", { shape: [2], data: numbers(2) }],
      ["scale", { shape: [], data: numbers(1) }],
    ],
    { format: "pt", note: 'é\n"quoted"' },
  );
  const half = { dtype: "F16", shape: [2, 2], data_offsets: [0, 8] };
  return [
    joinBytes(...written),
    joinBytes(...writeSafetensors([])),
    fileOf({ a: half, b: { dtype: "BF16", shape: [3], data_offsets: [8, 14] } }, new Uint8Array(14).fill(0x3f)),
    fileOf(
      {
        ids: { dtype: "I64", shape: [2], data_offsets: [0, 16] },
        flags: { dtype: "BOOL", shape: [1, 3], data_offsets: [16, 19] },
        none: { dtype: "F32", shape: [0, 4], data_offsets: [19, 19] },
        odd: { dtype: "F32", shape: [1], data_offsets: [19, 23] },
      },
      new Uint8Array(23).fill(1),
    ),
  ];
}

/** Mostly the header, with a length that fits it again, so that what stands in it is read. */
function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (bytes.length < 10 || random.chance(0.2)) return mutateBytes(random, bytes, other);
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (end > bytes.length) return mutateBytes(random, bytes, other);
  const header = mutateJson(random, bytes.subarray(8, end), other.subarray(8));
  const body = bytes.subarray(end);
  const length = random.chance(0.95) ? header.length : random.below(2 * header.length);
  const changed = random.chance(0.2) ? mutateBytes(random, body, other) : body;
  return withHeader(header, changed, BigInt(length));
}

/** Tensors lie behind one another in the file and have as many values as their shapes say. */
function run(bytes: Uint8Array): void {
  const { tensors, metadata } = readSafetensors(bytes, "model.safetensors");
  let total = 0;
  for (const [name, { dtype, shape, bytes: stored, data }] of tensors) {
    const own = stored();
    check(own.buffer === bytes.buffer, `${name} lies outside the file`);
    total += own.length;
    if (dtype !== "F32" && dtype !== "F16" && dtype !== "BF16") continue;
    const size = shape.reduce((a, b) => a * b, 1);
    check(data().length === size, `${name} has ${data().length} values for the shape ${shape}`);
  }
  check(total <= bytes.length - 8, "tensors overlap");
  check(
    Object.values(metadata).every((text) => typeof text === "string"),
    "metadata that are no strings",
  );
}

export const safetensors: Target = { name: "safetensors", seeds, mutate, run, memory: { floor: 4 << 20, factor: 200 } };
