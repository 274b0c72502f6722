import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { interpret } from "../../runtime/index.ts";
import { gradients, input, mul, type Node, parameter, rowSteps, straightThrough, sumAll } from "../index.ts";

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
  readonly x: readonly number[];
  readonly rounded: readonly number[];
  readonly upstream: readonly number[];
  readonly gradient: readonly number[];
}
const { rows } = JSON.parse(readFileSync("test/fixtures/quantisation.json", "utf8")) as { rows: Case[] };

function check({ rows, columns, ...one }: Case, rounded: (x: Node) => Node): void {
  const x = parameter("x", [rows, columns]);
  const y = straightThrough(x, rounded(x));
  const upstream = input("upstream", [rows, columns]);
  const [slope] = gradients(sumAll(mul(y, upstream)), [x]);
  const out = interpret({ y, slope }, { x: [...one.x], upstream: [...one.upstream] }, {});
  for (const [at, value] of one.rounded.entries()) assert.ok(Math.abs(out.y.data[at] - value) < 1e-6, `${at}`);
  assert.deepEqual(Array.from(out.slope.data), one.gradient);
}

for (const one of rows)
  test(`rows in ${one.steps} steps: PyTorch's values and straight-through gradients, [${one.rows}, ${one.columns}]`, () =>
    check(one, (x) => rowSteps(x, one.steps)));
