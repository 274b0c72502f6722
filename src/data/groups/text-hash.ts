import { normaliseText } from "./text-groups.ts";

// As a signed number: a larger one would make the hash below a floating-point number.
const SEED = 0x811c9dc5 | 0;
const FACTOR = 0x01000193;
const SPACE = 32;

/** What an ASCII byte is to `normaliseText`: a letter or digit in lower case, else a space; 255 for bytes beyond ASCII. */
const WORD_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 128) return 255;
  const char = String.fromCharCode(byte);
  return /[a-z0-9]/i.test(char) ? char.toLowerCase().charCodeAt(0) : SPACE;
});

/**
 * A 31-bit number that texts share when `normaliseText` makes them equal.
 *
 * @returns FNV-1a over the UTF-16 units of the normalised text; unlike texts share one in 2 billion times.
 *   31 bits, as Node keeps larger numbers on the heap.
 * @example
 * textHash("It's GREAT") === textHash("it s great"); // true
 */
export function textHash(text: string): number {
  const fast = asciiStringHash(text);
  if (fast >= 0) return fast;
  const normal = normaliseText(text);
  let hash = SEED;
  for (let i = 0; i < normal.length; i++) hash = Math.imul(hash ^ normal.charCodeAt(i), FACTOR);
  return hash >>> 1;
}

/**
 * `textHash` of text that is still bytes, without decoding it.
 *
 * @param bytes - UTF-8.
 * @param start - First byte of the text.
 * @param end - Past its last byte.
 * @returns The hash, or -1 for what only `textHash` can tell: text beyond ASCII, or without any letter or digit.
 */
export function asciiTextHash(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && WORD_BYTE[bytes[end - 1]] === SPACE) end--;
  let hash = SEED;
  let before = SPACE;
  const wordByte = WORD_BYTE;
  for (let at = start; at < end; at++) {
    const unit = wordByte[bytes[at]];
    // Spaces before the first word, and all but one between two.
    if (unit === SPACE && before === SPACE) continue;
    if (unit === 255) return -1;
    hash = Math.imul(hash ^ unit, FACTOR);
    before = unit;
  }
  return before === SPACE ? -1 : hash >>> 1;
}

/** The same over a string, where it is ASCII. */
function asciiStringHash(text: string): number {
  const wordByte = WORD_BYTE;
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) < 128 && wordByte[text.charCodeAt(end - 1)] === SPACE) end--;
  let hash = SEED;
  let before = SPACE;
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return -1;
    const unit = wordByte[code];
    if (unit === SPACE && before === SPACE) continue;
    hash = Math.imul(hash ^ unit, FACTOR);
    before = unit;
  }
  return before === SPACE ? -1 : hash >>> 1;
}
