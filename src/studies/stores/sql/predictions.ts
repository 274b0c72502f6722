import type { StoredRun } from "../store.ts";

/** Probabilities of one kind, [examples][classes], as float64 in little-endian order, row by row. */
export interface PackedPredictions {
  /** `trained`, `dense`, or `under:<arm>`. */
  readonly kind: string;
  readonly classes: number;
  readonly probabilities: Uint8Array;
}

type Rows = readonly (readonly number[])[];

/** A result apart from its probabilities, which would be nearly all of its text. */
export function packed(run: StoredRun): { readonly result: unknown; readonly predictions: readonly PackedPredictions[] } {
  const { probabilities, denseProbabilities, crossProbabilities, ...record } = run.record;
  const kinds: [string, Rows | undefined][] = [
    ["trained", probabilities],
    ["dense", denseProbabilities],
    ...Object.entries(crossProbabilities ?? {}).map(([arm, rows]): [string, Rows] => [`under:${arm}`, rows]),
  ];
  const crossed = crossProbabilities && Object.keys(crossProbabilities);
  return {
    result: { ...run, record, ...(crossed && { crossed }) },
    predictions: kinds.flatMap(([kind, rows]) =>
      rows ? [{ kind, classes: rows[0]?.length ?? 0, probabilities: bytesOf(rows) }] : [],
    ),
  };
}

/** The result that was packed, number by number. */
export function unpacked(result: unknown, predictions: readonly PackedPredictions[]): StoredRun {
  const { crossed, ...run } = result as StoredRun & { readonly crossed?: readonly string[] };
  const rows = new Map(predictions.map(({ kind, classes, probabilities }) => [kind, rowsOf(probabilities, classes)]));
  const [probabilities, denseProbabilities] = [rows.get("trained"), rows.get("dense")];
  const crossProbabilities = crossed && Object.fromEntries(crossed.map((arm) => [arm, rows.get(`under:${arm}`)!]));
  const record = {
    ...run.record,
    ...(probabilities && { probabilities }),
    ...(denseProbabilities && { denseProbabilities }),
    ...(crossProbabilities && { crossProbabilities }),
  };
  return { ...run, record };
}

function bytesOf(rows: Rows): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * rows.length * (rows[0]?.length ?? 0)));
  let at = 0;
  for (const row of rows) for (const value of row) view.setFloat64(8 * at++, value, true);
  return new Uint8Array(view.buffer);
}

/** [examples][classes] of packed probabilities. */
export function rowsOf(bytes: Uint8Array, classes: number): number[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const examples = classes === 0 ? 0 : bytes.byteLength / 8 / classes;
  return Array.from({ length: examples }, (_, row) =>
    Array.from({ length: classes }, (_, at) => view.getFloat64(8 * (row * classes + at), true)),
  );
}
