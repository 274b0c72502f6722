import assert from "node:assert/strict";
import { test } from "node:test";
import { normalFill } from "../../random/index.ts";
import { addRows } from "./add-rows.ts";

for (const width of [1, 3, 18]) {
  test(`repeated ids add up in order, width ${width}`, () => {
    const ids = Int32Array.of(3, 0, 3, 4, 0, 3, 1);
    const [table, rows] = [new Float32Array(5 * width), new Float32Array(ids.length * width)];
    normalFill(table, { seed: 1, step: 0, site: 0 });
    normalFill(rows, { seed: 1, step: 0, site: 1 });
    const expected = table.slice();
    ids.forEach((id, row) => {
      for (let at = 0; at < width; at++)
        expected[id * width + at] = Math.fround(expected[id * width + at] + rows[row * width + at]);
    });
    addRows(table, rows, ids, width);
    assert.deepEqual(table, expected);
  });
}

test("an id outside the table is named, and only rows before it are added", () => {
  for (const bad of [4, -1, 2 ** 31 - 1]) {
    const table = new Float32Array(16);
    assert.throws(() => addRows(table, new Float32Array(8).fill(1), Int32Array.of(0, bad), 4), {
      code: "training/bad-row-id",
      message: `addRows, row 1: expected an id in [0, 4), got ${bad}.`,
    });
    assert.deepEqual(table, new Float32Array(16).fill(1, 0, 4));
  }
});
