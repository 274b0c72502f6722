/** Milliseconds of one piece of work over the rounds. */
export interface Timing {
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * Time several pieces of work in turns: one warm-up each, then `rounds` times one after the other, so that whatever else the machine
 * does meets them all alike.
 *
 * @param rounds - At least 1.
 * @returns By name.
 * @example
 * (await inTurns({ dense, sparse }, 5)).sparse.medianMs;
 */
export async function inTurns(
  work: Readonly<Record<string, () => Promise<void>>>,
  rounds: number,
): Promise<Readonly<Record<string, Timing>>> {
  for (const run of Object.values(work)) await run();
  const samples = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(work)) {
      const start = performance.now();
      await run();
      samples.set(name, [...(samples.get(name) ?? []), performance.now() - start]);
    }
  }
  return Object.fromEntries([...samples].map(([name, ms]) => [name, timingOf(ms)]));
}

function timingOf(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const medianMs = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { medianMs, leastMs: sorted[0], mostMs: sorted[sorted.length - 1] };
}
