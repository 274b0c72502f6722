/**
 * What tells an adapter's encoder from others: SHA-256 over the names and the values, as float32, of the parameters that it leaves as
 * they are, whatever their order.
 *
 * @returns Undefined where the platform computes none: pages that are not served securely.
 */
export async function baseHash(weights: Iterable<readonly [string, Float32Array]>): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const lines: string[] = [];
  for (const [name, values] of weights) lines.push(`${name} ${await digest(values as Float32Array<ArrayBuffer>)}\n`);
  return digest(new TextEncoder().encode(lines.sort().join("")));
}

const digest = async (bytes: BufferSource): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
