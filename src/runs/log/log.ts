import type { RunEvent } from "../spec.ts";

/** What a log keeps: the events of a run, and how it ended. */
export type LogEvent =
  | RunEvent
  | { readonly type: "finished" /** Of training alone. */; readonly seconds: number }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string /** Of a `CrispError`. */; readonly code?: string };

/** An event with its time, ISO 8601 in UTC. */
export type LoggedEvent = LogEvent & { readonly time: string };

/**
 * Everything that happened in a run, in order; what is written stays.
 *
 * A run that continues from a checkpoint appends: its `started` says after which update, and the steps behind that are there twice.
 */
export interface RunLog {
  append(event: LogEvent): void | Promise<void>;
  read(): AsyncIterable<LoggedEvent>;
}

/**
 * An event as a line of JSON.
 *
 * @example
 * logLine({ type: "note", text: "resumed" }); // '{"time":"2026-01-01T00:00:00.000Z","type":"note","text":"resumed"}\n'
 */
export const logLine = (event: LogEvent, now = new Date()): string =>
  `${JSON.stringify({ time: now.toISOString(), ...event })}\n`;

/** Events reach a log in their order, however long each takes; whoever reports them need not wait. */
export interface LogWriter {
  append(event: LogEvent): void;
  /** @throws What the first event that could not be written threw; none is tried after it. */
  done(): Promise<void>;
}

/** Append to a log from where nothing can be awaited, as in a listener. */
export function logWriter(log: RunLog): LogWriter {
  let failure: { readonly error: unknown } | undefined;
  let written = Promise.resolve();
  return {
    append(event) {
      written = written
        .then(() => (failure ? undefined : log.append(event)))
        .catch((error: unknown) => {
          failure ??= { error };
        });
    },
    async done() {
      await written;
      if (failure) throw failure.error;
    },
  };
}
