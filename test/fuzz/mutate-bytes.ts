import type { Random } from "./random.ts";

/** Inputs stay small, so that a run has many and memory is judged by a small size. */
export const LARGEST_INPUT = 1 << 16;

/** Where counts and signs turn over. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const LONG_EDGES = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 33n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

type Change = (random: Random, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A piece `[start, end)` of at least one byte. */
function piece(random: Random, { length }: Uint8Array, most = length): [number, number] {
  const start = random.below(length);
  return [start, Math.min(length, start + random.size(most))];
}

/** A number as Thrift, Protobuf and LEB128 write it. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

const changes: readonly Change[] = [
  // one bit
  (random, bytes) => {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  // one byte: any, or one where something turns over
  (random, bytes) => {
    bytes[random.below(bytes.length)] = random.chance(0.5) ? random.below(256) : random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff]);
    return bytes;
  },
  // one byte, a little more or less
  (random, bytes) => {
    bytes[random.below(bytes.length)] += random.below(9) - 4;
    return bytes;
  },
  // a number of 16, 32 or 64 bits: lengths and places
  (random, bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const little = random.chance(0.8);
    const width = random.pick([2, 4, 8]);
    if (bytes.length < width) return bytes;
    const at = random.chance(0.3) ? random.pick([0, bytes.length - width]) : random.below(bytes.length - width + 1);
    if (width === 8) view.setBigUint64(at, random.pick(LONG_EDGES), little);
    else if (width === 4) view.setUint32(at, random.chance(0.5) ? random.pick(EDGES) : random.below(bytes.length * 2), little);
    else view.setUint16(at, random.pick(EDGES), little);
    return bytes;
  },
  // a long number of 7-bit groups, put over or before what is there
  (random, bytes) => {
    const at = random.below(bytes.length);
    const number = varint(random.pick(LONG_EDGES) + BigInt(random.below(3)));
    return joinBytes(bytes.subarray(0, at), number, bytes.subarray(random.chance(0.5) ? at : Math.min(bytes.length, at + 1)));
  },
  // cut off, at the end or at the beginning
  (random, bytes) => {
    const at = random.below(bytes.length);
    return random.chance(0.8) ? bytes.subarray(0, at) : bytes.subarray(at);
  },
  // a piece taken out
  (random, bytes) => {
    const [start, end] = piece(random, bytes);
    return joinBytes(bytes.subarray(0, start), bytes.subarray(end));
  },
  // a piece once more, or many times
  (random, bytes) => {
    const [start, end] = piece(random, bytes, 4096);
    const copies = random.chance(0.7) ? 1 : random.size(Math.max(1, Math.floor(LARGEST_INPUT / (end - start) / 2)));
    const copied = Array.from({ length: copies }, () => bytes.subarray(start, end));
    return joinBytes(bytes.subarray(0, end), ...copied, bytes.subarray(end));
  },
  // a piece put over another place
  (random, bytes) => {
    const [start, end] = piece(random, bytes);
    bytes.copyWithin(random.below(bytes.length), start, end);
    return bytes;
  },
  // the beginning of this and the end of another
  (random, bytes, other) => {
    const [start, end] = other.length === 0 ? [0, 0] : piece(random, other);
    const at = random.below(bytes.length);
    return joinBytes(
      bytes.subarray(0, at),
      other.subarray(start, end),
      random.chance(0.5) ? bytes.subarray(at) : new Uint8Array(),
    );
  },
  // noise
  (random, bytes) => {
    const [start, end] = piece(random, bytes, 64);
    for (let at = start; at < end; at++) bytes[at] = random.below(256);
    return bytes;
  },
];

/** Change a few bytes, pieces or lengths; the given bytes stay as they are. */
export function mutateBytes(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  let changed: Uint8Array = Uint8Array.from(bytes);
  for (let times = random.few(4); times > 0; times--) {
    if (changed.length === 0) changed = Uint8Array.of(random.below(256));
    changed = Uint8Array.from(random.pick(changes)(random, changed, other));
  }
  return changed.subarray(0, LARGEST_INPUT);
}

/** Change bytes within `[start, end)` only, whatever length that gives them. */
export function mutateWithin(random: Random, bytes: Uint8Array, other: Uint8Array, start: number, end: number): Uint8Array {
  const inner = mutateBytes(random, bytes.subarray(start, end), other);
  return joinBytes(bytes.subarray(0, start), inner, bytes.subarray(end));
}
