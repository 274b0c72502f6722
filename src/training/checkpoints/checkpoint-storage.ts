/** A file that is open for reading. */
export interface StoredFile {
  /** In bytes. */
  readonly size: number;
  /** @throws When there are fewer bytes. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** SHA-256, piece by piece. */
export interface Digest {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Where the checkpoints of one run lie: a folder on disk (`checkpointFolder`) or in the browser (`checkpointsInBrowser`). */
export interface CheckpointStorage {
  /** Names of all files. */
  list(): Promise<string[]>;
  /**
   * Write a new file, whole or not at all as far as the storage can promise it; a torn one is recognised by its digest.
   *
   * @param chunks - Each may be a live view, which nobody changes before this is done.
   * @throws `file/disk-full`, `file/not-writable`.
   */
  write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  open(name: string): Promise<StoredFile>;
  remove(name: string): Promise<void>;
  /** How a file is called in messages. */
  label(name: string): string;
  createDigest(): Digest;
}
