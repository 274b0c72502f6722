/** A JSON file's bytes, for people to read. */
export const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/**
 * JSON that does not depend on the order in which keys were set, for hashes and comparisons.
 *
 * @param value - As `JSON.stringify` takes it; entries that are undefined are as if left out.
 * @example
 * stableJson({ b: 1, a: [true] }); // '{"a":[true],"b":1}'
 */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? // integer-like keys come first in any object, in their own order
        Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Pieces as one array of their own. */
export function joined(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const all = [...pieces];
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of all) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
