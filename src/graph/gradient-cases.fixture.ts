// Cases for every operator: shapes that broadcast, of size 1, of odd sizes and with symbols; seeded values away from every kink.
import { normal, uniform } from "../random/index.ts";
import type { Bindings, DType, Node, Shape } from "./index.ts";
import * as g from "./index.ts";
import { opRecord } from "./index.ts";

export interface OpCase {
  /** e.g. `add.1 a column on a row`. */
  readonly name: string;
  readonly op: string;
  /** The node under test, of operator `op`. */
  readonly output: Node;
  /** Float inputs that the output is differentiated for. */
  readonly targets: readonly Node[];
  /** Random weights r of the loss Σ r ∘ output: the upstream gradient. Float outputs only. */
  readonly upstream: Node | null;
  /** By input name; every number fits float32. Names differ between all cases, so that cases can share one graph. */
  readonly feeds: Readonly<Record<string, readonly number[]>>;
  readonly bindings: Bindings;
}

/** Makes the inputs of one case and keeps their values. */
class Maker {
  readonly targets: Node[] = [];
  readonly feeds: Record<string, readonly number[]> = {};
  readonly #id: string;
  readonly #bindings: Bindings;

  constructor(id: string, bindings: Bindings) {
    this.#id = id;
    this.#bindings = bindings;
  }

