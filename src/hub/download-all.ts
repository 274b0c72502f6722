import type { RepositoryFile } from "./repository.ts";

/** How far a download is. */
export interface HubProgress {
  /** Path of the file in its repository. */
  readonly file: string;
  /** Bytes of this file that have come, those of earlier, broken runs included. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** The same over all files of this download; those that were cached do not count. */
  readonly allBytes: number;
  readonly allTotalBytes: number;
}

/** Brings one file; stops at the signal. */
export type DownloadFile = (
  file: RepositoryFile,
  options: { readonly signal: AbortSignal; readonly onBytes: (bytes: number) => void },
) => Promise<void>;

/** Downloads at the same time: enough to hide the answer times of small files. */
const AT_ONCE = 4;

/**
 * Download files side by side; the first failure stops the others.
 *
 * @throws The first failure; the signal's reason.
 */
export async function downloadAll(
  files: readonly RepositoryFile[],
  download: DownloadFile,
  { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: (progress: HubProgress) => void },
): Promise<void> {
  const allTotalBytes = files.reduce((sum, { size }) => sum + size, 0);
  const bytesOf = new Map<string, number>();
  let allBytes = 0;
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const queue = [...files];
  const work = async () => {
    for (let file = queue.shift(); file && !either.aborted; file = queue.shift()) {
      const { path, size } = file;
      const onBytes = (bytes: number) => {
        allBytes += bytes - (bytesOf.get(path) ?? 0);
        bytesOf.set(path, bytes);
        onProgress?.({ file: path, bytes, totalBytes: size, allBytes, allTotalBytes });
      };
      await download(file, { signal: either, onBytes });
    }
  };
  let first: unknown;
  // all have to end, so that every lock is released; the first error is the cause of the others
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      work().catch((error: unknown) => {
        first ??= error;
        failed.abort(error);
      }),
    ),
  );
  signal?.throwIfAborted();
  if (first !== undefined) throw first;
}
