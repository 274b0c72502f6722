/** A file, or anything like one, that can be read at any place. */
export interface ByteSource {
  /** File name, for its extension and for messages. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * The bytes from `start` up to, not including, `end`; both lie within the file.
   *
   * The caller owns what it gets: no later call changes it.
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Whether bytes are valid UTF-8, where the platform has a faster way than `TextDecoder`. */
  readonly isUtf8?: (bytes: Uint8Array) => boolean;
}

/**
 * A source over bytes in memory.
 *
 * @example
 * bytesSource(new Uint8Array(await file.arrayBuffer()), file.name);
 */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (start, end) => bytes.subarray(start, end) };
}

/**
 * A source over a `Blob` or `File`, which a browser reads from disk piece by piece.
 *
 * @example
 * blobSource(input.files[0], input.files[0].name);
 */
export function blobSource(blob: Blob, name: string): ByteSource {
  return { name, size: blob.size, read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()) };
}
