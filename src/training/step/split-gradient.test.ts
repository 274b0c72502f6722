import assert from "node:assert/strict";
import { test } from "node:test";
import { add, cast, input, type Node, scale, scatterRows } from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { checkNoRowsLeft, splitGradient } from "./split-gradient.ts";

const shape = [3, 2];
const [d, e] = [input("d", shape), input("e", shape)];
const ids = input("ids", ["B"], "int32");
const rows = (name: string): Node => scatterRows(input(name, ["B", 2]), ids, shape);
const feeds = {
  d: [1, 2, 3, 4, 5, 6],
  e: [10, 20, 30, 40, 50, 60],
  ids: [2, 0, 2],
  a: [1, 1, 2, 2, 3, 3],
  b: [7, 7, 8, 8, 9, 9],
};
const numbersOf = (node: Node): number[] => [...interpret({ y: node }, feeds, { B: 3 }).y.data];

const sums: Record<string, Node> = {
  "rows alone": rows("a"),
  "rows twice": add(rows("a"), rows("b")),
  "rows before a dense part": add(rows("a"), d),
  "rows after a dense part": add(d, rows("a")),
  "rows between dense parts": add(add(d, rows("a")), e),
  "dense parts between rows": add(add(rows("a"), d), add(rows("b"), e)),
  "a dense sum": add(d, e),
};
for (const [name, sum] of Object.entries(sums)) {
  test(`${name}: the parts add up to the gradient`, () => {
    const { dense, rows: parts } = splitGradient(sum, "table");
    if (dense) checkNoRowsLeft(new Map([["table", dense]]));
    const total = [...(dense ? [dense] : []), ...parts.map((part) => scatterRows(part.rows, part.ids, shape))].map(numbersOf);
    assert.deepEqual(
      numbersOf(sum),
      numbersOf(sum).map((_, i) => total.reduce((all, part) => all + part[i], 0)),
    );
  });
}

test("ids that the graph computes are refused", () => {
  const computed = scatterRows(input("a", ["B", 2]), cast(input("x", ["B"]), "int32"), shape);
  assert.throws(() => splitGradient(computed, "table"), {
    code: "training/row-gradient",
    message:
      "gradient of table: expected ids that are an input of the graph, got cast. Gather by an input, so that its ids are at hand.",
  });
});
test("rows under another operator are found, and the parameter is named", () => {
  const dense = new Map([d, scale(rows("a"), 2)].map((node, i) => [["bias", "table"][i], node]));
  assert.throws(() => checkNoRowsLeft(dense), { code: "training/row-gradient", message: /^gradient of table: / });
});
