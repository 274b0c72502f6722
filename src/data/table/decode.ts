import { CrispError, expectedGot } from "../../errors/index.ts";
import {
  badEncoding,
  decodeAs,
  type EncodingName,
  hasUtf16Mark,
  looksLikeWindows1252,
  plainEncoding,
  type TextEncoding,
  utf16Order,
} from "./encoding.ts";
import { MOST_TEXT_BYTES, textTooLarge } from "./table-bounds.ts";

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The one error for gzip data that do not inflate. */
export function badGzip(name: string, error: unknown): CrispError {
  const { message, cause } = error as Error;
  const reason = cause instanceof Error ? cause.message : message;
  return new CrispError(
    "data/bad-gzip",
    `${name}: expected a complete gzip file, got one that is cut off or damaged (${reason}). Download or compress it again.`,
    { reason },
  );
}

/** @throws `data/too-large` once more comes out than can be read, whatever is left. */
async function inflate(bytes: Uint8Array, name: string, most: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  const pieces: Uint8Array[] = [];
  let length = 0;
  // not every browser lets a stream be iterated over
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done && length <= most; next = await reader.read()) {
      length += next.value.length;
      pieces.push(next.value);
    }
  } catch (error) {
    throw badGzip(name, error);
  }
  if (length > most) {
    await reader.cancel();
    throw textTooLarge(name);
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** The error for bytes that were named UTF-16, or marked so. */
export const notUtf16 = (name: string): CrispError =>
  expectedGot("data/encoding", name, "UTF-16 text", "bytes that are not", "Save the file as UTF-8.");

const REASONS = { "windows-1252": "it is not UTF-8", "utf-16": "every other byte of it is mostly 0" } as const;

/** What is said of a guess. */
export const readAs = (encoding: keyof typeof REASONS, name: string): string =>
  `${name}: read as ${encoding.replace("utf", "UTF")}, as ${REASONS[encoding]}; give --encoding to say otherwise`;

export interface DecodeOptions {
  /** Left out, guessed: see `decodeText`. */
  readonly encoding?: EncodingName;
  /** Told of a guess that may be wrong. */
  readonly onNote?: (text: string) => void;
}

/**
 * The text of a data file: gzip is inflated (known by its first bytes), a byte-order mark removed.
 *
 * Where no encoding is named, a byte-order mark says UTF-16, and all else must be UTF-8, or look like UTF-16 or windows-1252, which is
 * said by `onNote`.
 *
 * @param bytes - The file.
 * @param name - Its name, for messages.
 * @returns The text.
 * @throws `data/too-large` beyond 536 MB, unpacked; `data/bad-gzip` when gzip data are cut off or damaged; `data/encoding` when the text is not in the named encoding, or
 * none can be told, with the first line that is not UTF-8.
 * @example
 * await decodeText(await file.bytes(), "train.tsv.gz");
 */
export async function decodeText(bytes: Uint8Array, name: string, options: DecodeOptions = {}): Promise<string> {
  return (await decodeFile(bytes, name, options)).text;
}

/**
 * As `decodeText`, with the encoding that was taken.
 *
 * @param options.most - Bytes of text, unpacked; default what a string can hold.
 */
export async function decodeFile(
  bytes: Uint8Array,
  name: string,
  { encoding, onNote, most = MOST_TEXT_BYTES }: DecodeOptions & { readonly most?: number } = {},
): Promise<{ readonly text: string; readonly encoding: TextEncoding; readonly guessed: boolean }> {
  const plain = isGzip(bytes) ? await inflate(bytes, name, most) : bytes;
  if (plain.length > most) throw textTooLarge(name);
  const guess = (taken: keyof typeof REASONS) => {
    onNote?.(readAs(taken, name));
    return { text: decodeAs(plain, taken), encoding: taken, guessed: true };
  };
  const marked = hasUtf16Mark(plain);
  const taken = encoding ? plainEncoding(encoding) : marked ? "utf-16" : "utf-8";
  try {
    // such text is UTF-8 too, with control characters
    if (!encoding && !marked && utf16Order(plain)) return guess("utf-16");
    return { text: decodeAs(plain, taken), encoding: taken, guessed: false };
  } catch {
    if (taken === "utf-16") throw notUtf16(name);
    if (encoding || !looksLikeWindows1252(plain)) throw badEncoding(plain, name, 1);
    return guess("windows-1252");
  }
}
