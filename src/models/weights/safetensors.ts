import { counted, expectedGot, printedJson } from "../../errors/index.ts";

/** Bytes an element takes, for every dtype the format knows. */
const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type SafetensorsDtype = keyof typeof dtypeBytes;

/** One tensor of a file that was read. */
export interface StoredTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * The values as float32. F32 is a view on the file's bytes where alignment allows, so treat it as read-only; F16 and BF16 are
   * widened exactly. Throws `safetensors/not-float` for every other dtype.
   */
  data(): Float32Array;
  /** The stored bytes, little-endian, whatever the dtype: a view, to be treated as read-only. */
  bytes(): Uint8Array;
}

export interface Safetensors {
  /** By name, in the order of their bytes in the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor in memory: row-major values and their shape. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The format's own limit, which keeps a damaged length from asking for gigabytes of JSON. */
const maxHeaderBytes = 100_000_000;
const plural = (count: number): string => counted(count.toLocaleString("en-US"), "byte");
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Read a safetensors file that is held in memory; nothing is copied until a tensor that needs it is asked for.
 *
 * The header is checked as strictly as the reference implementation does: every byte of the body belongs to exactly one tensor.
 *
 * @param file - The whole file.
 * @param where - File name for messages.
 * @returns The tensors by name, and the free-form metadata.
 * @throws `safetensors/truncated`, `safetensors/header`, `safetensors/duplicate-key`, `safetensors/dtype`, `safetensors/shape`,
 *   `safetensors/offsets`, `safetensors/size`, `safetensors/trailing`.
 * @example
 * const { tensors } = readSafetensors(readFileSync("model.safetensors"), "model.safetensors");
 * tensors.get("classifier.bias")?.data(); // Float32Array(2)
 *
 * Source: https://github.com/huggingface/safetensors, "Format". Python's reader keeps the last of two equal keys; this one refuses.
 */
export function readSafetensors(file: Uint8Array, where: string): Safetensors {
  // Node's Buffer is a Uint8Array whose slice() copies nothing.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.length);
  const { header, bodyStart } = readHeader(bytes, where);
  let metadata: Record<string, string> = {};
  const entries: { name: string; dtype: SafetensorsDtype; shape: number[]; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") metadata = readMetadata(entry, where);
    else entries.push({ name, ...readEntry(name, entry, where) });
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);

  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const rule = `tensor ${name} to begin at byte ${covered} of the body, where the one before it ends`;
      throw expectedGot("safetensors/offsets", where, rule, begin, "The file is damaged; fetch it again.");
    }
    covered = end;
  }
  const expected = bodyStart + covered;
  if (bytes.length < expected) throw truncated(where, expected, bytes.length);
  if (bytes.length > expected) {
    throw expectedGot(
      "safetensors/trailing",
      where,
      `a file of ${plural(expected)}`,
      plural(bytes.length),
      "The file is damaged; fetch it again.",
    );
  }

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const stored = (): Uint8Array => bytes.subarray(bodyStart + begin, bodyStart + end);
    const data = (): Float32Array => widen(dtype, stored(), `${where}, tensor ${name}`);
    tensors.set(name, { dtype, shape, data, bytes: stored });
  }
  return { tensors, metadata };
}

function truncated(where: string, expected: number, got: number): Error {
  return expectedGot("safetensors/truncated", where, plural(expected), plural(got), "The file is truncated; fetch it again.");
}

function readHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; bodyStart: number } {
  if (bytes.length < 8) throw truncated(where, 8, bytes.length);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const notOurs = "This does not look like a safetensors file.";
  if (length > maxHeaderBytes) {
    throw expectedGot("safetensors/header", where, `a header of at most ${plural(maxHeaderBytes)}`, plural(length), notOurs);
  }
  if (bytes.length < 8 + length) throw truncated(where, 8 + length, bytes.length);
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
    header = JSON.parse(text);
  } catch (error) {
    throw expectedGot("safetensors/header", where, "a header in JSON", (error as Error).message, notOurs);
  }
  if (!text.startsWith("{") || !isObject(header)) {
    throw expectedGot("safetensors/header", where, "a header that is a JSON object", JSON.stringify(text.slice(0, 20)), notOurs);
  }
  const repeated = duplicateKey(text);
  if (repeated !== undefined) {
    throw expectedGot("safetensors/duplicate-key", where, "each key once in the header", `${JSON.stringify(repeated)} twice`);
  }
  return { header, bodyStart: 8 + length };
}

