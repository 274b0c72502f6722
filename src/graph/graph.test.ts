import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as g from "./index.ts";
import {
  bindDim,
  bindShape,
  bindSome,
  type Dim,
  definitions,
  input,
  type Node,
  parameter,
  plus,
  printGraph,
  product,
  showNode,
  topological,
  verify,
} from "./index.ts";

const x = parameter("x", [3]);

describe("dimensions", () => {
  test("product spells equal products equally", () => {
    assert.equal(product(["n", 2, "B"]), "2*B*n");
    assert.equal(product([product(["B", "n"]), product([2, "B"])]), "2*B*B*n");
    assert.equal(product([product([2, "n"]), "B"]), product(["n", product(["B", 2])]));
  });
  test("product of numbers is a number; 1 disappears, 0 wins, nothing is 1", () => {
    assert.deepEqual([product([2, 3]), product([1, "n"]), product(["n", 0]), product([])], [6, "n", 0, 1]);
  });
  test("sums are multiplied out, and spelled one way", () => {
    assert.deepEqual([plus(["past", "n"]), plus(["n", 1, "n", 2]), plus([]), plus([2, 3])], ["n+past", "2*n+3", 0, 5]);
    assert.equal(product(["n+1", "B"]), "B+B*n");
    assert.equal(product(["n+1", "n+1"]), "2*n+n*n+1");
    assert.equal(product([2, plus(["n", "past"])]), plus([product([2, "past"]), "n", "n"]));
    assert.equal(product([plus(["n", "past"]), 0]), 0);
  });
  test("equal dimensions have one spelling, and bind to one number, however they were put together", () => {
    const leaves: readonly Dim[] = ["B", "n", "past", 0, 1, 3];
    const bindings = { B: 2, n: 5, past: 7 };
    const value = (dim: Dim): number => bindDim(dim, bindings);
    for (const a of leaves) {
      for (const b of leaves) {
        for (const c of leaves) {
          assert.equal(product([plus([a, b]), c]), plus([product([c, a]), product([b, c])]));
          assert.equal(plus([plus([a, b]), c]), plus([c, plus([b, a])]));
          const mixed = plus([product([plus([a, b]), plus([b, c])]), a]);
          assert.equal(value(mixed), (value(a) + value(b)) * (value(b) + value(c)) + value(a));
          assert.equal(plus([mixed]), mixed);
          const some = bindSome(mixed, { n: 5 });
          assert.ok(!String(some).includes("n"));
          assert.equal(value(some), value(mixed));
          assert.doesNotThrow(() => input("x", [mixed]));
        }
      }
    }
  });
  test("symbols follow from dimensions: those that stand alone, multiples of one, sums with one unknown", () => {
    assert.deepEqual(definitions(["n+past", "16*nb", "n", 3]), [
      { symbol: "n", at: 2, factor: 1, rest: 0 },
      { symbol: "past", at: 0, factor: 1, rest: "n" },
      { symbol: "nb", at: 1, factor: 16, rest: 0 },
    ]);
    assert.deepEqual(definitions(["B*n", "n+past", "B*n+n"]), []);
    assert.deepEqual(definitions(["2*n+past+1", "past"])[1], { symbol: "n", at: 0, factor: 2, rest: "past+1" });
  });
  test("bindShape puts numbers for symbols, in products too", () => {
    assert.deepEqual(bindShape(["B", 4, "2*B*n"], { B: 3, n: 5 }), [3, 4, 30]);
  });
  test("a derived symbol follows from another, unless it is bound itself", () => {
    const halves = g.derived("halvesOfTest", "n", (n) => Math.ceil(n / 2));
    assert.equal(bindDim(product([halves, 3]), { n: 5 }), 9);
    assert.equal(bindDim(halves, { n: 5, halvesOfTest: 4 }), 4);
    assert.throws(() => bindDim(halves, { B: 2 }), { code: "graph/unbound-symbol" });
    assert.equal(
      g.derived("halvesOfTest", "n", (n) => Math.ceil(n / 2)),
      halves,
    );
    assert.throws(() => g.derived("halvesOfTest", "n", (n) => Math.floor(n / 2)), {
      code: "graph/shape",
      message: "derived: expected halvesOfTest to stand for one function, got another one under the same name.",
    });
  });
  test("an unbound symbol is named", () => {
    assert.throws(() => bindShape(["B*n"], { B: 3 }), {
      code: "graph/unbound-symbol",
      message: 'bind: expected a value for dimension n, got {"B":3}.',
    });
  });
});

describe("topological", () => {
  test("gives inputs before users, each node once", () => {
    const y = g.exp(x);
    const z = g.add(g.mul(y, y), y);
    assert.deepEqual(
      topological([z, y]).map(({ op }) => op),
      ["parameter", "exp", "mul", "add"],
    );
  });
  test("takes a graph of 100,000 nodes in a row", () => {
    let deep: Node = x;
    for (let i = 0; i < 100_000; i++) deep = g.neg(deep);
    assert.equal(topological([deep]).length, 100_001);
  });
});

describe("verify", () => {
  test("passes what the builders made, and returns it in order", () => {
    const y = g.sumAll(g.exp(x));
    assert.deepEqual(verify([y]), topological([y]));
  });
  test("names a node whose shape or dtype is not what its rule says", () => {
    const wrong = g.exp({ ...g.neg(x), shape: [1] });
    assert.throws(() => verify([wrong]), {
      code: "graph/invalid",
      message: "neg : float [1]: expected float [3], got float [1].",
    });
    assert.throws(() => verify([{ ...g.neg(x), dtype: "int32" }]), { code: "graph/invalid" });
  });
  test("names two inputs of one name; one input twice is fine", () => {
    assert.throws(() => verify([g.add(x, input("x", [3]))]), { message: "x: expected one node of that name, got two." });
    assert.doesNotThrow(() => verify([g.add(x, x)]));
  });
});

describe("printing", () => {
  test("a node shows its attributes, name, dtype and shape", () => {
    const m = g.matmul(parameter("q", ["B", "n", 4]), parameter("k", ["B", "n", 4]), { transB: true, alpha: 0.5 });
    assert.equal(showNode(m), "matmul {transB, alpha=0.5} : float [B, n, n]");
    assert.equal(showNode(g.transpose(m, [0, 2, 1])), "transpose {perm=[0, 2, 1]} : float [B, n, n]");
    assert.equal(showNode(input("ids", [], "int32")), "input ids : int32 []");
  });
  test("a long constant is cut", () => {
    assert.equal(showNode(g.constant(Array(100).fill(1), [100])), "constant {values=[1, 1, 1, 1, … 100]} : float [100]");
  });
  test("a graph is one node a line, inputs by number, then its outputs", () => {
    const y = g.mul(x, x);
    assert.equal(
      printGraph({ y, loss: g.sumAll(y) }),
      "%0 = parameter x : float [3]\n%1 = mul %0 %0 : float [3]\n%2 = sumTo %1 : float []\ny = %1\nloss = %2",
    );
  });
});
