import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as g from "./index.ts";
import { input, makeNode, type Node, opNames, parameter } from "./index.ts";

const f = (...shape: g.Dim[]): Node => parameter(`f ${shape}`, shape);
const i32 = (...shape: g.Dim[]): Node => input(`i ${shape}`, shape, "int32");
const i64 = (...shape: g.Dim[]): Node => input(`l ${shape}`, shape, "int64");
const bool = (...shape: g.Dim[]): Node => input(`b ${shape}`, shape, "bool");

type BadCall = readonly [call: () => Node, message: string | RegExp, code?: string];

const pair = (op: string, make: (a: Node, b: Node) => Node, like: (...shape: g.Dim[]) => Node = f): BadCall[] => [
  [() => make(like(2, 3), like(2)), `${op}: expected a shape that broadcasts with [2, 3], got [2].`],
  [() => make(like("B", "n"), like("n", "B")), `${op}: expected a shape that broadcasts with [B, n], got [n, B].`],
];
const onlyFloat = (op: string, make: (x: Node) => Node): BadCall[] => [
  [() => make(i32(2)), `${op}: expected inputs of dtype float, got int32.`, "graph/dtype"],
];
const mixed = (op: string, make: (a: Node, b: Node) => Node): BadCall => [
  () => make(f(2), i32(2)),
  `${op}: expected inputs of one dtype, got float and int32. Use cast() on one of them.`,
  "graph/dtype",
];
/** Two heads over four tokens, in blocks of two; each reads one. */
const attended = () => ({
  ...{ q: f(1, 2, 4, 3), k: f(1, 2, 4, 3), v: f(1, 2, 4, 3), ids: i32(1, 2, 2, 1), bias: f(1, 1, 2, 1, 2) },
});
const dims = "dimensions such as 3, B or 2*B*n, symbols sorted";

