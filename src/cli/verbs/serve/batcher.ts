import { expectedGot } from "../../../errors/index.ts";
import { HttpError } from "../../../server/index-node.ts";

export interface BatcherSettings<Item, Result> {
  /** Never called again before it has settled; a result for each item, in their order. */
  readonly compute: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Items that are computed together. */
  readonly maxBatchSize: number;
  /** How long the first of a batch may wait for company. While a batch is computed the next one gathers anyway. */
  readonly maxWaitMs: number;
  /** Items that may wait. */
  readonly maxQueueSize: number;
  /** Told of each batch that was computed. */
  readonly onBatch?: (size: number, elapsedMs: number) => void;
}

/** Items of many requests, computed together. */
export interface Batcher<Item, Result> {
  /**
   * @param signal - Aborted when nobody waits for the results any more: items that still wait are dropped at once.
   * @throws HttpError 503 `serve/busy` with Retry-After where there is no room for all of them; what `compute` throws; AbortError.
   */
  add(items: readonly Item[], signal?: AbortSignal): Promise<Result[]>;
  /** Items that wait. */
  readonly length: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly since: number;
  readonly signal?: AbortSignal;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Gather items into batches, first come, first served. One batch is computed at a time; it starts when it is full or its first item has
 * waited long enough.
 */
export function createBatcher<Item, Result>(settings: BatcherSettings<Item, Result>): Batcher<Item, Result> {
  const { compute, maxBatchSize, maxWaitMs, maxQueueSize, onBatch } = settings;
  let queue: Waiting<Item, Result>[] = [];
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  // of the last batch, to tell clients when there may be room
  let msPerItem = 1;

  function schedule(): void {
    clearTimeout(timer);
    if (busy || queue.length === 0) return;
    const left = queue.length >= maxBatchSize ? 0 : queue[0].since + maxWaitMs - performance.now();
    if (left <= 0) void run();
    else timer = setTimeout(run, left);
  }

  async function run(): Promise<void> {
    const batch = queue.splice(0, maxBatchSize);
    if (batch.length === 0) return;
    busy = true;
    const start = performance.now();
    try {
      const results = await compute(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, at) => {
        resolve(results[at]);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    const elapsedMs = performance.now() - start;
    msPerItem = elapsedMs / batch.length;
    onBatch?.(batch.length, elapsedMs);
    busy = false;
    schedule();
  }

  return {
    get length() {
      return queue.length;
    },
    async add(items, signal) {
      if (signal?.aborted) throw givenUp();
      if (queue.length + items.length > maxQueueSize) throw noRoom(queue.length, maxQueueSize, msPerItem);
      const since = performance.now();
      const waiting = items.map(
        (item) => new Promise<Result>((resolve, reject) => queue.push({ item, since, signal, resolve, reject })),
      );
      schedule();
      if (!signal) return Promise.all(waiting);
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          queue = queue.filter((each) => each.signal !== signal);
          schedule();
          reject(givenUp());
        };
        signal.addEventListener("abort", leave, { once: true });
        Promise.all(waiting).then(resolve, reject);
      });
    },
  };
}

/** What a server gives as `signal.reason` may be no error. */
const givenUp = (): Error => new DOMException("nobody waits for the results any more", "AbortError");

function noRoom(waiting: number, most: number, msPerItem: number): HttpError {
  const seconds = Math.max(1, Math.ceil((waiting * msPerItem) / 1000));
  const rule = `a queue of at most ${most} texts`;
  const error = expectedGot("serve/busy", "the server", rule, `${waiting} that wait already`, `Try again in ${seconds} s.`);
  return new HttpError(503, error, { "Retry-After": String(seconds) });
}
