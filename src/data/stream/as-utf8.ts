import { type DecodeOptions, notUtf16, readAs } from "../table/decode.ts";
import {
  decodeAs,
  hasUtf16Mark,
  looksLikeWindows1252,
  plainEncoding,
  type TextEncoding,
  utf16Decoder,
  utf16Order,
} from "../table/encoding.ts";
import { isUtf8Piece } from "../tokenize/text-layout.ts";

/** The first bytes of a source. */
export interface Head {
  readonly rest: Uint8Array;
  /** Whether they are all. */
  readonly ended: boolean;
}

/**
 * The encoding of text that comes in pieces: the one that is named, else what its first bytes look like, by the rules of `decodeText`.
 *
 * What cannot be told is UTF-8, so that its reader names the first line that is none.
 */
export function encodingOf({ rest, ended }: Head, name: string, { encoding, onNote }: DecodeOptions): TextEncoding {
  if (encoding) return plainEncoding(encoding);
  if (hasUtf16Mark(rest)) return "utf-16";
  const order = utf16Order(rest);
  if (!order && (isUtf8Piece(rest, ended) || !looksLikeWindows1252(rest))) return "utf-8";
  const guess = order ? "utf-16" : "windows-1252";
  onNote?.(readAs(guess, name));
  return guess;
}

/**
 * Text of another encoding as UTF-8, piece by piece; a byte-order mark is removed.
 *
 * @param chunks - What follows the first bytes.
 * @throws `data/encoding` for bytes that the encoding does not have.
 */
export async function* asUtf8(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
  encoding: Exclude<TextEncoding, "utf-8">,
  name: string,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = utf16Decoder(first);
  const utf8Of = (bytes: Uint8Array | undefined): Uint8Array => {
    if (encoding === "windows-1252") return encoder.encode(bytes && decodeAs(bytes, encoding));
    try {
      return encoder.encode(decoder.decode(bytes, { stream: bytes !== undefined }));
    } catch {
      throw notUtf16(name);
    }
  };
  yield utf8Of(first);
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield utf8Of(next.value);
  yield utf8Of(undefined);
}
