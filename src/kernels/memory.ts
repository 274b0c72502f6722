import { Arena, type ArenaMark } from "./arena.ts";
import { createKernels, type Kernels } from "./kernels.ts";

/** Where a group of arrays is taken from. */
export interface Place {
  readonly arena: Arena;
  /** Over that arena. */
  readonly kernels: Kernels;
}

/** A position to go back to; see `Memory.mark`. */
export interface MemoryMark {
  readonly at: number;
  readonly mark: ArenaMark;
}

/** How many arenas a memory has: all but the last are of the greatest size. */
export interface MemorySize {
  readonly arenas: number;
  /** Of the last one. */
  readonly lastBytes: number;
}

/**
 * Arenas in a row, each with its kernels: more memory than the 4 GiB that one WebAssembly memory can address.
 *
 * Arrays that one kernel reads together are taken as a group, from one arena. A group that does not fit opens the next arena; what is
 * left of the one before stays empty.
 *
 * @example
 * const memory = new Memory(Memory.sizeFor([4 * Arena.bytesFor([weights.length])]));
 * const { arena, kernels } = memory.place(4 * Arena.bytesFor([weights.length]));
 */
export class Memory {
  readonly #places: readonly Place[];
  #at = 0;

  /** @throws `kernels/out-of-memory` when this machine does not give that much. */
  constructor({ arenas, lastBytes }: MemorySize, mostBytes = Arena.MOST_BYTES) {
    this.#places = Array.from({ length: arenas }, (_, at) => {
      const arena = new Arena({ bytes: at === arenas - 1 ? lastBytes : mostBytes });
      return { arena, kernels: createKernels(arena) };
    });
  }

  /**
   * The memory for groups that are taken in this order, or for any that are each at most as large.
   *
   * @param groups - Bytes of each, by `Arena.bytesFor`.
   * @param mostBytes - Of one arena.
   */
  static sizeFor(groups: Iterable<number>, mostBytes = Arena.MOST_BYTES): MemorySize {
    let [arenas, lastBytes] = [1, 0];
    for (const bytes of groups) {
      if (lastBytes > 0 && lastBytes + bytes > mostBytes) [arenas, lastBytes] = [arenas + 1, 0];
      lastBytes += bytes;
    }
    return { arenas, lastBytes };
  }

  /** The larger of the two. */
  static larger(a: MemorySize, b: MemorySize): MemorySize {
    return a.arenas > b.arenas || (a.arenas === b.arenas && a.lastBytes > b.lastBytes) ? a : b;
  }

  /** Bytes of all arenas. */
  get bytes(): number {
    return this.#places.reduce((sum, { arena }) => sum + arena.bytes, 0);
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#places.reduce((sum, { arena }) => sum + arena.used, 0);
  }

  /** The arena with room for the next group. The last one is given in any case: it says itself what does not fit. */
  place(bytes: number): Place {
    const { arena } = this.#places[this.#at];
    if (arena.used > 0 && arena.used + bytes > arena.bytes && this.#at < this.#places.length - 1) this.#at++;
    return this.#places[this.#at];
  }

  /** Remember this position; arrays taken after it are temporary. */
  mark(): MemoryMark {
    return { at: this.#at, mark: this.#places[this.#at].arena.mark() };
  }

  /**
   * Give back everything taken since the mark.
   *
   * @throws `kernels/bad-mark` as `Arena.release`.
   */
  release({ at, mark }: MemoryMark): void {
    for (; this.#at > at; this.#at--) this.#places[this.#at].arena.clear();
    this.#places[at].arena.release(mark);
  }
}
