import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../runtime/index.ts";
import { cases } from "./gradient-cases.fixture.ts";
import { checkGradients } from "./gradient-check.fixture.ts";
import {
  abs,
  add,
  broadcastTo,
  cast,
  constant,
  exp,
  gather,
  gradients,
  greater,
  input,
  layerNorm,
  layerNormMoment,
  mul,
  type Node,
  opNames,
  opRecord,
  parameter,
  relu,
  reshape,
  scale,
  sumAll,
  topKMask,
  topological,
} from "./index.ts";

const differentiable = cases.filter(({ upstream }) => upstream);

describe("the cases", () => {
  test("hold at least three for every operator, each ending in it", () => {
    const short = opNames().filter((op) => cases.filter((one) => one.op === op).length < 3);
    assert.deepEqual(short, []);
    for (const { name, op, output } of cases) assert.equal(output.op, op, name);
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  });
  test("differentiate every operator that has a gradient rule, and no other but parameters", () => {
    const ruled = opNames().filter((op) => opRecord(op).gradient);
    const covered = new Set(differentiable.map(({ op }) => op).filter((op) => op !== "parameter"));
    assert.deepEqual([...covered].sort(), ruled.sort());
  });
  test("hold symbols for every operator that takes inputs", () => {
    const fixed = opNames().filter((op) => !cases.some((one) => one.op === op && Object.keys(one.bindings).length > 0));
    assert.deepEqual(fixed, ["constant"]);
  });
});

let worst = { error: 0, name: "" };
for (const subject of differentiable) {
  test(`the gradient of ${subject.name} matches central differences`, () => {
    const error = checkGradients(subject);
    if (error > worst.error) worst = { error, name: subject.name };
  });
}
test("the worst relative error is reported", (t) => {
  t.diagnostic(`worst of ${differentiable.length} cases: ${worst.error.toExponential(1)} (${worst.name})`);
  assert.ok(worst.error > 0, "not even rounding errors: nothing was compared");
});

const numbersOf = (node: Node, feeds: Record<string, number[]> = {}, bindings = {}): number[] => [
  ...interpret({ node }, feeds, bindings).node.data,
];
const x = parameter("x", [3]);
const y = parameter("y", [2, 3]);

describe("gradients", () => {
  test("add up where an input is used twice", () => {
    const [gradient] = gradients(sumAll(mul(x, add(x, x))), [x]);
    assert.deepEqual(numbersOf(gradient, { x: [1, -2, 0.5] }), [4, -8, 2]);
  });
  test("of an unused target are zeros of its own shape, symbols too", () => {
    const unused = parameter("u", ["B", 2]);
    const [a, b] = gradients(sumAll(x), [y, unused]);
    assert.deepEqual(
      [a.shape, numbersOf(a)],
      [
        [2, 3],
        [0, 0, 0, 0, 0, 0],
      ],
    );
    assert.deepEqual(
      [b.shape, numbersOf(b, {}, { B: 1 })],
      [
        ["B", 2],
        [0, 0],
      ],
    );
  });
  test("of the loss itself are 1", () => {
    const loss = sumAll(x);
    assert.deepEqual(numbersOf(gradients(loss, [loss])[0]), [1]);
  });
  test("of a node amid the graph match those of an input there", () => {
    const middle = exp(x);
    const [gradient] = gradients(sumAll(mul(middle, middle)), [middle]);
    assert.deepEqual(
      numbersOf(gradient, { x: [0, 1, 2] }),
      [0, 1, 2].map((value) => 2 * Math.exp(value)),
    );
  });
  test("come in the order of the targets, one of them twice", () => {
    const [a, b, c] = gradients(sumAll(mul(x, scale(y, 2))), [y, x, y]);
    assert.deepEqual([a.shape, b.shape], [y.shape, x.shape]);
    assert.equal(a, c);
  });
  test("cost no node for a frozen parameter", () => {
    const frozen = parameter("frozen", [3]);
    const loss = sumAll(mul(exp(mul(x, frozen)), relu(frozen)));
    const all = topological(gradients(loss, [x, frozen]));
    const one = topological(gradients(loss, [x]));
    const forward = new Set(topological([loss]));
    // up · relu(frozen), times exp(…), times frozen; the upstream spread to [3], and its constant
    assert.deepEqual(
      one.filter((node) => !forward.has(node)).map(({ op }) => op),
      ["constant", "broadcastTo", "mul", "mul", "mul"],
    );
    assert.ok(all.length > one.length);
  });
  test("do not flow through choices and roundings", () => {
    const k = [input("k", [1], "int32"), input("largest", [1], "int64")] as const;
    const chosen = cast(topKMask(x, greater(x, x), ...k), "float");
    const rounded = cast(cast(x, "int32"), "float");
    const [a, b] = gradients(sumAll(add(chosen, rounded)), [x, y]);
    assert.deepEqual(numbersOf(a), [0, 0, 0]);
    assert.deepEqual(b.shape, [2, 3]);
  });
  test("reach a table through ids that a parameter decides", () => {
    const table = parameter("t", [4]);
    const [gradient] = gradients(sumAll(gather(table, cast(x, "int32"))), [table]);
    assert.deepEqual(numbersOf(gradient, { x: [1, 3, 1], t: [0, 0, 0, 0] }), [0, 2, 0, 1]);
  });
  test("of gradients match those of the formula", () => {
    const [first] = gradients(sumAll(exp(mul(x, x))), [x]);
    const [second] = gradients(sumAll(first), [x]);
    const want = [0.1, -0.5, 1].map((v) => (2 + 4 * v * v) * Math.exp(v * v));
    numbersOf(second, { x: [0.1, -0.5, 1] }).forEach((value, i) => {
      assert.ok(Math.abs(value - want[i]) < 1e-13);
    });
  });
  test("are 0 at the kink of relu and abs, as PyTorch has them", () => {
    for (const f of [relu, abs]) {
      const [gradient] = gradients(sumAll(f(x)), [x]);
      assert.deepEqual(numbersOf(gradient, { x: [0, 2, -0] }), [0, 1, 0], f.name);
    }
  });
});

