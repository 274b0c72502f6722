import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { normalFill } from "../random/index.ts";
import { Arena, createKernels } from "./index.ts";

interface Case {
  shape: number[];
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  scale: number;
  before: number[];
  gradients: number[][];
  params: number[][];
  m: number[];
  v: number[];
}

const fixture = JSON.parse(readFileSync(new URL("../../test/fixtures/adamw.json", import.meta.url), "utf8")) as { cases: Case[] };

/** Norm of the difference over the norm of what is expected. */
function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  const difference = expected.reduce((sum, x, i) => sum + (got[i] - x) ** 2, 0);
  return Math.sqrt(difference / expected.reduce((sum, x) => sum + x * x, 0));
}

function allocate(arena: Arena, count: number) {
  const [param, grad, m, v] = ["param", "grad", "m", "v"].map((name) => arena.allocateF32(name, count));
  const arrays = { param: param.pointer, grad: grad.pointer, m: m.pointer, v: v.pointer, count };
  return { param, grad, m, v, arrays };
}

describe("adamw against torch.optim.AdamW over ten steps", () => {
  for (const c of fixture.cases) {
    test(`[${c.shape}], decay ${c.weight_decay}, gradient scale ${c.scale.toPrecision(3)}`, () => {
      const arena = new Arena({ bytes: 2 ** 16 });
      const kernels = createKernels(arena);
      const { param, grad, m, v, arrays } = allocate(arena, c.before.length);
      param.array.set(c.before);
      c.gradients.forEach((gradient, i) => {
        grad.array.set(gradient);
        kernels.adamw(arrays, {
          learningRate: (c.lr * (i + 1)) / c.gradients.length,
          beta1: c.betas[0],
          beta2: c.betas[1],
          eps: c.eps,
          weightDecay: c.weight_decay,
          step: i + 1,
          gradientScale: c.scale,
        });
        const off = distance(param.array, c.params[i]);
        assert.ok(off <= 1e-6, `step ${i + 1}: ${off}`);
        // Elementwise too, against the larger of the value and the path it came by.
        c.params[i].forEach((expected, j) => {
          const size = Math.max(Math.abs(expected), Math.abs(c.before[j]));
          assert.ok(Math.abs(param.array[j] - expected) <= 1e-6 * size, `step ${i + 1}, element ${j}`);
        });
        assert.deepEqual(grad.array, Float32Array.from(gradient), "the gradient is only read");
      });
      assert.ok(distance(m.array, c.m) <= 1e-6);
      assert.ok(distance(v.array, c.v) <= 1e-6);
    });
  }

  test("the fixture holds decay, scaled gradients and odd counts", () => {
    assert.ok(fixture.cases.some((c) => c.weight_decay > 0) && fixture.cases.some((c) => c.weight_decay === 0));
    assert.ok(fixture.cases.some((c) => c.scale !== 1) && fixture.cases.some((c) => c.before.length % 4 === 3));
  });
});

const step = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, step: 3, gradientScale: 0.5 };

test("an element's update does not depend on its place: vector body and tail agree bit for bit", () => {
  const arena = new Arena({ bytes: 2 ** 16 });
  const kernels = createKernels(arena);
  const whole = allocate(arena, 23);
  const single = allocate(arena, 1);
  for (const name of ["param", "grad", "m", "v"] as const) normalFill(whole[name].array, { seed: 1, step: 0, site: name });
  for (let i = 0; i < 23; i++) whole.v.array[i] **= 2;
  const before = (["param", "grad", "m", "v"] as const).map((name) => whole[name].array.slice());
  kernels.adamw(whole.arrays, step);
  for (let i = 0; i < 23; i++) {
    (["param", "grad", "m", "v"] as const).forEach((name, j) => {
      single[name].array[0] = before[j][i];
    });
    kernels.adamw(single.arrays, step);
    for (const name of ["param", "m", "v"] as const) assert.equal(single[name].array[0], whole[name].array[i]);
  }
  kernels.adamw({ ...whole.arrays, count: 0 }, step);
});

test("a NaN gradient reaches the parameter instead of being hidden", () => {
  const arena = new Arena({ bytes: 2 ** 16 });
  const { param, grad, arrays } = allocate(arena, 6);
  grad.array.set([0, Number.NaN, 0, 0, 0, Number.NaN]);
  createKernels(arena).adamw(arrays, step);
  assert.deepEqual(param.array, Float32Array.of(0, Number.NaN, 0, 0, 0, Number.NaN));
});
