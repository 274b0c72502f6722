import { expectedGot } from "../errors/index.ts";

const PAGE = 65536;
const ALIGNMENT = 64;
const FOUR_GIB = 2 ** 32;
/** Never handed out, so that no array has pointer 0. */
const RESERVED = PAGE;

/** A named array inside an arena's memory. */
export interface ArenaArray<T extends Float32Array | Int32Array> {
  readonly name: string;
  /** Byte address for the kernels, unsigned 32-bit, a multiple of 64. */
  readonly pointer: number;
  /** A view of the same memory; ONNX Runtime reads and writes it without a copy. */
  readonly array: T;
}

export type ArenaF32 = ArenaArray<Float32Array<ArrayBuffer>>;
export type ArenaI32 = ArenaArray<Int32Array<ArrayBuffer>>;

/** A position to go back to; see `Arena.mark`. */
export interface ArenaMark {
  readonly offset: number;
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Memory of fixed size that the kernels and ONNX Runtime share. Allocation moves one offset forward; nothing is freed singly.
 *
 * Growing a WebAssembly memory would detach every view, so the size is settled at creation; the operating system only
 * commits the pages that are written.
 *
 * @example
 * const arena = new Arena({ bytes: Arena.bytesFor([weights.length, weights.length]) });
 * const param = arena.allocateF32("classifier.weight", weights.length);
 */
export class Arena {
  /** 4 GiB − 64 KiB: all that 32-bit WebAssembly can address. */
  static readonly MOST_BYTES = FOUR_GIB - RESERVED;
  readonly memory: WebAssembly.Memory;
  /** Usable size, in bytes. */
  readonly bytes: number;
  readonly #buffer: ArrayBuffer;
  #offset = RESERVED;

  /**
   * @param options.bytes - What the arrays need together; `Arena.bytesFor` computes it. At most 4 GiB - 64 KiB.
   * @throws `kernels/out-of-memory` when that is more than WebAssembly can address or this machine gives.
   */
  constructor({ bytes }: { readonly bytes: number }) {
    if (!(bytes >= 0 && bytes <= FOUR_GIB - RESERVED)) {
      const rule = "at most 4 GiB - 64 KiB, all that 32-bit WebAssembly can address";
      throw expectedGot(
        "kernels/out-of-memory",
        "Arena",
        rule,
        `${bytes} bytes (${megabytes(bytes)})`,
        "Train smaller batches, shorter texts or fewer parameters.",
      );
    }
    const pages = Math.ceil((bytes + RESERVED) / PAGE);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      const got = `"${(cause as Error).message}" for ${bytes} bytes (${megabytes(bytes)})`;
      throw expectedGot("kernels/out-of-memory", "Arena", "memory from the system (limit: 4 GiB)", got, "Close other programs.");
    }
    this.#buffer = this.memory.buffer as ArrayBuffer;
    this.bytes = pages * PAGE - RESERVED;
  }

  /** Bytes that arrays of these many 4-byte elements take, alignment included. */
  static bytesFor(counts: Iterable<number>): number {
    let bytes = 0;
    for (const count of counts) bytes += aligned(4 * count);
    return bytes;
  }

  /** Bytes handed out so far. */
  get used(): number {
    return this.#offset - RESERVED;
  }

  /**
   * Take `count` float32 elements. Fresh memory is zero; memory taken again after `release` still holds what was there.
   *
   * @param name - For messages.
   * @param count - Number of elements, 0 or more.
   * @throws `kernels/out-of-memory` when they don't fit; `kernels/bad-count` when the count is no count.
   */
  allocateF32(name: string, count: number): ArenaF32 {
    const pointer = this.#take(name, count);
    return { name, pointer, array: new Float32Array(this.#buffer, pointer, count) };
  }

  /** Take `count` int32 elements; as `allocateF32`. */
  allocateI32(name: string, count: number): ArenaI32 {
    const pointer = this.#take(name, count);
    return { name, pointer, array: new Int32Array(this.#buffer, pointer, count) };
  }

  /** Remember this position; arrays taken after it are temporary. */
  mark(): ArenaMark {
    return { offset: this.#offset };
  }

  /**
   * Give back everything taken since the mark. Views of it stay readable but will be overwritten.
   *
   * @throws `kernels/bad-mark` when the mark lies beyond what is in use: an earlier one was released before it.
   */
  release(mark: ArenaMark): void {
    if (mark.offset > this.#offset) {
      const got = `${mark.offset - RESERVED} bytes with ${this.used} in use`;
      throw expectedGot("kernels/bad-mark", "Arena.release", "marks released last first", got, "Release each mark once.");
    }
    this.#offset = mark.offset;
  }

  /** Give back everything. */
  clear(): void {
    this.#offset = RESERVED;
  }

  #take(name: string, count: number): number {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw expectedGot("kernels/bad-count", `Arena, ${name}`, "a count of elements, 0 or more", count);
    }
    const pointer = this.#offset;
    const bytes = aligned(4 * count);
    if (pointer + bytes > RESERVED + this.bytes) {
      const left = this.bytes - this.used;
      const rule = `at most ${left} bytes (${megabytes(left)} left of ${megabytes(this.bytes)}; no arena can pass 4 GiB)`;
      const hint = "Create the arena with Arena.bytesFor of all arrays it will hold.";
      throw expectedGot("kernels/out-of-memory", `Arena, ${name}`, rule, `${bytes} bytes (${megabytes(bytes)})`, hint);
    }
    this.#offset = pointer + bytes;
    return pointer;
  }
}
