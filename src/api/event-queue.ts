/**
 * Events as they come, and what all comes to; either may be ignored.
 *
 * Whoever iterates late begins with what was there before. Of that at most 10,000 events are kept, read or not: from then on the oldest ones
 * about progress (`reading`, `phase`, `step`) are forgotten, the newest stay, and so do all others. Whoever keeps up misses none.
 */
export interface EventsWithResult<Event, Result> extends AsyncIterable<Event> {
  readonly result: Promise<Result>;
}

/** Start something that emits events until its result is there. */
export function withEvents<Event extends { readonly type: string }, Result>(
  start: (emit: (event: Event) => void) => Promise<Result>,
): EventsWithResult<Event, Result> {
  const events = new EventQueue<Event>();
  const result = start((event) => events.push(event));
  result.then(
    () => events.end(),
    (error: unknown) => events.end(error),
  );
  // whoever only iterates gets the error there; without this it would also be called unhandled
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() };
}

/** A few MB: a training of days that nobody watches must not fill the memory. */
const MOST_KEPT = 10_000;
/** Each of these says what the ones before it said, and more. */
const PROGRESS: ReadonlySet<string> = new Set(["reading", "phase", "step"]);

interface Kept<Event> {
  /** How many events came before it. */
  readonly number: number;
  readonly event: Event;
}

/** Hands events from a callback to whoever iterates, whenever they do. */
class EventQueue<Event extends { readonly type: string }> implements AsyncIterable<Event> {
  #kept: Kept<Event>[] = [];
  #pushed = 0;
  #ended = false;
  #error: unknown;
  /** Of all who wait for the next event. */
  #waiting: (() => void)[] = [];

  push(event: Event): void {
    this.#kept.push({ number: this.#pushed++, event });
    if (this.#kept.length > MOST_KEPT) this.#forget();
    this.#wake();
  }

  /** Half of all at once, so that an event costs little however many there are. */
  #forget(): void {
    let spare = this.#kept.length - MOST_KEPT / 2;
    this.#kept = this.#kept.filter(({ event }) => !(spare > 0 && PROGRESS.has(event.type) && spare--));
    if (this.#kept.length > MOST_KEPT) this.#kept = this.#kept.slice(-MOST_KEPT / 2);
  }

  /** By halving, as those that were forgotten leave gaps. */
  #firstFrom(number: number): Kept<Event> | undefined {
    let [low, high] = [0, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#kept[middle].number < number) low = middle + 1;
      else high = middle;
    }
    return this.#kept[low];
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event> {
    for (let next = 0; ; ) {
      const found = this.#firstFrom(next);
      if (found) {
        next = found.number + 1;
        yield found.event;
      } else {
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      }
    }
  }
}
