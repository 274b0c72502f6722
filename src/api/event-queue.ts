/** Events as they come, and what all comes to; either may be ignored. */
export interface EventsWithResult<Event, Result> extends AsyncIterable<Event> {
  readonly result: Promise<Result>;
}

/** Start something that emits events until its result is there. */
export function withEvents<Event, Result>(
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

/** Hands events from a callback to whoever iterates, whenever they do. */
class EventQueue<Event> implements AsyncIterable<Event> {
  readonly #events: Event[] = [];
  #ended = false;
  #error: unknown;
  /** Of all who wait for the next event. */
  #waiting: (() => void)[] = [];

  push(event: Event): void {
    this.#events.push(event);
    this.#wake();
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
    for (let at = 0; ; at++) {
      while (at >= this.#events.length) {
        if (this.#error !== undefined) throw this.#error;
        if (this.#ended) return;
        await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      }
      yield this.#events[at];
    }
  }
}
