import { expectedGot } from "../../errors/index.ts";

/**
 * table[ids[r]] += rows[r], in order of r, so that repeated ids add up the same way each time.
 *
 * @param table - [tableRows, width]
 * @param rows - [ids.length, width]
 * @throws `training/bad-row-id` at the first id outside the table; the rows before it have been added.
 */
export function addRows(table: Float32Array, rows: Float32Array, ids: Int32Array, width: number): void {
  const tableRows = table.length / width;
  for (const [row, id] of ids.entries()) {
    if (!(id >= 0 && id < tableRows))
      throw expectedGot("training/bad-row-id", `addRows, row ${row}`, `an id in [0, ${tableRows})`, id);
    const [to, from] = [id * width, row * width];
    for (let at = 0; at < width; at++) table[to + at] += rows[from + at];
  }
}