/**
 * JSON.parse keeps the last of two equal keys without a word; a second look at the (valid) text finds them. By hand, as an expression
 * overflows the stack on a text with millions of escapes.
 */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    if (json[at] === "{") open.push(new Set());
    else if (json[at] === "}") open.pop();
    else if (json[at] === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      let next = at + 1;
      while (" \t\n\r".includes(json[next])) next++;
      if (json[next] !== ":") continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

function readMetadata(value: unknown, where: string): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw expectedGot("safetensors/header", where, "__metadata__ to be an object of strings", printedJson(value));
  }
  return value as Record<string, string>;
}

function readEntry(
  name: string,
  entry: unknown,
  where: string,
): { dtype: SafetensorsDtype; shape: number[]; begin: number; end: number } {
  if (!isObject(entry)) throw expectedGot("safetensors/header", where, `an object for tensor ${name}`, printedJson(entry));
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(dtypeBytes, dtype)) {
    const rule = `tensor ${name} to have one of ${Object.keys(dtypeBytes).join(", ")}`;
    throw expectedGot("safetensors/dtype", where, rule, typeof dtype === "string" ? dtype : printedJson(dtype));
  }
  if (!isCounts(shape)) {
    throw expectedGot("safetensors/shape", where, `tensor ${name} to have a shape of whole numbers`, printedJson(shape));
  }
  if (!Number.isSafeInteger(sizeOf(shape) * dtypeBytes[dtype as SafetensorsDtype])) {
    const got = `${dtype} [${shape.join(", ")}]`;
    throw expectedGot("safetensors/shape", where, `tensor ${name} to be smaller than 2^53 bytes`, got, "Don't use this model.");
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw expectedGot("safetensors/offsets", where, `tensor ${name} to have data_offsets [begin, end]`, printedJson(offsets));
  }
  const [begin, end] = offsets;
  const expected = sizeOf(shape) * dtypeBytes[dtype as SafetensorsDtype];
  if (end - begin !== expected) {
    throw expectedGot(
      "safetensors/size",
      where,
      `${plural(expected)} for tensor ${name}, ${dtype} [${shape.join(", ")}]`,
      plural(end - begin),
    );
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

/** Little-endian bytes to float32. Typed arrays are little-endian on every machine that ONNX Runtime is built for. */
function widen(dtype: SafetensorsDtype, bytes: Uint8Array, where: string): Float32Array {
  if (dtype === "F32") {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  }
  if (dtype !== "F16" && dtype !== "BF16") {
    throw expectedGot("safetensors/not-float", where, "F32, F16 or BF16", dtype, "Convert the tensor to float32 first.");
  }
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
  const out = new Float32Array(halves.length);
  const bits = new Uint32Array(out.buffer);
  if (dtype === "BF16") for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  else for (let i = 0; i < halves.length; i++) bits[i] = float16Bits(halves[i]);
  return out;
}

/** IEEE half to the bits of the float32 of the same value; Float16Array is missing from Node 22. */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a subnormal half is a normal float32
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/**
 * Lay tensors out as a safetensors file, float32, in the order given, the body starting at a multiple of 8 bytes.
 *
 * @param entries - Name and tensor; the data is passed on as views, not copied, so write the chunks before changing it.
 * @param metadata - Free-form strings; `transformers` wants `format: "pt"`.
 * @returns The file in chunks, to be written one after another.
 * @throws `safetensors/duplicate-key`, `safetensors/size`, `safetensors/header` for the reserved name `__metadata__`.
 * @example
 * const chunks = writeSafetensors([["classifier.bias", { shape: [2], data: Float32Array.of(0, 0) }]], { format: "pt" });
 *
 * Source: https://github.com/huggingface/safetensors, "Format".
 */
export function writeSafetensors(
  entries: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set("__metadata__", metadata);
  const body: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, data }] of entries) {
    if (name === "__metadata__")
      throw expectedGot("safetensors/header", "writeSafetensors", "a tensor name other than the reserved one", name);
    if (header.has(name))
      throw expectedGot("safetensors/duplicate-key", "writeSafetensors", "each tensor name once", `${name} twice`);
    if (data.length !== sizeOf(shape)) {
      throw expectedGot(
        "safetensors/size",
        "writeSafetensors",
        `${sizeOf(shape)} values for ${name} [${shape.join(", ")}]`,
        data.length,
      );
    }
    header.set(name, { dtype: "F32", shape, data_offsets: [at, at + data.byteLength] });
    body.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    at += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20); // the format pads the header with spaces
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [start, ...body];
}
