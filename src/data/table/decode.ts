import { CrispError, expectedGot } from "../../errors/index.ts";

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

async function inflate(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw badGzip(name, error);
  }
}

/** 1-based number of the first line that is no valid UTF-8. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}

/**
 * The text of a data file: gzip is inflated (known by its first bytes), a byte-order mark removed, UTF-8 required.
 *
 * @param bytes - The file.
 * @param name - Its name, for messages.
 * @returns The text.
 * @throws `data/bad-gzip` when gzip data are cut off or damaged; `data/encoding`, with the
 * first bad line, when the text is not UTF-8.
 * @example
 * await decodeText(await file.bytes(), "train.tsv.gz");
 */
export async function decodeText(bytes: Uint8Array, name: string): Promise<string> {
  const plain = isGzip(bytes) ? await inflate(bytes, name) : bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch {
    throw badEncoding(plain, name, 1);
  }
}

/**
 * The error for text that is not UTF-8.
 *
 * @param bytes - The text, or a piece of it that holds the first bad line.
 * @param line - 1-based line of the file that the piece starts on.
 */
export function badEncoding(bytes: Uint8Array, name: string, line: number): CrispError {
  const utf16 = line === 1 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff));
  return expectedGot(
    "data/encoding",
    `${name}:${utf16 ? 1 : line - 1 + firstBadLine(bytes)}`,
    "UTF-8 text",
    utf16 ? "UTF-16" : "bytes that are not UTF-8",
    "Save the file as UTF-8.",
  );
}
