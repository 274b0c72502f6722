import { addInto, zero } from "./arrays";

/**
 * table[ids[r]] += rows[r] for r = 0, 1, …, in that order, so that repeated ids always add up the same way.
 * Returns -1, or the first r whose id is no row of the table; rows before it have been added.
 */
export function addRows(table: usize, rows: usize, ids: usize, rowCount: u32, width: u32, tableRows: u32): i32 {
  const bytes = <usize>width << 2;
  for (let r: u32 = 0; r < rowCount; r++) {
    const id = load<u32>(ids + (<usize>r << 2));
    if (id >= tableRows) return <i32>r;
    addInto(table + <usize>id * bytes, rows + <usize>r * bytes, width);
  }
  return -1;
}

/** table[ids[r]] = 0. Returns as addRows does. */
export function zeroRows(table: usize, ids: usize, rowCount: u32, width: u32, tableRows: u32): i32 {
  const bytes = <usize>width << 2;
  for (let r: u32 = 0; r < rowCount; r++) {
    const id = load<u32>(ids + (<usize>r << 2));
    if (id >= tableRows) return <i32>r;
    zero(table + <usize>id * bytes, width);
  }
  return -1;
}
