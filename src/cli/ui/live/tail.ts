import { open, stat } from "node:fs/promises";
import type { LoggedEvent } from "../../../runs/index.ts";

/** Events that were added to a log. */
export interface Tailed {
  readonly events: readonly LoggedEvent[];
  /** The log is another one, or was begun anew: what came before no longer counts. */
  readonly anew: boolean;
}

export interface TailOptions {
  readonly signal: AbortSignal;
  /** Between two looks at the file. All that was written between them comes as one. Default 200. */
  readonly everyMs?: number;
  /** Yield nothing new when nothing came for so long; default never. */
  readonly beatMs?: number;
  /** Told how many bytes were read. */
  readonly onRead?: (bytes: number) => void;
}

/** Bytes that are read at once: a long log comes in pieces. */
const PIECE = 1 << 20;

/**
 * What a log holds, and then what is added to it, until the signal; only what is new is read.
 *
 * The first piece comes at once, empty where there is no log yet. An event counts once its line has ended. A line that was torn by a
 * killed process, and is cut off before the next one is written, is never told.
 *
 * @example
 * for await (const { events } of tail("run.log.jsonl", { signal })) for (const event of events) console.log(event.type);
 */
export async function* tail(
  path: string,
  { signal, everyMs = 200, beatMs = Infinity, onRead }: TailOptions,
): AsyncGenerator<Tailed> {
  // behind the last whole line: what follows it may be cut off again
  let offset = 0;
  let file: number | undefined;
  let first = true;
  let told = performance.now();
  while (!signal.aborted) {
    const found = await stat(path).catch(() => undefined);
    const anew = file !== undefined && (found === undefined || found.ino !== file || found.size < offset);
    if (anew) offset = 0;
    file = found?.ino;
    let more = found !== undefined && found.size > offset;
    if (first || anew || performance.now() - told > beatMs) {
      told = performance.now();
      yield { events: [], anew };
    }
    first = false;
    while (more && !signal.aborted) {
      const { events, bytes, end } = await wholeLines(path, offset);
      onRead?.(bytes);
      offset += end;
      more = end > 0 && bytes >= PIECE;
      if (events.length > 0) {
        told = performance.now();
        yield { events, anew: false };
      }
    }
    await pause(everyMs, signal);
  }
}

async function wholeLines(path: string, offset: number) {
  const handle = await open(path, "r").catch(() => undefined);
  if (!handle) return { events: [], bytes: 0, end: 0 };
  try {
    for (let size = PIECE; ; size *= 2) {
      const { bytesRead: bytes, buffer } = await handle.read(Buffer.allocUnsafe(size), 0, size, offset);
      const end = buffer.subarray(0, bytes).lastIndexOf(10) + 1;
      // a line longer than a piece
      if (end === 0 && bytes === size) continue;
      return { events: eventsIn(buffer.toString("utf8", 0, end)), bytes, end };
    }
  } finally {
    await handle.close();
  }
}

/** Events of whole lines; one that is no event is passed, as a page that is only looked at need not fail for it. */
export const eventsIn = (text: string): LoggedEvent[] =>
  text.split("\n").flatMap((line) => {
    try {
      const event = JSON.parse(line) as Partial<LoggedEvent> | null;
      return typeof event?.type === "string" && typeof event.time === "string" ? [event as LoggedEvent] : [];
    } catch {
      return [];
    }
  });

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });

/** Bytes at a log's end that hold its last events. */
const END = 64 * 1024;

/** The events in the last bytes of a log: how it stands, without reading all of it. */
export async function lastEvents(path: string): Promise<LoggedEvent[]> {
  const handle = await open(path, "r").catch(() => undefined);
  if (!handle) return [];
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - END);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(size - from), 0, size - from, from);
    const text = buffer.toString("utf8", 0, bytesRead);
    return eventsIn(text.slice(0, text.lastIndexOf("\n") + 1));
  } finally {
    await handle.close();
  }
}