/** Calls that must fail while the graph is built, for every operator. */
const badCalls: Readonly<Record<string, readonly BadCall[]>> = {
  parameter: [
    [() => f(2.5), `parameter: expected ${dims}, got [2.5]. product([...]) spells products, plus([...]) sums.`],
    [() => f(-1), /^parameter: .* got \[-1\]/],
    [() => f("n*B"), /^parameter: .* got \[n\*B\]/],
    [() => f("B*2"), /^parameter: .* got \[B\*2\]/],
    [() => f("n+B"), /^parameter: .* got \[n\+B\]/],
    [() => f("1+n"), /^parameter: .* got \[1\+n\]/],
    [() => f("n+"), /^parameter: .* got \[n\+\]/],
    [() => f("n+n"), /^parameter: .* got \[n\+n\]/],
    [() => f("n-1"), /^parameter: .* got \[n-1\]/],
    [() => f(""), /^parameter: .* got \[\]/],
  ],
  input: [[() => i32("1"), /^input: .* got \[1\]/]],
  constant: [
    [
      () => g.constant([1, 2], [3]),
      "constant: expected one value, or one for each element of a shape of numbers, got 2 values for [3].",
    ],
    [() => g.constant(1, ["B"] as unknown as number[]), /^constant: .* got 1 values for \[B\]/],
  ],
  add: [...pair("add", g.add), ...pair("add", g.add, i32), mixed("add", g.add)],
  sub: [...pair("sub", g.sub), mixed("sub", g.sub)],
  mul: [...pair("mul", g.mul), mixed("mul", g.mul)],
  div: [...pair("div", g.div), ...onlyFloat("div", (x) => g.div(x, x))],
  neg: onlyFloat("neg", g.neg),
  exp: onlyFloat("exp", g.exp),
  log: onlyFloat("log", g.log),
  sqrt: onlyFloat("sqrt", g.sqrt),
  abs: [[() => g.abs(bool(2)), "abs: expected inputs of dtype float or int32 or int64, got bool.", "graph/dtype"]],
  sigmoid: onlyFloat("sigmoid", g.sigmoid),
  tanh: onlyFloat("tanh", g.tanh),
  erf: onlyFloat("erf", g.erf),
  relu: onlyFloat("relu", g.relu),
  gelu: onlyFloat("gelu", g.gelu),
  scale: onlyFloat("scale", (x) => g.scale(x, 2)),
  greater: [...pair("greater", g.greater), mixed("greater", g.greater)],
  lessOrEqual: [...pair("lessOrEqual", g.lessOrEqual), mixed("lessOrEqual", g.lessOrEqual)],
  equal: [...pair("equal", g.equal), mixed("equal", g.equal)],
  and: [...pair("and", g.and, bool), [() => g.and(f(2), f(2)), "and: expected inputs of dtype bool, got float.", "graph/dtype"]],
  or: [...pair("or", g.or, bool), [() => g.or(f(2), f(2)), "or: expected inputs of dtype bool, got float.", "graph/dtype"]],
  not: [[() => g.not(f(2)), "not: expected inputs of dtype bool, got float.", "graph/dtype"]],
  cast: [[() => g.cast(f(2), "double" as g.DType), "cast: expected float or int32 or int64 or bool, got double.", "graph/dtype"]],
  where: [
    ...pair("where", (a, b) => g.where(bool(1), a, b)),
    mixed("where", (a, b) => g.where(bool(1), a, b)),
    [() => g.where(bool(4), f(3), f(3)), "where: expected a shape that broadcasts with [4], got [3]."],
    [() => g.where(f(2), f(2), f(2)), "where: expected a bool condition, got float.", "graph/dtype"],
  ],
  reshape: [
    [() => g.reshape(f(2, 3), [7]), "reshape: expected as many elements as [2, 3], got [7]."],
    [() => g.reshape(f("B", 3), ["B*n"]), "reshape: expected as many elements as [B, 3], got [B*n]."],
    [() => g.reshape(f("B", "n"), ["n*B"]), /^reshape: expected dimensions .* got \[n\*B\]/],
    [() => g.reshape(f(6), [-2, -3]), /^reshape: expected dimensions .* got \[-2, -3\]/],
  ],
  transpose: [
    [() => g.transpose(f(2, 3), [0]), "transpose: expected each axis of [2, 3] once, got [0]."],
    [() => g.transpose(f(2, 3), [1, 1]), "transpose: expected each axis of [2, 3] once, got [1, 1]."],
  ],
  sumTo: [
    [() => g.sumTo(f(2, 3), [2]), "sumTo: expected a shape that broadcasts with [2], got [2, 3]."],
    [() => g.sumTo(f(3), [2, 3]), "sumTo: expected a shape that broadcasts to [3], got [2, 3]."],
    [() => g.sumTo(f(1), [3]), "sumTo: expected a shape that broadcasts to [1], got [3]."],
    [() => g.sumTo(bool(3), []), "sumTo: expected inputs of dtype float or int32 or int64, got bool.", "graph/dtype"],
  ],
  broadcastTo: [
    [() => g.broadcastTo(f(2), [2, 3]), "broadcastTo: expected a shape that broadcasts with [2], got [2, 3]."],
    [() => g.broadcastTo(f(2, 3), [3]), "broadcastTo: expected a shape that broadcasts to [3], got [2, 3]."],
  ],
  select: [
    [() => g.select(f(2, 3), 2, 0), "select: expected a place of an axis of [2, 3], got place 0 of axis 2."],
    [() => g.select(f(2, 3), 1, 3), "select: expected a place of an axis of [2, 3], got place 3 of axis 1."],
    [() => g.select(f("B"), 0, -1), "select: expected a place of an axis of [B], got place -1 of axis 0."],
    [() => g.select(f("B"), 0, 0.5), "select: expected a place of an axis of [B], got place 0.5 of axis 0."],
  ],
  place: [
    [() => g.place(f(3), [2, 4], 0, 1), "place: expected [4] for one place of axis 0 of [2, 4], got [3]."],
    [() => g.place(f(4), [2, 4], 0, 2), "place: expected a place of an axis of [2, 4], got place 2 of axis 0."],
  ],
  relativeShift: [
    [() => g.relativeShift(f(2, 3, 6)), "relativeShift: expected rows n and columns 2n + 1, got [2, 3, 6]."],
    [() => g.relativeShift(f(7)), "relativeShift: expected rows n and columns 2n + 1, got [7]."],
    ...onlyFloat("relativeShift", g.relativeShift),
  ],
  relativeSpread: [
    [() => g.relativeSpread(f(2, 3, 4)), "relativeSpread: expected as many rows as columns, got [2, 3, 4]."],
    ...onlyFloat("relativeSpread", g.relativeSpread),
  ],
  matmul: [
    [
      () => g.matmul(f(2, 3), f(2, 3)),
      "matmul: expected [2, 3] times a matrix with 3 rows and the same leading axes, got [2, 3].",
    ],
    [
      () => g.matmul(f("B", 2, 3), f(1, 3, 4)),
      "matmul: expected [B, 2, 3] times a matrix with 3 rows and the same leading axes, got [1, 3, 4].",
    ],
    [() => g.matmul(f(2, 3), f(3, 2), { transB: true }), /^matmul: expected \[2, 3\] times .* got \[2, 3\]/],
    [() => g.matmul(f(3), f(3)), "matmul: expected matrices, got [3] and [3]."],
    [() => g.matmul(f(2, 3), i32(3, 2)), "matmul: expected inputs of dtype float, got int32.", "graph/dtype"],
  ],
  linear: [
    [() => g.linear(f(2, 3), f(3, 4), f(4)), "linear: expected x [T, in], w [out, in] and b [out], got [2, 3], [3, 4], [4]."],
    [() => g.linear(f(2, 2, 3), f(4, 3), f(4)), /^linear: .* got \[2, 2, 3\], \[4, 3\], \[4\]/],
    [() => g.linear(f(2, 3), f(4, 3), f(3)), /^linear: .* got \[2, 3\], \[4, 3\], \[3\]/],
    [() => g.linear(i32(2, 3), f(4, 3), f(4)), "linear: expected inputs of dtype float, got int32.", "graph/dtype"],
  ],
  gather: [
    [() => g.gather(f(), i32(2)), "gather: expected a table with rows, got []."],
    [() => g.gather(f(3, 2), f(2)), "gather: expected int32 ids, got float.", "graph/dtype"],
  ],
  pickRows: [
    [() => g.pickRows(f(4, 3), i32(2), i32(5)), "pickRows: expected x [[5], D] with ids of one axis, got [4, 3], [2], [5]."],
    [() => g.pickRows(f(4, 3), f(2), i32(4)), "pickRows: expected int32 ids, got float.", "graph/dtype"],
    [() => g.pickRows(i32(4, 3), i32(2), i32(4)), "pickRows: expected inputs of dtype float, got int32.", "graph/dtype"],
  ],
  spreadRows: [
    [() => g.spreadRows(f(4, 3), i32(2), i32(5)), "spreadRows: expected x [[2], D] with ids of one axis, got [4, 3], [2], [5]."],
    [() => g.spreadRows(f(2, 3), i32(2), f(4)), "spreadRows: expected int32 ids, got float.", "graph/dtype"],
  ],
  scatterRows: [
    [() => g.scatterRows(f(4, 3), i32(5), [7, 3]), "scatterRows: expected rows [5, 3], got [4, 3]."],
    [() => g.scatterRows(f(5, 3), i32(5), [7, 2]), "scatterRows: expected rows [5, 2], got [5, 3]."],
    [() => g.scatterRows(f(5, 3), i32(5), []), "scatterRows: expected a table with rows, got []."],
    [() => g.scatterRows(f(5, 3), i64(5), [7, 3]), "scatterRows: expected int32 ids, got int64.", "graph/dtype"],
  ],
  layerNorm: [
    [() => g.layerNorm(f(2, 3), f(2), f(3), 1e-5), "layerNorm: expected x [..., D], γ [D] and β [D], got [2, 3], [2], [3]."],
    [() => g.layerNorm(f(), f(1), f(1), 1e-5), /^layerNorm: .* got \[\], \[1\], \[1\]/],
    [() => g.layerNorm(i32(2, 3), f(3), f(3), 1e-5), "layerNorm: expected inputs of dtype float, got int32.", "graph/dtype"],
  ],
  layerNormMoment: [
    [() => g.layerNormMoment(g.exp(f(3)), "mean"), "layerNormMoment: expected a layerNorm, got exp.", "graph/input"],
  ],
  maskedSoftmax: [
    [() => g.maskedSoftmax(f(2, 3), bool(2)), "maskedSoftmax: expected a shape that broadcasts with [2, 3], got [2]."],
    [() => g.maskedSoftmax(f(3), bool(2, 3)), "maskedSoftmax: expected a mask that broadcasts to [3], got [2, 3]."],
    [() => g.maskedSoftmax(f(), bool()), "maskedSoftmax: expected at least one axis, got []."],
    [() => g.maskedSoftmax(f(3), f(3)), "maskedSoftmax: expected a bool mask, got float.", "graph/dtype"],
    [() => g.maskedSoftmax(i32(3), bool(3)), "maskedSoftmax: expected inputs of dtype float, got int32.", "graph/dtype"],
  ],
  logSoftmax: [
    [() => g.logSoftmax(f()), "logSoftmax: expected at least one axis, got []."],
    ...onlyFloat("logSoftmax", g.logSoftmax),
  ],
  stack: [
    [() => g.stack([]), "stack: expected one node or more, all of one shape and dtype, got none."],
    [() => g.stack([f(2), f(3)]), "stack: expected one node or more, all of one shape and dtype, got float [2], float [3]."],
    [() => g.stack([f(2), i32(2)]), "stack: expected one node or more, all of one shape and dtype, got float [2], int32 [2]."],
  ],
  dropout: [
    [() => g.dropout(f(2, 3), f(3), 0.1), "dropout: expected a mask [2, 3], got [3]."],
    [() => g.dropout(f(2), i32(2), 0.1), "dropout: expected inputs of dtype uint8 or float, got int32.", "graph/dtype"],
    [() => g.dropout(i32(2), f(2), 0.1), "dropout: expected inputs of dtype float, got int32.", "graph/dtype"],
    [() => g.dropout(f(2), f(2), 1), /^dropoutRate: expected a drop probability/, "random/bad-probability"],
  ],
  dropoutMask: [
    [() => g.dropoutMask(i32(3), [4], 0.1), "dropoutMask: expected an int32 key [2], got int32 [3]."],
    [() => g.dropoutMask(f(2), [4], 0.1), "dropoutMask: expected an int32 key [2], got float [2]."],
    [
      () => g.dropoutMask(i32(2), [4], 1),
      /^dropoutRate: expected a drop probability in \[0, 1\), got 1/,
      "random/bad-probability",
    ],
  ],
  blockAttention: [
    [
      () => g.blockAttention({ ...attended(), v: f(1, 2, 5, 3) }, { size: 2, scale: 1 }),
      /^blockAttention: expected q, k, v \[B, H, n, d\], ids .*, got \[1, 2, 4, 3\], \[1, 2, 4, 3\], \[1, 2, 5, 3\], \[1, 1, 2, 1, 2\]/,
    ],
    [() => g.blockAttention(attended(), { size: 3, scale: 1 }), /^blockAttention: expected q, k, v/],
    [
      () => g.blockAttention({ ...attended(), dropout: { mask: f(1, 2, 2, 2, 3), probability: 0.1 } }, { size: 2, scale: 1 }),
      /^blockAttention: /,
    ],
    [
      () => g.blockAttention({ ...attended(), ids: i64(1, 2, 2, 1) }, { size: 2, scale: 1 }),
      "blockAttention: expected int32 ids, got int64.",
      "graph/dtype",
    ],
    [
      () => g.blockAttention({ ...attended(), bias: i32(1, 1, 2, 1, 2) }, { size: 2, scale: 1 }),
      /^blockAttention: expected inputs of dtype float/,
      "graph/dtype",
    ],
  ],
  pairsOfSlots: [
    [
      () => g.pairsOfSlots(f(1, 2, 2, 3, 5), i32(1, 2, 2, 2), 4),
      "pairsOfSlots: expected slots [B, H, N, size, K·size] of ids [B, H, N, K], got [1, 2, 2, 3, 5] and [1, 2, 2, 2].",
    ],
    [() => g.pairsOfSlots(i32(1, 2, 2, 3, 6), i32(1, 2, 2, 2), 4), /^pairsOfSlots: expected inputs of dtype/, "graph/dtype"],
    [() => g.pairsOfSlots(f(1, 2, 2, 3, 6), f(1, 2, 2, 2), 4), "pairsOfSlots: expected int32 ids, got float.", "graph/dtype"],
  ],
  blockAttentionGradient: [
    [
      () => makeNode("blockAttentionGradient", [f(2), f(2)]),
      "blockAttentionGradient: expected a blockAttention and a gradient of its shape, got parameter [2] and [2].",
      "graph/input",
    ],
  ],
  blockAttentionGradientPart: [
    [
      () => makeNode("blockAttentionGradientPart", [f(2)]),
      "blockAttentionGradientPart: expected a blockAttentionGradient, got parameter.",
      "graph/input",
    ],
  ],
  stopGradient: onlyFloat("stopGradient", g.stopGradient),
  rowSteps: [
    [() => g.rowSteps(f(), 64), "rowSteps: expected at least one axis, got []."],
    ...onlyFloat("rowSteps", (x) => g.rowSteps(x, 64)),
  ],
  sortRows: [[() => g.sortRows(f()), "sortRows: expected at least one axis, got []."], ...onlyFloat("sortRows", g.sortRows)],
  cumulativeSum: [
    [() => g.cumulativeSum(f()), "cumulativeSum: expected at least one axis, got []."],
    ...onlyFloat("cumulativeSum", g.cumulativeSum),
  ],
  topKPlaces: [
    [() => g.topKPlaces(f(2, 3), bool(2), 1), "topKPlaces: expected a shape that broadcasts with [2, 3], got [2]."],
    [() => g.topKPlaces(i32(3), bool(3), 1), /^topKPlaces: expected float scores .*, got int32 \[3\], bool \[3\]/],
  ],
  topKMask: [
    [
      () => g.topKMask(f(2, 3), bool(3), i32(2, 3), i64(1)),
      "topKMask: expected float scores [..., n], bool allowed and int32 k that broadcast to them, int64 largestK [1], got float [2, 3], bool [3], int32 [2, 3], int64 [1].",
    ],
    [() => g.topKMask(f(2, 3), bool(2), i32(1), i64(1)), "topKMask: expected a shape that broadcasts with [2, 3], got [2]."],
    [() => g.topKMask(f(3), bool(3), i32(1), i64(2)), /^topKMask: .* got float \[3\], bool \[3\], int32 \[1\], int64 \[2\]/],
    [() => g.topKMask(f(3), bool(3), i64(1), i64(1)), /^topKMask: .* got float \[3\], bool \[3\], int64 \[1\], int64 \[1\]/],
  ],
};

describe("bad calls are refused while the graph is built", () => {
  test("the table holds every operator", () => {
    assert.deepEqual(Object.keys(badCalls).sort(), opNames().sort());
  });
  for (const [op, calls] of Object.entries(badCalls)) {
    test(`${op}: ${calls.length} bad calls, each named with what came`, () => {
      for (const [call, message, code = "graph/shape"] of calls) {
        assert.throws(call, { name: "CrispError", code, message });
      }
    });
  }
  test("an unknown operator, with the page that says how to add one", () => {
    assert.throws(() => g.makeNode("fft", []), {
      code: "graph/unknown-op",
      message: "graph: expected an operator of the table, got fft. See docs/add-an-op.md.",
    });
  });
});

describe("builders that need no node", () => {
  test("scale by 1 and a cast to the same dtype give the input back", () => {
    const x = f(2);
    assert.equal(g.scale(x, 1), x);
    assert.equal(g.cast(x, "float"), x);
  });
});
