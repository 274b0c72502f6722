import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { defaultOptions } from "../options.ts";
import { HostState } from "./host-state.ts";
import { gradientNorm, update } from "./update.ts";

interface Case {
  maxGradNorm: number;
  before: number[][];
  norm: number;
  after: number[][];
}
// scripts/make-training-fixture.py
const file = new URL("../../../test/fixtures/training.json", import.meta.url);
const { clipping } = JSON.parse(readFileSync(file, "utf8")) as { clipping: Case[] };

function stateOf(gradients: readonly (readonly number[])[]): HostState {
  const parameters = gradients.map(({ length }, i) => ({ name: `p${i}`, shape: [length], decay: false, trainable: true }));
  const values = new Map(parameters.map(({ name, shape }) => [name, new Float32Array(shape[0])]));
  const state = new HostState(parameters, values);
  state.trained.forEach(({ gradient }, i) => {
    gradient.array.set(gradients[i]);
  });
  return state;
}

describe("clipping against torch.nn.utils.clip_grad_norm_", () => {
  for (const { maxGradNorm, before, norm, after } of clipping) {
    test(`to ${maxGradNorm}, from ${norm.toPrecision(3)}`, async () => {
      const state = stateOf(before);
      const got = gradientNorm(state, 0);
      assert.ok(Math.abs(got / norm - 1) < 1e-6, `${got}`);
      // with beta1 = 0 the first moment is the gradient as AdamW sees it
      await update(state, { ...defaultOptions, maxGradNorm, adamBeta1: 0 }, { norm: got, step: 0, learningRate: 0 });
      state.trained.forEach(({ m }, i) => {
        after[i].forEach((expected, j) => {
          assert.ok(Math.abs(m.array[j] - expected) <= 2e-6 * Math.abs(expected), `${m.array[j]} and ${expected}`);
        });
      });
    });
  }
  test("0 turns clipping off", async () => {
    const state = stateOf([[30, 40]]);
    await update(state, { ...defaultOptions, maxGradNorm: 0, adamBeta1: 0 }, { norm: 50, step: 0, learningRate: 0 });
    assert.deepEqual([...state.trained[0].m.array], [30, 40]);
  });
});

test("weight decay reaches only the parameters that are marked", async () => {
  const parameters = ["decayed", "plain"].map((name) => ({ name, shape: [1], decay: name === "decayed", trainable: true }));
  const state = new HostState(parameters, new Map(parameters.map(({ name }) => [name, Float32Array.of(1)])));
  await update(state, { ...defaultOptions, weightDecay: 0.5 }, { norm: 0, step: 0, learningRate: 0.5 });
  assert.deepEqual(
    [...(await state.snapshot()).values()].map(([value]) => value),
    [0.75, 1],
  );
});

describe("gradients that are no numbers", () => {
  test("are named with update, parameter and checkpoint", () => {
    const state = stateOf([[1], [1, Number.NaN], [Infinity]]);
    assert.throws(() => gradientNorm(state, 6, "runs/checkpoint-5.crisp"), {
      code: "training/not-finite",
      message:
        "training, update 7: expected finite gradients, got NaN in the gradient of p1. Lower --learning_rate, or raise --warmup_steps. " +
        "The last checkpoint, runs/checkpoint-5.crisp, is from before.",
      details: { step: 7, parameter: "p1", checkpoint: "runs/checkpoint-5.crisp" },
    });
  });
  test("infinity too; the largest float32 is still a number", () => {
    assert.throws(() => gradientNorm(stateOf([[-Infinity]]), 0), { message: /got -Infinity in the gradient of p0\. / });
    const largest = 3.4028234663852886e38;
    assert.equal(gradientNorm(stateOf([[largest, 0]]), 0), largest);
  });
});
