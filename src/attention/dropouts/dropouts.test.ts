import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  constant,
  type DropoutMask,
  gradients,
  input,
  maskedSoftmax,
  mul,
  parameter,
  type Shape,
  sumAll,
} from "../../graph/index.ts";
import { interpret } from "../../runtime/index.ts";
import { dropoutOf, dropouts } from "./dropouts.ts";

interface Case {
  readonly kind: string;
  readonly heads: number;
  readonly n: number;
  readonly scores: readonly number[];
  readonly mask: readonly number[];
  readonly upstream: readonly number[];
  readonly weights: readonly number[];
  readonly gradient: readonly number[];
}
const cases = (JSON.parse(readFileSync("test/fixtures/dropouts.json", "utf8")) as { dropAttention: readonly Case[] })
  .dropAttention;

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, at) => Math.abs(value - b[at])));

describe("DropAttention", () => {
  for (const { kind, heads, n, scores, mask, upstream, weights, gradient } of cases) {
    test(`${kind} of ${heads} × ${n} × ${n}: PyTorch's weights and gradients with the mask that is given`, () => {
      const shape: Shape = ["B", heads, n, n];
      const asked: Shape[] = [];
      const maskOf = (of: Shape): DropoutMask => {
        asked.push(of);
        return { mask: input("mask", of, "uint8"), probability: 0.3 };
      };
      const z = parameter("scores", shape);
      const made = dropouts[kind].apply(maskedSoftmax(z, constant(1, [1], "bool")), maskOf);
      const [ofScores] = gradients(sumAll(mul(made, input("upstream", shape))), [z]);
      const out = interpret({ made, ofScores }, { scores, mask, upstream }, { B: 1 });
      assert.equal(asked.length, 1);
      assert.ok(furthest(out.made.data, weights) < 1e-7, String(furthest(out.made.data, weights)));
      assert.ok(furthest(out.ofScores.data, gradient) < 1e-6, String(furthest(out.ofScores.data, gradient)));
      for (let row = 0; row < heads * n; row++) {
        const sum = out.made.data.subarray(row * n, (row + 1) * n).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - 1) < 1e-12 || sum === 0, `row ${row}: ${sum}`);
      }
    });
  }
  test("the cases hold a row that loses all keys, of elements and of columns", () => {
    for (const kind of ["elements", "columns"]) assert.ok(cases.some((one) => one.kind === kind && one.weights.includes(0)));
  });
});

describe("the registry", () => {
  for (const [name, dropout] of Object.entries(dropouts)) {
    test(`${name}: has its name, and is nothing where nothing is dropped`, () => {
      assert.equal(dropout.name, name);
      const probabilities = input("p", ["B", 2, "n", "n"]);
      assert.equal(
        dropout.apply(probabilities, () => null),
        probabilities,
      );
    });
  }
  test("refuses another name", () => {
    assert.equal(dropoutOf().name, "standard");
    assert.throws(() => dropoutOf("column"), {
      code: "pattern/bad-plan",
      message: "attention.dropout: expected one of standard, elements, columns, got column.",
    });
  });
});
