import type { RunEvent, RunResult, RunSpec } from "../spec.ts";
import { toSent } from "../worker/sent-error.ts";
import type { RunWorker } from "../worker/worker.ts";

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
  /** Those that are given together are written together. */
  append(...events: readonly LogEvent[]): void | Promise<void>;
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

/** Append to a log from where nothing can be awaited, as in a listener. What comes while a slow log writes goes into one next piece. */
export function logWriter(log: RunLog): LogWriter {
  let failure: { readonly error: unknown } | undefined;
  let written = Promise.resolve();
  let waiting: LogEvent[] = [];
  const write = async (): Promise<void> => {
    const events = waiting;
    waiting = [];
    if (failure || events.length === 0) return;
    try {
      await log.append(...events);
    } catch (error) {
      failure = { error };
    }
  };
  return {
    append(event) {
      waiting.push(event);
      written = written.then(write);
    },
    async done() {
      await written;
      if (failure) throw failure.error;
    },
  };
}

/**
 * Do a run whose events and end reach a log; the log is complete when this returns.
 *
 * @param run - Is given what takes each event; resolves to null when the run was stopped.
 * @throws What the run throws, which the log holds too; what the log throws.
 */
export async function logged(
  log: RunLog,
  run: (append: (event: RunEvent) => void) => Promise<RunResult | null>,
): Promise<RunResult | null> {
  const writer = logWriter(log);
  try {
    const result = await run(writer.append);
    writer.append(result ? { type: "finished", seconds: result.record.seconds } : { type: "stopped" });
    await writer.done();
    return result;
  } catch (error) {
    const { message, code } = toSent(error);
    writer.append({ type: "failed", message, code });
    await writer.done().catch(() => {}); // the run's own error is the one to tell
    throw error;
  }
}

/** A worker's run whose events go to a listener and, where there is one, to a log. */
export function runLogged(
  worker: RunWorker,
  spec: RunSpec,
  { log, onEvent, signal }: { readonly log?: RunLog; readonly onEvent: (event: RunEvent) => void; readonly signal?: AbortSignal },
): Promise<RunResult | null> {
  if (!log) return worker.run(spec, { onEvent, signal });
  return logged(log, (append) =>
    worker.run(spec, {
      signal,
      onEvent(event) {
        append(event);
        onEvent(event);
      },
    }),
  );
}

/** The same log, of which nothing is there before the first update: a run that could not start leaves no file. */
export function fromFirstStep(log: RunLog): RunLog {
  let waiting: LogEvent[] | undefined = [];
  return {
    async append(...events) {
      waiting?.push(...events);
      if (waiting && !events.some(({ type }) => type === "step" || type === "finished")) return;
      const all = waiting ?? events;
      waiting = undefined;
      await log.append(...all);
    },
    read: () => log.read(),
  };
}
