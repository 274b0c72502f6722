import { type CrispError, counted } from "../errors/index.ts";
import type { BegunRun, Point, RunStatus, TrackedRun, Tracker } from "./tracker.ts";

export interface OutboxSettings {
  /** For messages, e.g. `mlflow`. */
  readonly name: string;
  readonly tracker: Tracker;
  readonly run: TrackedRun;
  /** Id of the tracker's run that is continued. */
  readonly kept?: string;
  /** Points of a run that is continued, from before it stopped; what the tracker has of them is left out. */
  readonly earlier?: Promise<readonly Point[]>;
  /** Told the id once the run is begun. */
  readonly onBegun?: (id: string) => void;
  readonly onNote: (text: string) => void;
  /** Between two messages to a tracker that answers; default 1000. */
  readonly intervalMs?: number;
  /** Before the second try; doubled each time, up to 60 times as much. Default 1000. */
  readonly backOffMs?: number;
  /** Points kept for a tracker that does not answer, the newest ones; default 100,000. */
  readonly mostPoints?: number;
}

/** The least that trackers take in one message (MLflow's limit is 1,000 metrics). */
const MOST_SENT = 1000;
/** Tries at the end of a run, which keep whoever waits for the model. */
const LAST_TRIES = 2;
/** What is refused so is refused again. */
const REFUSED = "tracker/refused";

/**
 * Brings a run's points to a tracker, without ever making the run wait or fail.
 *
 * A tracker that fails is told again after a while, and what it missed waits meanwhile; the user is told once.
 */
export class Outbox {
  readonly #settings: Required<OutboxSettings>;
  #earlier: Promise<readonly Point[]> | undefined;
  #waiting: Point[] = [];
  #begun: BegunRun | undefined;
  /** Last step of each metric that the tracker has. */
  #logged = new Map<string, number>();
  #lost = 0;
  #isTold = false;
  #running: Promise<void> | undefined;
  readonly #ended = new AbortController();

  constructor(settings: OutboxSettings) {
    const none = { kept: undefined, earlier: undefined, onBegun: () => {} };
    const standard = { intervalMs: 1000, backOffMs: 1000, mostPoints: 100_000 };
    this.#settings = { ...none, ...standard, ...settings } as Required<OutboxSettings>;
    this.#earlier = settings.earlier;
    this.#running = this.#run();
  }

  add(point: Point): void {
    this.#waiting.push(point);
    this.#forget();
    this.#running ??= this.#run();
  }

  /** Bring what is left, and say how the run ended; resolves whatever happens. */
  async finish(status: RunStatus): Promise<void> {
    this.#ended.abort();
    await this.#running;
    const { name, onNote, backOffMs, tracker } = this.#settings;
    for (let left = LAST_TRIES; left > 0; left--) {
      if (await this.#tries(() => this.#send().then(() => tracker.finish(status)))) break;
      if (left > 1) await pause(backOffMs);
      else onNote(`${name}: ${counted(this.#waiting.length, "point")} of the run and its end did not get there`);
    }
    if (this.#lost > 0) onNote(`${name}: ${counted(this.#lost, "point")} of the run did not get there`);
  }

  async #run(): Promise<void> {
    const { intervalMs, backOffMs } = this.#settings;
    const { signal } = this.#ended;
    for (let failures = 0; !signal.aborted; ) {
      const isSent = await this.#tries(() => this.#send());
      failures = isSent ? 0 : failures + 1;
      await pause(isSent ? intervalMs : backOffMs * Math.min(60, 2 ** (failures - 1)), signal);
      if (isSent && this.#waiting.length === 0) break;
    }
    this.#running = undefined;
  }

  /** @returns Whether it succeeded. */
  async #tries(act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#tell(error, "Training goes on, and it is told later.");
      return false;
    }
  }

  /** Begin the run where it is not begun, and bring all that waits. */
  async #send(): Promise<void> {
    const { tracker, run, kept, onBegun } = this.#settings;
    if (!this.#begun) {
      this.#begun = await tracker.begin(run, kept);
      this.#logged = new Map(this.#begun.logged);
      onBegun(this.#begun.id);
    }
    if (this.#earlier) {
      this.#waiting.unshift(...(await this.#earlier));
      this.#earlier = undefined;
      this.#forget();
    }
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, MOST_SENT);
      const logged = new Map(this.#logged);
      const points = taken.flatMap((point) => unknown(point, logged));
      try {
        if (points.length > 0) await tracker.log(points);
      } catch (error) {
        if ((error as CrispError).code !== REFUSED) {
          this.#waiting.unshift(...taken);
          this.#forget();
          throw error;
        }
        this.#lost += points.length;
        this.#tell(error, "Training goes on.");
      }
      this.#logged = logged;
    }
  }

  #tell(error: unknown, next: string): void {
    const { name, onNote } = this.#settings;
    if (!this.#isTold) onNote(`${name}: ${(error as Error).message} ${next}`);
    this.#isTold = true;
  }

  #forget(): void {
    const spare = this.#waiting.length - this.#settings.mostPoints;
    if (spare <= 0) return;
    this.#waiting.splice(0, spare);
    this.#lost += spare;
  }
}

/** A point without what the tracker has, as a run that was stopped does the updates behind its checkpoint twice; the rest is noted. */
function unknown({ step, time, metrics }: Point, logged: Map<string, number>): Point[] {
  const left = Object.entries(metrics).filter(([name]) => step > (logged.get(name) ?? -1));
  for (const [name] of left) logged.set(name, step);
  return left.length === 0 ? [] : [{ step, time, metrics: Object.fromEntries(left) }];
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
