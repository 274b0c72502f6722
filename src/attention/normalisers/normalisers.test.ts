import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { interpret } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { FedView } from "../patterns/made-up-heads.fixture.ts";
import { built, cases, feedsOf, furthest, normalisersContract } from "./normalisers.contract.ts";
import { isSoftmax, normaliserOf, normalisers } from "./normalisers.ts";

normalisersContract("ONNX Runtime", () => createRuntime({ threads: 1 }));
normalisersContract("ONNX Runtime, WebAssembly", () => createRuntime({ device: "wasm", threads: 1 }));

for (const [name, normaliser] of Object.entries(normalisers)) {
  describe(`the normaliser ${name}`, () => {
    const view = new FedView({ heads: 1, layer: 0 });
    const nodes = built(normaliser, view);

    test("has the name it is registered by", () => assert.equal(normaliser.name, name));
    test("gives the probabilities and gradients of the package entmax in float64", () => {
      assert.ok(cases.length > 20);
      for (const [at, one] of cases.entries()) {
        const { batch, feeds } = feedsOf(one, view);
        const exact = interpret(nodes, feeds, batch.bindings);
        for (const key of ["probabilities", "gradient"] as const) {
          const want = one[name][key];
          assert.ok(furthest(exact[key].data, want) < 1e-12, `case ${at}, ${key}: ${furthest(exact[key].data, want)}`);
        }
      }
    });
    test("has the gradient of central differences", () => {
      const { batch, feeds } = feedsOf(cases[13], view);
      const rows = Array.from(feeds.rows);
      const loss = (values: readonly number[]): number => {
        const { data } = interpret(nodes, { ...feeds, rows: values }, batch.bindings).probabilities;
        return data.reduce((sum, p, at) => sum + p * feeds.upstream[at], 0);
      };
      const { data } = interpret(nodes, feeds, batch.bindings).gradient;
      assert.ok(data.some((value) => Math.abs(value) > 0.01));
      const numeric = rows.map((x, at) => (loss(rows.with(at, x + 1e-6)) - loss(rows.with(at, x - 1e-6))) / 2e-6);
      assert.ok(furthest(data, numeric) < 1e-8, String(furthest(data, numeric)));
    });
  });
}

test("the registry's default is the softmax, and another name is refused", () => {
  assert.deepEqual([isSoftmax(), isSoftmax("softmax"), isSoftmax("sparsemax")], [true, true, false]);
  assert.throws(() => normaliserOf("entmax"), {
    code: "pattern/bad-plan",
    message: "attention.normaliser: expected one of softmax, sparsemax, entmax15, got entmax.",
  });
});