  #fed(shape: Shape, value: (i: number, site: string) => number): string {
    const name = `${this.#id}.${"abcdefgh"[Object.keys(this.feeds).length]}`;
    const size = g.elements(g.bindShape(shape, this.#bindings));
    this.feeds[name] = Array.from({ length: size }, (_, i) => value(i, name));
    return name;
  }

  /** A float input to differentiate for; standard normal values through `map`. */
  real(shape: Shape, map: (x: number) => number = (x) => x): Node {
    const name = this.#fed(shape, (i, site) => Math.fround(map(normal({ seed: 7, step: 0, site }, i))));
    this.targets.push(g.parameter(name, shape));
    return this.targets[this.targets.length - 1];
  }

  /** A float input that is not differentiated for. */
  fixed(shape: Shape, map: (x: number) => number = (x) => x): Node {
    return g.input(
      this.#fed(shape, (i, site) => Math.fround(map(normal({ seed: 8, step: 0, site }, i)))),
      shape,
    );
  }

  /** Whole numbers in [low, high). */
  whole(shape: Shape, [low, high]: readonly [number, number], dtype: DType = "int32"): Node {
    const draw = (i: number, site: string): number => low + Math.floor((high - low) * uniform({ seed: 9, step: 0, site }, i));
    return g.input(this.#fed(shape, draw), shape, dtype);
  }

  /** True for about two thirds. */
  flags(shape: Shape, dtype: "bool" | "uint8" = "bool"): Node {
    const draw = (i: number, site: string): number => Number(uniform({ seed: 10, step: 0, site }, i) < 2 / 3);
    return g.input(this.#fed(shape, draw), shape, dtype);
  }

  /** The given values. */
  values(shape: Shape, values: readonly number[], dtype: DType = "float"): Node {
    return g.input(
      this.#fed(shape, (i) => values[i]),
      shape,
      dtype,
    );
  }
}

type Entry = readonly [title: string, build: (make: Maker) => Node, bindings?: Bindings];
type Map1 = (x: number) => number;

const awayFromZero: Map1 = (x) => x + Math.sign(x) * 0.5;
const positive: Map1 = (x) => Math.abs(x) + 0.3;
const quarters: Map1 = (x) => Math.round(x * 2) / 2;
const threeByTwo = { B: 3, n: 2 };

const unary = (f: (x: Node) => Node, map?: Map1): Entry[] => [
  ["odd sizes", (m) => f(m.real([7, 3], map))],
  ["one element", (m) => f(m.real([1], map))],
  ["a scalar", (m) => f(m.real([], map))],
  ["symbols", (m) => f(m.real(["B", "n"], map)), threeByTwo],
];
const binary = (f: (a: Node, b: Node) => Node, a?: Map1, b?: Map1): Entry[] => [
  ["odd sizes", (m) => f(m.real([3, 5], a), m.real([3, 5], b))],
  ["a column on a row", (m) => f(m.real([3, 1], a), m.real([5], b))],
  ["a scalar on one element", (m) => f(m.real([], a), m.real([1], b))],
  ["symbols that broadcast", (m) => f(m.real(["B", "n", 3], a), m.real(["n", 1], b)), threeByTwo],
];
const comparison = (f: (a: Node, b: Node) => Node): Entry[] => [
  ["floats with ties", (m) => f(m.fixed([3, 5], quarters), m.fixed([5], quarters))],
  ["int32", (m) => f(m.whole([2, 7], [-2, 3]), m.whole([2, 1], [-2, 3]))],
  ["int64", (m) => f(m.whole([1], [0, 2], "int64"), m.whole([3, 1], [0, 2], "int64"))],
  ["symbols", (m) => f(m.fixed(["B", "n"], quarters), m.fixed(["n"], quarters)), threeByTwo],
];
const logical = (f: (a: Node, b: Node) => Node): Entry[] => [
  ["odd sizes", (m) => f(m.flags([3, 5]), m.flags([3, 5]))],
  ["a column on a row", (m) => f(m.flags([3, 1]), m.flags([5]))],
  ["symbols", (m) => f(m.flags(["B", 1, 1, "n"]), m.flags(["n", 1])), threeByTwo],
];
const norm = (m: Maker, shape: Shape, eps = 1e-5): Node =>
  g.layerNorm(m.fixed(shape), m.fixed(shape.slice(-1)), m.fixed(shape.slice(-1)), eps);

const table: Readonly<Record<string, readonly Entry[]>> = {
  // leaves
  parameter: [
    ["odd sizes", (m) => m.real([3, 5])],
    ["a scalar", (m) => m.real([])],
    ["symbols", (m) => m.real(["B", "n"]), threeByTwo],
  ],
  input: [
    ["float", (m) => m.fixed([3, 5])],
    ["int64", (m) => m.whole([3], [-5, 5], "int64")],
    ["bool and symbols", (m) => m.flags(["B", "n"]), threeByTwo],
  ],
  constant: [
    ["one number", () => g.constant(0.5)],
    ["one number that fills a shape", () => g.constant(-3, [2, 3], "int32")],
    ["a list of int64", () => g.constant([1, -2, 3], [3, 1], "int64")],
    ["a list of bool", () => g.constant([1, 0, 1], [3], "bool")],
    ["no element", () => g.constant([], [0], "int64")],
  ],

  // elementwise
  add: [...binary(g.add), ["int32", (m) => g.add(m.whole([2, 3], [-9, 9]), m.whole([3], [-9, 9]))]],
  sub: [...binary(g.sub), ["int64", (m) => g.sub(m.whole([2, 3], [-9, 9], "int64"), m.whole([3], [-9, 9], "int64"))]],
  mul: [...binary(g.mul), ["int32", (m) => g.mul(m.whole([2, 3], [-9, 9]), m.whole([1], [-9, 9]))]],
  div: binary(g.div, undefined, awayFromZero),
  neg: unary(g.neg),
  exp: unary(g.exp),
  log: unary(g.log, positive),
  sqrt: unary(g.sqrt, positive),
  abs: [...unary(g.abs, awayFromZero), ["int32", (m) => g.abs(m.whole([5], [-9, 9]))]],
  sigmoid: unary(g.sigmoid),
  tanh: unary(g.tanh),
  erf: unary(g.erf),
  relu: unary(g.relu, awayFromZero),
  gelu: unary(g.gelu, (x) => 2 * x),
  scale: unary((x) => g.scale(x, -0.7)),
  greater: comparison(g.greater),
  lessOrEqual: comparison(g.lessOrEqual),
  equal: comparison(g.equal),
  and: logical(g.and),
  or: logical(g.or),
  not: [
    ["odd sizes", (m) => g.not(m.flags([3, 5]))],
    ["a scalar", (m) => g.not(m.flags([]))],
    ["symbols", (m) => g.not(m.flags(["B", "n"])), threeByTwo],
  ],
  cast: [
    ["float to int32 drops the fraction", (m) => g.cast(m.values([6], [-1.5, -0.5, 0, 0.5, 1.5, 7]), "int32")],
    ["float to bool", (m) => g.cast(m.values([4], [-0.5, 0, 0.25, 3]), "bool")],
    ["int32 to float", (m) => g.cast(m.whole([3, 5], [-9, 9]), "float")],
    ["int32 to int64", (m) => g.cast(m.whole([1], [-9, 9]), "int64")],
    ["int64 to int32", (m) => g.cast(m.whole([], [-9, 9], "int64"), "int32")],
    ["bool to float with symbols", (m) => g.cast(m.flags(["B", "n"]), "float"), threeByTwo],
  ],
  where: [
    ["odd sizes", (m) => g.where(m.flags([3, 5]), m.real([3, 5]), m.real([3, 5]))],
    ["all three broadcast", (m) => g.where(m.flags([3, 1]), m.real([5]), m.real([2, 1, 1]))],
    ["one element", (m) => g.where(m.flags([1]), m.real([]), m.real([1]))],
    ["symbols", (m) => g.where(m.flags(["B", 1, "n"]), m.real([2, 1]), m.real(["n"])), threeByTwo],
    ["int32", (m) => g.where(m.flags([3]), m.whole([3], [0, 9]), m.whole([1], [0, 9]))],
  ],

  // shaping
  reshape: [
    ["odd sizes", (m) => g.reshape(m.real([3, 5]), [5, 1, 3])],
    ["one element to a scalar", (m) => g.reshape(m.real([1, 1]), [])],
    ["two symbols to their product", (m) => g.reshape(m.real(["B", "n", 6]), ["B*n", 2, 3]), threeByTwo],
    [
      "a product to its symbols",
      (m) => g.reshape(g.reshape(m.real(["B", "n", 6]), ["B*n", 6]), ["B", "n", 2, 3]),
      { B: 1, n: 3 },
    ],
    ["a number in a product", (m) => g.reshape(m.real(["B", 2, "n"]), ["2*B", "n"]), threeByTwo],
    ["a size that blocks follow from", (m) => g.reshape(m.real(["4*b", 3]), ["b", 4, 3]), { b: 2 }],
    ["a sum times a number", (m) => g.reshape(m.real(["p+5", 2]), ["2*p+10"]), { p: 3 }],
  ],
  transpose: [
    ["a matrix", (m) => g.transpose(m.real([3, 5]), [1, 0])],
    ["three axes in a cycle", (m) => g.transpose(m.real([2, 3, 5]), [2, 0, 1])],
    ["one element", (m) => g.transpose(m.real([1, 1, 1]), [1, 2, 0])],
    ["heads", (m) => g.transpose(m.real(["B", "n", 3, 2]), [0, 2, 1, 3]), threeByTwo],
    ["bool", (m) => g.transpose(m.flags([2, 3]), [1, 0])],
  ],
  sumTo: [
    ["to a scalar", (m) => g.sumTo(m.real([3, 5]), [])],
    ["axes kept as 1", (m) => g.sumTo(m.real([3, 5, 2]), [3, 1, 1])],
    ["a lacking axis and one kept as 1", (m) => g.sumTo(m.real([3, 5, 2]), [1, 2])],
    ["one element", (m) => g.sumTo(m.real([1, 1]), [1])],
    ["the same shape", (m) => g.sumTo(m.real([3]), [3])],
    ["symbols", (m) => g.sumTo(m.real(["B", "n", 3]), ["n", 1]), threeByTwo],
    ["int32", (m) => g.sumTo(m.whole([3, 5], [-9, 9]), [5])],
  ],
  broadcastTo: [
    ["a scalar", (m) => g.broadcastTo(m.real([]), [3, 5])],
    ["a lacking axis and one of 1", (m) => g.broadcastTo(m.real([5, 1]), [3, 5, 2])],
    ["one element to itself", (m) => g.broadcastTo(m.real([1]), [1])],
    ["symbols", (m) => g.broadcastTo(g.sumTo(m.real(["B", "n"]), [1, "n"]), ["B", "n"]), threeByTwo],
    ["bool", (m) => g.broadcastTo(m.flags([3, 1]), [3, 2])],
    ["a sum", (m) => g.broadcastTo(g.sumTo(m.real(["B", "B+past"]), ["B", 1]), ["B", "B+past"]), { B: 3, past: 2 }],
    ["blocks", (m) => g.broadcastTo(g.sumTo(m.real(["16*nb", 2]), [1, 2]), ["16*nb", 2]), { nb: 1 }],
  ],
  select: [
    ["the first axis", (m) => g.select(m.real([3, 5]), 0, 2)],
    ["the last axis", (m) => g.select(m.real([3, 5]), 1, 0)],
    ["one element", (m) => g.select(m.real([1]), 0, 0)],
    ["[CLS]", (m) => g.select(m.real(["B", "n", 3]), 1, 0), threeByTwo],
    ["int32", (m) => g.select(m.whole([3, 2], [0, 9]), 1, 1)],
  ],
  place: [
    ["first of the first axis", (m) => g.place(m.real([5]), [3, 5], 0, 0)],
    ["middle of a middle axis", (m) => g.place(m.real([2, 5]), [2, 3, 5], 1, 1)],
    ["last of the last axis", (m) => g.place(m.real([3]), [3, 5], 1, 4)],
    ["one element", (m) => g.place(m.real([]), [1], 0, 0)],
    ["symbols", (m) => g.place(g.select(m.real(["B", "n", 3]), 1, 0), ["B", "n", 3], 1, 1), threeByTwo],
  ],
  relativeShift: [
    ["three tokens", (m) => g.relativeShift(m.real([3, 7]))],
    ["stacked", (m) => g.relativeShift(m.real([2, 3, 4, 9]))],
    ["one token", (m) => g.relativeShift(m.real([2, 1, 3]))],
    ["symbols", (m) => g.relativeShift(m.real([2, "B", "n", "2*n+1"])), threeByTwo],
  ],
  relativeSpread: [
    ["three tokens", (m) => g.relativeSpread(m.real([3, 3]))],
    ["stacked", (m) => g.relativeSpread(m.real([2, 3, 4, 4]))],
    ["one token", (m) => g.relativeSpread(m.real([2, 1, 1]))],
    ["symbols", (m) => g.relativeSpread(m.real([2, "B", "n", "n"])), threeByTwo],
  ],

  // products
  matmul: [
    ["odd sizes", (m) => g.matmul(m.real([3, 5]), m.real([5, 2]))],
    ["the first swapped", (m) => g.matmul(m.real([5, 3]), m.real([5, 2]), { transA: true })],
    ["the second swapped, with a factor", (m) => g.matmul(m.real([3, 5]), m.real([2, 5]), { transB: true, alpha: 0.3 })],
    ["both swapped", (m) => g.matmul(m.real([5, 3]), m.real([2, 5]), { transA: true, transB: true, alpha: -2 })],
    ["one element", (m) => g.matmul(m.real([1, 1]), m.real([1, 1]))],
    ["stacked", (m) => g.matmul(m.real([2, 3, 5]), m.real([2, 5, 2]))],
    ["stacked, with a factor", (m) => g.matmul(m.real([2, 3, 5]), m.real([2, 5, 2]), { alpha: 0.5 })],
    ["stacked, the first swapped", (m) => g.matmul(m.real([2, 5, 3]), m.real([2, 5, 2]), { transA: true })],
    ["stacked, both swapped", (m) => g.matmul(m.real([2, 5, 3]), m.real([2, 2, 5]), { transA: true, transB: true })],
    [
      "attention scores",
      (m) => g.matmul(m.real(["B", 2, "n", 3]), m.real(["B", 2, "n", 3]), { transB: true, alpha: 1 / Math.sqrt(3) }),
      threeByTwo,
    ],
    ["attention context", (m) => g.matmul(m.real(["B", 2, "n", "n"]), m.real(["B", 2, "n", 3])), { B: 1, n: 3 }],
  ],
  linear: [
    ["odd sizes", (m) => g.linear(m.real([3, 5]), m.real([2, 5]), m.real([2]))],
    ["one element", (m) => g.linear(m.real([1, 1]), m.real([1, 1]), m.real([1]))],
    [
      "a product of symbols",
      (m) => g.linear(g.reshape(m.real(["B", "n", 3]), ["B*n", 3]), m.real([5, 3]), m.real([5])),
      threeByTwo,
    ],
  ],

  // gathering
  gather: [
    ["ids that repeat", (m) => g.gather(m.real([5, 3]), m.values([4], [2, 0, 2, 4], "int32"))],
    ["a table of numbers", (m) => g.gather(m.real([5]), m.whole([2, 3], [0, 5]))],
    ["one row", (m) => g.gather(m.real([1, 2]), m.whole([3], [0, 1]))],
    ["one id, a scalar", (m) => g.gather(m.real([3, 2]), m.values([], [1], "int32"))],
    ["symbols", (m) => g.gather(m.real([4, 3]), m.whole(["B", "n"], [0, 4])), threeByTwo],
    ["int64", (m) => g.gather(m.whole([5], [-9, 9], "int64"), m.whole([3], [0, 5]))],
  ],
  pickRows: [
    ["two of four", (m) => g.pickRows(m.real([4, 3]), m.values([2], [3, 1], "int32"), m.values([4], [2, 1, 2, 0], "int32"))],
    ["one row", (m) => g.pickRows(m.real([2, 1]), m.values([1], [1], "int32"), m.values([2], [1, 0], "int32"))],
    ["all rows", (m) => g.pickRows(m.real([3, 2]), m.values([3], [1, 2, 0], "int32"), m.values([3], [2, 0, 1], "int32"))],
    [
      "symbols",
      (m) => g.pickRows(m.real(["T", 3]), m.values(["M"], [4, 0], "int32"), m.values(["T"], [1, 2, 2, 2, 0, 2], "int32")),
      { T: 6, M: 2 },
    ],
  ],
  spreadRows: [
    ["two of four", (m) => g.spreadRows(m.real([2, 3]), m.values([2], [3, 1], "int32"), m.values([4], [2, 1, 2, 0], "int32"))],
    ["one row", (m) => g.spreadRows(m.real([1, 1]), m.values([1], [1], "int32"), m.values([2], [1, 0], "int32"))],
    ["all rows", (m) => g.spreadRows(m.real([3, 2]), m.values([3], [1, 2, 0], "int32"), m.values([3], [2, 0, 1], "int32"))],
    [
      "symbols",
      (m) => g.spreadRows(m.real(["M", 3]), m.values(["M"], [4, 0], "int32"), m.values(["T"], [1, 2, 2, 2, 0, 2], "int32")),
      { T: 6, M: 2 },
    ],
  ],
  scatterRows: [
    ["ids that repeat", (m) => g.scatterRows(m.real([4, 3]), m.values([4], [2, 0, 2, 4], "int32"), [5, 3])],
    ["a table of numbers", (m) => g.scatterRows(m.real([2, 3]), m.whole([2, 3], [0, 5]), [5])],
    ["one row", (m) => g.scatterRows(m.real([3, 2]), m.whole([3], [0, 1]), [1, 2])],
    ["symbols", (m) => g.scatterRows(m.real(["B", "n", 3]), m.whole(["B", "n"], [0, 4]), [4, 3]), threeByTwo],
  ],

  // normalising
  layerNorm: [
    ["odd sizes", (m) => g.layerNorm(m.real([3, 5]), m.real([5]), m.real([5]), 1e-5)],
    ["rows of two", (m) => g.layerNorm(m.real([2], awayFromZero), m.real([2]), m.real([2]), 0.1)],
    ["one element", (m) => g.layerNorm(m.real([1, 1]), m.real([1]), m.real([1]), 1e-5)],
    [
      "a large mean",
      (m) =>
        g.layerNorm(
          m.real([2, 7], (x) => x + 8),
          m.real([7]),
          m.real([7]),
          1e-12,
        ),
    ],
    ["symbols", (m) => g.layerNorm(m.real(["B", "n", 4]), m.real([4]), m.real([4]), 1e-12), threeByTwo],
  ],
  layerNormMoment: [
    ["mean", (m) => g.layerNormMoment(norm(m, [3, 5]), "mean")],
    ["inverse deviation", (m) => g.layerNormMoment(norm(m, [3, 5], 0.1), "invStd")],
    ["one element", (m) => g.layerNormMoment(norm(m, [1, 1]), "mean")],
    ["symbols", (m) => g.layerNormMoment(norm(m, ["B", "n", 4]), "invStd"), threeByTwo],
  ],
  maskedSoftmax: [
    ["a mask of the same shape", (m) => g.maskedSoftmax(m.real([3, 5]), m.flags([3, 5]))],
    ["all kept, as promised", (m) => g.maskedSoftmax(m.real([3, 5]), m.values([1], [1], "bool"), { rowsKeepOne: true })],
    ["an emptied row", (m) => g.maskedSoftmax(m.real([3, 4]), m.values([3, 1], [1, 0, 1], "bool"))],
    ["one key", (m) => g.maskedSoftmax(m.real([3, 1]), m.values([1], [1], "bool"))],
    [
      "large scores",
      (m) =>
        g.maskedSoftmax(
          m.real([2, 5], (x) => 20 * x),
          m.flags([5]),
        ),
    ],
    [
      "padding",
      (m) => g.maskedSoftmax(m.real(["B", 2, "n", "n"]), m.values(["B", 1, 1, "n"], [1, 1, 0, 1, 0, 0], "bool")),
      { B: 2, n: 3 },
    ],
  ],
  logSoftmax: [
    ["odd sizes", (m) => g.logSoftmax(m.real([3, 5]))],
    ["one class", (m) => g.logSoftmax(m.real([3, 1]))],
    ["large scores", (m) => g.logSoftmax(m.real([2, 3], (x) => 20 * x))],
    ["symbols", (m) => g.logSoftmax(m.real(["B", "n"])), threeByTwo],
  ],

  stack: [
    ["three scalars", (m) => g.stack([m.real([]), m.real([]), m.real([])])],
    ["one vector", (m) => g.stack([m.real([3])])],
    ["two matrices of a batch, one of them twice", (m) => doubled(m.real(["B", 2]), m.real(["B", 2])), { B: 3 }],
  ],

  blockAttention: [
    ["every block listed", (m) => blocks(m, "real", { n: 4, ids: [0, 1, 1, 0, 1, 0, 0, 1] })],
    ["a short last block", (m) => blocks(m, "real", { n: 5, ids: [0, 2, 1, 0, 2, 0, 0, 1, 1, 2, 0, 2] })],
    ["a bias for each head and pair, and dropout", (m) => blocks(m, "real", { n: 5, perPair: true, dropout: true })],
    ["one block of one token", (m) => blocks(m, "real", { n: 1, size: 1, ids: [0, 0] })],
    ["symbols", (m) => blocks(m, "real", { n: "n", N: "N", K: "K" }), { n: 5, N: 3, K: 2 }],
    ["two blocks at once, and dropout", (m) => blocks(m, "real", { n: 7, together: 2, perPair: true, dropout: true })],
    ["all blocks at once", (m) => blocks(m, "real", { n: 5, together: 3 })],
    ["probabilities computed again", (m) => blocks(m, "real", { n: 7, together: 2, dropout: true, recompute: true })],
    ["dropout of all pairs", (m) => blocks(m, "real", { n: 5, ids: IN_ORDER, perPair: true, dropout: "of all pairs" })],
  ],
  blockAttentionGradient: [
    ["a short last block", (m) => gradientOf(blocks(m, "fixed", { n: 5, ids: [0, 2, 1, 0, 2, 0, 0, 1, 1, 2, 0, 2] }), m)],
    ["dropout", (m) => gradientOf(blocks(m, "fixed", { n: 4, perPair: true, dropout: true }), m)],
    ["dropout of all pairs", (m) => gradientOf(blocks(m, "fixed", { n: 5, ids: IN_ORDER, dropout: "of all pairs" }), m)],
    ["two blocks at once", (m) => gradientOf(blocks(m, "fixed", { n: 8, together: 2 }), m)],
    ["probabilities computed again", (m) => gradientOf(blocks(m, "fixed", { n: 5, perPair: true, recompute: true }), m)],
    ["symbols", (m) => gradientOf(blocks(m, "fixed", { n: "n", N: "N", K: "K" }), m), { n: 5, N: 3, K: 2 }],
  ],
  blockAttentionGradientPart: [
    ["keys", (m) => gradientOf(blocks(m, "fixed", { n: 5 }), m, "k")],
    ["keys, two blocks at once", (m) => gradientOf(blocks(m, "fixed", { n: 8, together: 2 }), m, "k")],
    ["values, with dropout", (m) => gradientOf(blocks(m, "fixed", { n: 5, dropout: true }), m, "v")],
    ["symbols", (m) => gradientOf(blocks(m, "fixed", { n: "n", N: "N", K: "K" }), m, "k"), { n: 5, N: 3, K: 2 }],
  ],

  pairsOfSlots: [
    [
      "a short last block",
      (m) => g.pairsOfSlots(m.fixed([1, 2, 2, 3, 6]), m.values([1, 2, 2, 2], [0, 1, 1, 0, 1, 0, 0, 1], "int32"), 4),
    ],
    ["one token", (m) => g.pairsOfSlots(m.fixed([1, 1, 1, 1, 1]), m.values([1, 1, 1, 1], [0], "int32"), 1)],
    ["one block of three listed", (m) => g.pairsOfSlots(m.fixed([1, 1, 3, 2, 2]), m.values([1, 1, 3, 1], [2, 0, 1], "int32"), 6)],
    [
      "symbols",
      (m) => {
        const slots = g.add(m.fixed(["B", 2, "N", 2, "2*K"]), g.sumTo(m.fixed(["n"]), [1]));
        return g.pairsOfSlots(slots, m.values(["B", 2, "N", "K"], [2, 0, 1, 2, 0, 1, 1, 0, 2, 1, 0, 2], "int32"), "n");
      },
      { B: 1, N: 3, K: 2, n: 5 },
    ],
  ],

  // random numbers
  dropout: [
    ["bytes", (m) => g.dropout(m.real([3, 5]), m.flags([3, 5], "uint8"), 0.1)],
    [
      "weights, which hold the scale",
      (m) =>
        g.dropout(
          m.real([3, 5]),
          m.fixed([3, 5], (x) => (x > 0.5 ? 0 : 1.5)),
          0.1,
        ),
    ],
    ["nothing dropped", (m) => g.dropout(m.real([4]), m.values([4], [1, 1, 1, 1], "uint8"), 0)],
    ["symbols", (m) => g.dropout(m.real(["B", "n"]), m.flags(["B", "n"], "uint8"), 0.5), threeByTwo],
  ],
  dropoutMask: [
    ["an odd number", (m) => g.dropoutMask(m.values([2], [123456789, -987654321], "int32"), [7, 3], 0.3)],
    ["one", (m) => g.dropoutMask(m.values([2], [0, 0], "int32"), [], 0.999)],
    [
      "of a batch, its key one of several",
      (m) => g.dropoutMask(g.select(m.whole(["B", 2], [-9, 9]), 0, 1), ["B", 40], 0.1),
      { B: 5 },
    ],
    ["nothing dropped", (m) => g.dropoutMask(m.values([2], [1, 2], "int32"), [4], 0)],
  ],

  stopGradient: [
    ["a matrix", (m) => g.stopGradient(m.fixed([3, 5]))],
    ["one value", (m) => g.stopGradient(m.fixed([]))],
    ["symbols", (m) => g.stopGradient(m.fixed(["B", "n"])), threeByTwo],
  ],

  // ranking
  // the largest value is a whole number of steps, and others lie between two of them
  rowSteps: [
    ["two rows", (m) => g.rowSteps(m.values([2, 3], [64, 1.3, -2.75, 0.1, -6.4, 0.23]), 64)],
    ["zeros", (m) => g.rowSteps(m.values([2, 2], [0, 0, 3, -1]), 64)],
    ["symbols", (m) => g.rowSteps(m.fixed(["B", "n"]), 127), threeByTwo],
  ],
  sortRows: [
    ["odd sizes", (m) => g.sortRows(m.fixed([3, 5]))],
    ["ties and a lowest number", (m) => g.sortRows(m.values([2, 3], [1, 2, 1, -3e38, 0, -3e38]))],
    ["symbols", (m) => g.sortRows(m.fixed(["B", "n"])), threeByTwo],
    ["one value", (m) => g.sortRows(m.fixed([4, 1]))],
  ],
  cumulativeSum: [
    ["odd sizes", (m) => g.cumulativeSum(m.real([3, 5]))],
    ["reversed", (m) => g.cumulativeSum(m.real([2, 3, 4]), { reverse: true })],
    ["one value", (m) => g.cumulativeSum(m.real([4, 1]))],
    ["symbols", (m) => g.cumulativeSum(m.real(["B", "n"])), threeByTwo],
  ],
  topKPlaces: [
    ["three of five", (m) => g.topKPlaces(m.fixed([2, 5]), m.values([1], [1], "bool"), 3)],
    ["ties", (m) => g.topKPlaces(m.values([2, 4], [1, 2, 2, 2, 5, 5, 1, 5]), m.values([1], [1], "bool"), 2)],
    ["fewer allowed than asked for", (m) => g.topKPlaces(m.fixed([2, 4]), m.values([4], [0, 1, 0, 0], "bool"), 2)],
    ["symbols", (m) => g.topKPlaces(m.fixed(["B", "K"]), m.flags(["B", "K"]), "K"), { B: 2, K: 3 }],
  ],
  topKMask: [
    ["two of five", (m) => topK(m, m.fixed([3, 5]), m.values([1], [1], "bool"), m.values([1], [2], "int32"), 2)],
    [
      "ties across the border",
      (m) =>
        topK(
          m,
          m.values([3, 4], [1, 2, 2, 2, 5, 5, 1, 5, 0, 3, 0, 0]),
          m.values([1], [1], "bool"),
          m.values([3, 1], [2, 2, 3], "int32"),
          3,
        ),
    ],
    [
      "equal scores",
      (m) => topK(m, m.values([2, 5], Array(10).fill(0.5)), m.values([1], [1], "bool"), m.values([2, 1], [1, 4], "int32"), 4),
    ],
    ["one key", (m) => topK(m, m.fixed([3, 1]), m.values([3, 1], [1, 0, 1], "bool"), m.values([1], [1], "int32"), 1)],
    [
      "no key allowed in the middle row, whose k is 0",
      (m) =>
        topK(
          m,
          m.fixed([3, 4]),
          m.values([3, 4], [1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0], "bool"),
          m.values([3, 1], [2, 0, 2], "int32"),
          3,
        ),
    ],
    [
      "no key allowed, whose k is 1",
      (m) => topK(m, m.fixed([2, 3]), m.values([2, 1], [0, 1], "bool"), m.values([1], [1], "int32"), 3),
    ],
    [
      "a fed bound, and padding",
      (m) =>
        g.topKMask(
          m.fixed(["B", 2, "n", "n"]),
          m.values(["B", 1, 1, "n"], [1, 1, 1, 1, 1, 0], "bool"),
          m.values(["B", 1, 1, 1], [2, 1], "int32"),
          m.values([1], [2], "int64"),
        ),
      { B: 2, n: 3 },
    ],
    ["all of the allowed", (m) => topK(m, m.fixed([2, 4]), m.values([4], [1, 0, 1, 1], "bool"), m.values([1], [3], "int32"), 4)],
  ],
};

const LOWEST = -3.4028234663852886e38;

/** The blocks of 5 tokens, two a block, for each block of queries of two heads. */
const IN_ORDER = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];

/** Two heads of width 3; each block of `size` queries reads two blocks of keys, those behind the last token removed. */
function blocks(
  m: Maker,
  kind: "real" | "fixed",
  options: {
    readonly n: g.Dim;
    readonly size?: number;
    readonly N?: g.Dim;
    readonly K?: g.Dim;
    readonly ids?: readonly number[];
    readonly perPair?: boolean;
    readonly dropout?: boolean | "of all pairs";
    readonly together?: number;
    readonly recompute?: boolean;
  },
): Node {
  const { n, size = 2, perPair = false } = options;
  const tokens = typeof n === "number" ? n : 5;
  const count = Math.ceil(tokens / size);
  const ids = options.ids ?? Array.from({ length: 2 * count * 2 }, (_, at) => (at + (at >> 2)) % count);
  const slots = ids.length / 2 / count;
  const { N = count, K = slots } = options;
  const keys = g.product([K, size]);
  const [heads, rows] = perPair ? [2, size] : [1, 1];
  // a bias that all heads share may remove by place only: the key behind the last token is the second of the last block
  const removed = (at: number): boolean => {
    const width = slots * size;
    const slot = at % width;
    const block = Math.floor(at / width / rows) % count;
    const head = Math.floor(at / width / rows / count);
    const isBehind = (h: number): boolean =>
      ids[(h * count + block) * slots + Math.floor(slot / size)] * size + (slot % size) >= tokens;
    return perPair ? isBehind(head) : isBehind(0) || isBehind(1);
  };
  const biases = Array.from({ length: heads * count * rows * slots * size }, (_, at) =>
    removed(at) ? LOWEST : perPair ? Math.fround(Math.sin(at)) : 0,
  );
  const [q, k, v] = ["q", "k", "v"].map(() => m[kind]([1, 2, n, 3]));
  const listed = m.values([1, 2, N, K], ids, "int32");
  const bias = m.values([1, heads, N, rows, keys], biases);
  const ofMask = options.dropout === "of all pairs" ? [1, 2, n, n] : [1, 2, N, size, keys];
  const dropout = options.dropout ? { mask: m.flags(ofMask, "uint8"), probability: 0.25 } : null;
  const { together, recompute = false } = options;
  const grouped = { ...(together !== undefined && { together, groups: count / together }), recompute };
  return g.blockAttention({ q, k, v, ids: listed, bias, dropout }, { size, scale: 0.7, ...grouped });
}

/** The gradient node of an attention for its queries, or for its keys or values. */
function gradientOf(attention: Node, m: Maker, part?: "k" | "v"): Node {
  const [q, k, v] = opRecord("blockAttention").gradient!(attention, m.fixed(attention.shape)) as Node[];
  return { k, v, q }[part ?? "q"];
}

const doubled = (a: Node, b: Node): Node => g.stack([a, b, a]);

function topK(_: Maker, scores: Node, allowed: Node, k: Node, largest: number): Node {
  return g.topKMask(scores, allowed, k, g.constant([largest], [1], "int64"));
}

function makeCase(op: string, at: number, [title, build, bindings = {}]: Entry): OpCase {
  const id = `${op}.${at}`;
  const make = new Maker(id, bindings);
  const output = build(make);
  const { targets } = make;
  const upstream = output.dtype === "float" && targets.length > 0 ? make.fixed(output.shape) : null;
  return { name: `${id} ${title}`, op, output, targets, upstream, feeds: make.feeds, bindings };
}

/** All cases, at least three for each operator. */
export const cases: readonly OpCase[] = Object.entries(table).flatMap(([op, entries]) =>
  entries.map((entry, at) => makeCase(op, at, entry)),
);

/** Gradients of Σ r ∘ output for the case's targets; none where nothing is differentiable. */
export function gradientsOf({ output, targets, upstream }: OpCase): Node[] {
  return upstream ? g.gradients(g.sumAll(g.mul(upstream, output)), targets) : [];
}
