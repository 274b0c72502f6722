import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gradients, input, parameter, sumAll } from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { activations, dropped, Parameters } from "./layers.ts";

// transformers.activations.ACT2FN in float64 (transformers 5.23, torch 2.13): values, then derivatives.
const points = [-3, -1, -0.1, 0, 0.5, 2];
const published: Readonly<Record<keyof typeof activations, readonly [readonly number[], readonly number[]]>> = {
  gelu: [
    [-0.004049694095, -0.158655253931, -0.046017216272, 0, 0.345731230637, 1.954499736104],
    [-0.011945647204, -0.083315470588, 0.420476907975, 0.5, 0.867495124656, 1.085231801078],
  ],
  gelu_new: [
    [-0.003637392082, -0.158808009392, -0.046017248955, 0, 0.345714009825, 1.954597694088],
    [-0.011584166631, -0.082964083846, 0.420478210728, 0.5, 0.867369903535, 1.086099256624],
  ],
  relu: [
    [0, 0, 0, 0, 0.5, 2],
    [0, 0, 0, 0, 1, 1],
  ],
  silu: [
    [-0.142277619533, -0.26894142137, -0.047502081252, 0, 0.311229665601, 1.761594155956],
    [-0.088104106015, 0.072329488129, 0.450083208502, 0.5, 0.739961187303, 1.090784248785],
  ],
  tanh: [
    [-0.995054753687, -0.761594155956, -0.099667994625, 0, 0.46211715726, 0.964027580076],
    [0.009866037165, 0.419974341614, 0.990066290847, 1, 0.786447732966, 0.070650824853],
  ],
};

describe("activations have PyTorch's values and derivatives", () => {
  for (const name of Object.keys(activations) as (keyof typeof activations)[]) {
    test(name, () => {
      const x = parameter("x", [6]);
      const value = activations[name](x);
      const out = interpret({ value, slope: gradients(sumAll(value), [x])[0] }, { x: points });
      for (const [got, want] of [
        [out.value.data, published[name][0]],
        [out.slope.data, published[name][1]],
      ])
        want.forEach((number, i) => {
          assert.ok(Math.abs(got[i] - number) <= 1e-10, `at ${points[i]}: got ${got[i]}, want ${number}`);
        });
    });
  }
});

test("a parameter that is used twice is one node, listed where it was used first", () => {
  const parameters = new Parameters();
  const x = input("x", ["T", 2]);
  parameters.linear(parameters.layerNorm(parameters.linear(x, "a", 2, 3), "norm", 3, 1e-5), "b", 3, 2);
  assert.equal(parameters.get("a.weight", [3, 2]), parameters.all[0]);
  assert.deepEqual(
    parameters.all.map(({ attrs, shape }) => `${attrs.name} ${shape.join("×")}`),
    ["a.weight 3×2", "a.bias 3", "norm.weight 3", "norm.bias 3", "b.weight 2×3", "b.bias 2"],
  );
});

test("without a bias there is no such parameter, and nothing is added", () => {
  const parameters = new Parameters();
  const x = input("x", [2, 3]);
  const outputs = {
    linear: parameters.linear(x, "a", 3, 2, { bias: false }),
    norm: parameters.layerNorm(x, "norm", 3, 1e-5, { bias: false }),
  };
  assert.deepEqual(
    parameters.all.map(({ attrs }) => attrs.name),
    ["a.weight", "norm.weight"],
  );
  assert.deepEqual([...parameters.norms], ["norm.weight"]);
  const feeds = { x: [1, 2, 3, -4, 0, 4], "a.weight": [1, 0, 2, 0, 1, -1], "norm.weight": [1, 2, 3] };
  const { linear, norm } = interpret(outputs, feeds);
  assert.deepEqual([...linear.data], [7, -1, 4, -4]);
  const spread = [Math.sqrt(2 / 3 + 1e-5), Math.sqrt(32 / 3 + 1e-5)];
  const want = [-1 / spread[0], 0, 3 / spread[0], -4 / spread[1], 0, 12 / spread[1]];
  for (const [at, value] of want.entries()) assert.ok(Math.abs(norm.data[at] - value) < 1e-12);
});

test("without dropout nothing is multiplied", () => {
  const x = input("x", [2]);
  assert.equal(dropped(x, null), x);
  assert.equal(dropped(x, { mask: input("mask", [2], "uint8"), probability: 0.1 }).op, "dropout");
});
