/**
 * A bounded reader of Thrift's compact protocol, which Parquet's metadata are written in.
 *
 * hyparquet allocates what a list declares and reads numbers of any length; on a damaged file that is memory and time
 * without end. What this reader has passed, hyparquet can be given.
 */

/** A struct's fields by number; binary fields are left out. */
export interface ThriftStruct {
  readonly fields: ReadonlyMap<number, number | ThriftStruct>;
  /** Offset of the first byte behind the struct. */
  readonly end: number;
}

/** Schemas nest once a level; nobody writes more than a few. */
const DEEPEST = 32;
/** 70 bits hold any 64-bit number. */
const LONGEST_NUMBER = 10;

/**
 * Read one struct, checking every declared length against the bytes that are there.
 *
 * @param bytes - Where it stands.
 * @param at - Its first byte.
 * @returns Its numbers and structs; numbers past 2^53 are rounded.
 * @throws `Error` in plain words for a number, list, text or nesting that cannot be.
 * @example
 * readThriftStruct(pageBytes, 0).fields.get(3); // compressed size of a page
 */
export function readThriftStruct(bytes: Uint8Array, at: number): ThriftStruct {
  const need = (count: number): void => {
    if (count > bytes.length - at) throw new Error("its metadata end too early");
  };
  const number = (): number => {
    let value = 0;
    for (let length = 0, scale = 1; ; length++, scale *= 128) {
      if (length === LONGEST_NUMBER) throw new Error("a number in its metadata never ends");
      need(1);
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const zigzag = (): number => {
    const value = number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const skip = (count: number): undefined => {
    need(count);
    at += count;
  };
  const element = (type: number, depth: number): number | ThriftStruct | undefined => {
    if (type === 1 || type === 2) return type === 1 ? 1 : 0;
    if (type === 3) return skip(1);
    if (type >= 4 && type <= 6) return zigzag();
    if (type === 7) return skip(8);
    if (type === 8) return skip(number());
    if (type === 9) {
      need(1);
      const head = bytes[at++];
      const size = head >> 4 === 15 ? number() : head >> 4;
      need(size);
      const kind = head & 15;
      for (let i = 0; i < size; i++)
        if (kind === 1 || kind === 2) skip(1);
        else element(kind, depth + 1);
      return undefined;
    }
    if (type === 12) return struct(depth + 1);
    throw new Error(`its metadata hold a field of unknown type ${type}`);
  };
  const struct = (depth: number): ThriftStruct => {
    if (depth > DEEPEST) throw new Error("its metadata nest without end");
    const fields = new Map<number, number | ThriftStruct>();
    for (let id = 0; ; ) {
      need(1);
      const head = bytes[at++];
      if ((head & 15) === 0) return { fields, end: at };
      id = head >> 4 ? id + (head >> 4) : zigzag();
      const value = element(head & 15, depth);
      if (value !== undefined) fields.set(id, value);
    }
  };
  return struct(0);
}