describe("gradients refuse", () => {
  test("a loss that is no scalar, with a next step", () => {
    assert.throws(() => gradients(mul(x, x), [x]), {
      code: "graph/not-scalar",
      message: "gradients: expected a loss of shape [], got [3]. Reduce it first, for example with sumAll(x).",
    });
  });
  test("a loss and targets that are not float", () => {
    const ids = input("ids", [3], "int32");
    const message = "gradients: expected a loss and targets of dtype float, got int32.";
    assert.throws(() => gradients(sumAll(ids), [x]), { code: "graph/dtype", message });
    assert.throws(() => gradients(sumAll(x), [ids]), { code: "graph/dtype", message });
  });
  test("an operator without a rule, naming it", () => {
    const moment = layerNormMoment(layerNorm(reshape(x, [1, 3]), x, x, 1e-5), "mean");
    assert.throws(() => gradients(sumAll(moment), [x]), {
      code: "graph/no-gradient",
      message: "gradients: expected a gradient rule for every operator, got none for layerNormMoment.",
    });
    assert.doesNotThrow(() => gradients(sumAll(mul(moment, y)), [y]));
  });
});

test("broadcastTo of a gradient keeps the target's shape where every axis was summed", () => {
  const [gradient] = gradients(sumAll(broadcastTo(x, [2, 4, 3])), [x]);
  assert.deepEqual([gradient.shape, ...numbersOf(gradient)], [[3], 8, 8, 8]);
});

describe("with checkpoints", () => {
  const w = parameter("w", [3]);
  const layer = (h: Node): Node => mul(exp(mul(h, w)), w);
  const first = layer(x);
  const second = layer(first);
  const kept = [x, first, second];
  const loss = sumAll(layer(second));

  test("gradients are the same, bit for bit, for x of -0 too", () => {
    const feeds = { x: [-0, 0.3, -1.7], w: [0.4, -0.9, 0.2] };
    const [plain, again] = [gradients(loss, [x, w]), gradients(loss, [x, w], { checkpoints: kept })];
    for (const i of [0, 1]) assert.deepEqual(numbersOf(again[i], feeds), numbersOf(plain[i], feeds));
  });
  test("a gradient that overflows changes nothing of what is computed again", () => {
    const huge = mul(loss, constant(1.7e308));
    const feeds = { x: [1, 2, 3], w: [1, 1, 1] };
    const [plain, again] = [gradients(huge, [w]), gradients(huge, [w], { checkpoints: kept })];
    assert.ok(!Number.isFinite(numbersOf(plain[0], feeds)[0]));
    assert.deepEqual(numbersOf(again[0], feeds), numbersOf(plain[0], feeds));
  });
  test("what lies behind the last one, and before the first, is not computed again", () => {
    const exps = (checkpoints: readonly Node[]): number =>
      topological([loss, ...gradients(loss, [w], { checkpoints })]).filter(({ op }) => op === "exp").length;
    assert.deepEqual([exps([]), exps([x]), exps([x, first]), exps(kept), exps([second])], [3, 3, 4, 5, 3]);
  });
  test("a node that reads a value from before its checkpoint reads the kept one", () => {
    const side = exp(x);
    const skipping = sumAll(exp(mul(exp(add(exp(mul(first, w)), side)), w)));
    const feeds = { x: [0.1, 0.3, -0.7], w: [0.4, -0.9, 0.2] };
    const middle = skipping.inputs[0].inputs[0].inputs[0];
    const [plain, again] = [[], [first, middle]].map((checkpoints) => gradients(skipping, [x, w], { checkpoints }));
    for (const i of [0, 1]) assert.deepEqual(numbersOf(again[i], feeds), numbersOf(plain[i], feeds));
    assert.equal(topological(again).filter((node) => node.op === "exp" && node.inputs[0] === x).length, 1);
  });
});
