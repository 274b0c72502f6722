import { escapeControls } from "../errors/index.ts";
import type { Sink } from "./sink.ts";

/** Shows how far a long step is; see {@link createProgress}. */
export interface Progress {
  /** @param done - Units done so far, of the total. @param note - Short text beside them, e.g. `loss 0.412`. */
  update(done: number, note?: string): void;
  /** End it; the last state, or `note`, stays as a line. */
  finish(note?: string): void;
  /** Take a drawn bar off the line, so that something else can be printed; the next update draws it again. */
  clear(): void;
}

export interface ProgressSettings {
  /** Units that were done before, by an earlier run; they took no time here. Default 0. */
  readonly from?: number;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
  /** Least time between plain lines in a pipe. Default 10,000: enough for a log, not a flood. */
  readonly lineEveryMs?: number;
}

/** Least time between two drawings of the bar: 10 a second look smooth. */
const REDRAW_MS = 100;

/**
 * A progress bar on a terminal; in a pipe one plain line at the start, at most every ten seconds, and at the end.
 *
 * @param sink - Where to draw; its `isTTY` decides between bar and lines.
 * @param label - What is running, e.g. `dense, seed 3`.
 * @param total - Units in all.
 */
export function createProgress(sink: Sink, label: string, total: number, settings: ProgressSettings = {}): Progress {
  const now = settings.now ?? (() => performance.now());
  const interval = sink.isTTY ? REDRAW_MS : (settings.lineEveryMs ?? 10_000);
  const started = now();
  let shownAt = -Infinity;
  let drawn = false;
  let done = 0;
  let text = "";

  const line = () => {
    const elapsed = now() - started;
    const fresh = done - (settings.from ?? 0);
    const left = fresh > 0 && done < total ? ` · ${duration((elapsed / fresh) * (total - done))} left` : "";
    const share = total > 0 ? Math.min(1, done / total) : 1;
    const facts = `${String(Math.floor(100 * share)).padStart(3)} %  ${done}/${total} · ${duration(elapsed)}${left}${text ? ` · ${text}` : ""}`;
    if (!sink.isTTY) return escapeControls(`${label}: ${facts.trim()}`);
    const room = (sink.columns ?? 80) - 1;
    const filled = Math.round(20 * share);
    return escapeControls(`${label}  ${"█".repeat(filled)}${"░".repeat(20 - filled)} ${facts}`).slice(0, room);
  };
  const clear = () => {
    if (drawn) sink.write("\r\u001b[K");
    drawn = false;
  };
  const show = () => {
    shownAt = now();
    if (sink.isTTY) {
      sink.write(`\r\u001b[K${line()}`);
      drawn = true;
    } else sink.write(`${line()}\n`);
  };

  return {
    update(at, note = "") {
      done = at;
      text = note;
      if (now() - shownAt >= interval) show();
    },
    finish(note) {
      if (note !== undefined) text = note;
      clear();
      sink.write(`${line()}\n`);
    },
    clear,
  };
}

/** Milliseconds as people read them: `340 ms`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
