import { getHeapStatistics } from "node:v8";

/** Asked for at once, more than this is refused, so that a fuzz run does not take the machine's memory. */
const MOST_AT_ONCE = 2 ** 30;

const KINDS = [
  ...["ArrayBuffer", "Uint8Array", "Int8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
] as const;

let asked = 0;
let installed = false;

/** From now on, count the bytes of buffers and typed arrays that code makes; views on a buffer count nothing. */
function install(): void {
  installed = true;
  const globals = globalThis as unknown as Record<string, { new (...args: unknown[]): { byteLength: number } } & object>;
  for (const kind of KINDS) {
    const original = globals[kind];
    const width = (original as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    const counted: typeof original = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        const [first] = args;
        const bytes = typeof first === "number" ? first * width : 0;
        asked += bytes;
        if (bytes > MOST_AT_ONCE) throw new RangeError(`an allocation of ${bytes} bytes`);
        const made = Reflect.construct(target, args, newTarget === counted ? target : newTarget);
        if (
          typeof first === "object" &&
          first !== null &&
          !("byteLength" in first && "slice" in first && !ArrayBuffer.isView(first))
        )
          asked += made.byteLength;
        return made;
      },
    });
    globals[kind] = counted;
    // slice() and map() make their results by the constructor they find there
    if (kind !== "ArrayBuffer") (original as unknown as { prototype: object }).prototype.constructor = counted;
  }
}

/** Start measuring what an input takes; call the result for its bytes: buffers asked for, and how much the heap grew. */
export function startCounting(): () => number {
  if (!installed) install();
  asked = 0;
  const before = getHeapStatistics();
  return () => {
    const after = getHeapStatistics();
    // a collection in between makes this too small, never too large
    const heap = Math.max(0, after.used_heap_size - before.used_heap_size);
    const external = Math.max(0, after.external_memory - before.external_memory);
    return heap + Math.max(asked, external);
  };
}
