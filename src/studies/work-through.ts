import { logged, type RunEvent, type RunSpecByHash, type RunWorker } from "../runs/index.ts";
import type { StoredRun, StudyRun, StudyStore } from "./stores/store.ts";

/** How often a store is told that a run is worked on. */
const BEAT_MS = 10_000;
/** How soon a store is asked whether others gave up a run: later and later, as a thousand may ask. */
const FIRST_POLL_MS = 2_000;
const LONGEST_POLL_MS = 15_000;

export interface WorkSettings {
  /** Whose runs they are, for people, e.g. the machine's name. */
  readonly name: string;
  /** Runs at once. */
  readonly lanes: number;
  readonly signal?: AbortSignal;
  startWorker(): RunWorker;
  specOf(run: StudyRun): RunSpecByHash;
  /** The result of a run that was done for another study already; undefined where it has to be done. */
  elsewhere(run: StudyRun): Promise<StoredRun | undefined>;
  onEvent(run: StudyRun, event: RunEvent): void;
  onFinished(result: StoredRun): void;
  /** What is kept of a run that threw this; left out or undefined, the error ends the work. */
  resultOfFailed?(run: StudyRun, error: unknown): StoredRun | undefined;
}

/**
 * Take runs from a store and do them, until none is left, others' included, or the signal stops it.
 *
 * @throws What the first run that failed threw; the other lanes finish what they have and stop.
 */
export async function workThrough(store: StudyStore, settings: WorkSettings): Promise<void> {
  let failed = false;
  const lane = async (): Promise<void> => {
    const name = `${settings.name} ${crypto.randomUUID().slice(0, 13)}`;
    let worker: RunWorker | undefined;
    let poll = FIRST_POLL_MS;
    try {
      while (!failed && !settings.signal?.aborted) {
        const run = await store.claim(name);
        if (run === undefined) {
          if (!(await store.othersAtWork())) break;
          await pause(poll, settings.signal);
          poll = Math.min(2 * poll, LONGEST_POLL_MS);
          continue;
        }
        poll = FIRST_POLL_MS;
        if (await takeOver(store, run, name, settings)) continue;
        worker ??= settings.startWorker();
        await doRun(store, run, { name, worker }, settings);
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await worker?.close();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: settings.lanes }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Keep the result that a run has elsewhere, if any, as if it had been done here. */
async function takeOver(
  store: StudyStore,
  run: StudyRun,
  name: string,
  { elsewhere, onFinished }: WorkSettings,
): Promise<boolean> {
  try {
    const found = await elsewhere(run);
    if (!found) return false;
    await store.log(run).append({ type: "note", text: `taken from ${found.takenFrom}` });
    if (await store.finish(run, name, found)) onFinished(found);
    return true;
  } catch (error) {
    await store.release(run, name, (error as Error).message);
    throw error;
  }
}

async function doRun(
  store: StudyStore,
  run: StudyRun,
  { name, worker }: { readonly name: string; readonly worker: RunWorker },
  { signal, specOf, onEvent, onFinished, resultOfFailed }: WorkSettings,
): Promise<void> {
  const alive = keepAlive(() => store.beat(run, name));
  try {
    const result = await logged(store.log(run), async (append) => {
      const done = await worker.run(specOf(run), {
        signal: signal ? AbortSignal.any([signal, alive.lost]) : alive.lost,
        onEvent(event) {
          append(event);
          onEvent(run, event);
        },
      });
      // another's meanwhile: its result stands, or will
      return done && (await store.finish(run, name, done)) ? done : null;
    });
    if (result) onFinished(result);
    else await store.release(run, name);
  } catch (error) {
    const kept = resultOfFailed?.(run, error);
    if (kept) {
      if (await store.finish(run, name, kept)) onFinished(kept);
      return;
    }
    await store.release(run, name, (error as Error).message);
    throw error;
  } finally {
    alive.stop();
  }
}

/** Beats until it is stopped; `lost` aborts when a beat says that the run is another's now. */
function keepAlive(beat: () => Promise<boolean>): { readonly lost: AbortSignal; stop(): void } {
  const lost = new AbortController();
  let under = false;
  const timer = setInterval(async () => {
    // a store that is away answers late
    if (under) return;
    under = true;
    try {
      if (!(await beat())) lost.abort();
    } catch {
      // a beat that does not reach the store is made up for by the next
    } finally {
      under = false;
    }
  }, BEAT_MS);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}

/** Sleep, but not after the signal. */
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
