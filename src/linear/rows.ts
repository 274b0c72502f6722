/** A matrix of features as compressed sparse rows: what is not listed is 0. */
export interface FeatureRows {
  /** Number of rows. */
  readonly count: number;
  /** Number of columns. */
  readonly width: number;
  /** Row i owns the entries `starts[i]` to `starts[i + 1]`; [count + 1]. */
  readonly starts: Uint32Array;
  /** Column of each entry. */
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/**
 * Rows in which every column has an entry.
 *
 * @param rows - All of one width.
 * @example
 * denseRows([[1, 2], [3, 4]]).width; // 2
 */
export function denseRows(rows: readonly ArrayLike<number>[]): FeatureRows {
  const width = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * width);
  for (const [at, row] of rows.entries()) values.set(row, at * width);
  const columns = Uint32Array.from(values, (_, at) => at % width);
  const starts = Uint32Array.from({ length: rows.length + 1 }, (_, at) => at * width);
  return { count: rows.length, width, starts, columns, values };
}
