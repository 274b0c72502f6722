import { type CrispError, expectedGot } from "../../errors/index.ts";

/** Encodings that can be named; `latin-1` is read as windows-1252, which has the same letters and some more signs. */
export const ENCODINGS = ["utf-8", "utf-16", "windows-1252", "latin-1"] as const;
export type EncodingName = (typeof ENCODINGS)[number];
/** What text can be read as. */
export type TextEncoding = Exclude<EncodingName, "latin-1">;

/** What the bytes 0x80 to 0x9f are in windows-1252; the five that it leaves free stay control characters, as browsers have it. */
const SIGNS =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";
const UNITS = Uint16Array.from({ length: 256 }, (_, byte) => (byte < 0x80 || byte > 0x9f ? byte : SIGNS.charCodeAt(byte - 0x80)));
const UTF16 = new TextDecoder("utf-16le", { ignoreBOM: true });
const FREE: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

export const plainEncoding = (name: EncodingName): TextEncoding => (name === "latin-1" ? "windows-1252" : name);

/** Whether bytes begin with the byte-order mark of UTF-16. */
export const hasUtf16Mark = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);

/** As many bytes of a text say how it is written. */
const LOOKED_AT = 1 << 16;
/** Share of the 16-bit units of plain UTF-16 whose upper byte is 0: letters, spaces, delimiters and line ends of ASCII. */
const PLAIN = 0.3;
/** Share of those whose lower byte is 0, which no letter of Latin script has. */
const ODD = 0.01;

/**
 * The byte order of UTF-16 text without a byte-order mark, where zero bytes tell it.
 *
 * @returns Undefined for other text, and for UTF-16 in scripts that have few signs of ASCII between their letters.
 */
export function utf16Order(bytes: Uint8Array): "le" | "be" | undefined {
  const units = Math.min(bytes.length, LOOKED_AT) >> 1;
  let [first, second] = [0, 0];
  for (let at = 0; at < 2 * units; at += 2) {
    if (bytes[at] === 0) first++;
    if (bytes[at + 1] === 0) second++;
  }
  if (second > PLAIN * units && first <= ODD * units) return "le";
  return first > PLAIN * units && second <= ODD * units ? "be" : undefined;
}

/** A decoder of UTF-16 that begins with these bytes: of little-endian order, unless a byte-order mark or zero bytes say otherwise. */
export function utf16Decoder(bytes: Uint8Array, keepMark = false): TextDecoder {
  const big = hasUtf16Mark(bytes) ? bytes[0] === 0xfe : utf16Order(bytes) === "be";
  return new TextDecoder(big ? "utf-16be" : "utf-16le", { fatal: true, ignoreBOM: keepMark });
}

/**
 * Text of bytes in a known encoding.
 *
 * @param options.keepMark - Keep a byte-order mark, which inside a file is a character; default false.
 * @throws TypeError for bytes that the encoding does not have.
 * @example
 * decodeAs(new Uint8Array([0x80, 0x20, 0x35]), "windows-1252"); // "€ 5"
 */
export function decodeAs(
  bytes: Uint8Array,
  encoding: TextEncoding,
  { keepMark = false }: { readonly keepMark?: boolean } = {},
): string {
  if (encoding === "utf-16") return utf16Decoder(bytes, keepMark).decode(bytes);
  if (encoding === "utf-8") return new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepMark }).decode(bytes);
  // Some versions of Node decode "windows-1252" as ISO-8859-1, so the table is our own.
  const units = new Uint16Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) units[at] = UNITS[bytes[at]];
  return UTF16.decode(units);
}

/** Bytes of the character that begins here in UTF-8, by its first byte; 0 for what begins none. */
function characterBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}

/**
 * Whether bytes that are not UTF-8 are plausibly windows-1252: text in Latin letters, most of them without accents.
 *
 * Not so: control characters; bytes that windows-1252 leaves free; more bytes beyond ASCII than a third of all letters, as in
 * Cyrillic or Chinese encodings; and more whole characters of UTF-8 than bytes that are none, as in damaged UTF-8.
 */
export function looksLikeWindows1252(bytes: Uint8Array): boolean {
  let [letters, high, whole, stray] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte < 0x80) {
      if (byte < 32 ? byte < 9 || byte > 13 : byte === 0x7f) return false;
      if ((byte | 32) >= 97 && (byte | 32) <= 122) letters++;
      continue;
    }
    const length = characterBytes(bytes, at);
    if (length > 0) {
      whole++;
      at += length - 1;
    } else {
      stray++;
      if (FREE.has(byte)) return false;
    }
    high += Math.max(1, length);
  }
  return high <= (letters + high) / 3 && stray >= whole;
}

/** 1-based number of the first line that is no valid UTF-8. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      decodeAs(bytes.subarray(start, end), "utf-8");
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}

/**
 * The error for text that is not UTF-8.
 *
 * @param bytes - The text, or a piece of it that holds the first bad line.
 * @param line - 1-based line of the file that the piece starts on.
 */
export function badEncoding(bytes: Uint8Array, name: string, line: number): CrispError {
  const utf16 = line === 1 && (hasUtf16Mark(bytes) || utf16Order(bytes) !== undefined);
  return expectedGot(
    "data/encoding",
    `${name}:${utf16 ? 1 : line - 1 + firstBadLine(bytes)}`,
    "UTF-8 text",
    utf16 ? "UTF-16" : "bytes that are not UTF-8",
    utf16 ? "Save the file as UTF-8." : "Save the file as UTF-8, or name its encoding, e.g. --encoding windows-1252.",
  );
}
