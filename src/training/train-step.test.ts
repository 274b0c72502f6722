import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  add,
  type FedInput,
  gather,
  gradients,
  input,
  matmul,
  mul,
  type Node,
  parameter,
  product,
  reshape,
  scale,
  sumAll,
  tanh,
} from "../graph/index.ts";
import { dropoutMaskReference, dropoutRate, foldKey } from "../random/index.ts";
import { createReferenceRuntime, interpret, type Runtime } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { gradientNorm, learningRateAt, resolveOptions, TrainStep, update } from "./index.ts";
import { type TinyContext, TOKENS, tinyBatches, tinyGraph, tinyParameters, tinyStep, tinyValues } from "./tiny-task.fixture.ts";

const runtimes: Record<string, Runtime> = {
  reference: createReferenceRuntime(),
  "ONNX Runtime": await createRuntime({ threads: 1 }),
};
const batches = tinyBatches();
const contextOf = (batch: number, lossDivisor = batches.size(0, batch)): TinyContext =>
  batches.context(0, batch, { step: 0, lossDivisor });

function gradientsOf({ state }: Pick<TrainStep<TinyContext>, "state">): Map<string, number[]> {
  return new Map(state.trained.map(({ name, gradient }) => [name, [...gradient.array]]));
}

function assertClose(
  got: ReadonlyMap<string, readonly number[]>,
  expected: ReadonlyMap<string, ArrayLike<number>>,
  within: number,
) {
  assert.deepEqual([...got.keys()], [...expected.keys()]);
  for (const [name, values] of expected) {
    const [a, b] = [got.get(name)!, Array.from(values)];
    assert.equal(a.length, b.length);
    const size = Math.max(...b.map(Math.abs));
    assert.ok(size > 0, `${name} is all zeros, so that the test would say nothing`);
    b.forEach((x, i) => {
      assert.ok(Math.abs(a[i] - x) <= within * size, `${name}[${i}]: ${a[i]} and ${x}`);
    });
  }
}

for (const [where, runtime] of Object.entries(runtimes)) {
  describe(`training step on ${where}`, () => {
    test("twelve updates are those of PyTorch: embedding, warm-up, decay groups, clipping", async () => {
      const file = new URL("../../test/fixtures/training.json", import.meta.url);
      const { training } = JSON.parse(readFileSync(file, "utf8")); // scripts/make-training-fixture.py
      const values = new Map(
        Object.entries(training.before as Record<string, number[]>).map(([k, v]) => [k, Float32Array.from(v)]),
      );
      const step = await tinyStep(runtime, { values });
      const options = resolveOptions(training.options);
      const total = training.batches.length;
      for (const [at, { ids, labels }] of training.batches.entries()) {
        const context: TinyContext = {
          bindings: { B: labels.length },
          ids: Int32Array.from(ids),
          labels: Int32Array.from(labels),
          lossDivisor: labels.length,
        };
        const loss = await step.run([context], { seed: 0, step: at });
        const norm = gradientNorm(step.state, at);
        assert.ok(Math.abs(loss - training.losses[at]) < 2e-6, `update ${at}: loss ${loss} and ${training.losses[at]}`);
        assert.ok(Math.abs(norm / training.norms[at] - 1) < 1e-5, `update ${at}: norm ${norm} and ${training.norms[at]}`);
        update(step.state, options, { norm, step: at, learningRate: learningRateAt(options, at, total) });
      }
      const after = new Map([...step.state.values()].map(([name, array]) => [name, [...array]]));
      assertClose(after, new Map(Object.entries(training.after as Record<string, number[]>)), 1e-5);
    });

    test("two batches of 16 give the gradients of one of 32", async () => {
      const source = tinyBatches({ examples: 32, batchSize: 32 });
      const halves = tinyBatches({ examples: 32, batchSize: 16 });
      const step = await tinyStep(runtime);
      const whole = await step.run([source.context(0, 0, { step: 0, lossDivisor: 32 })], { seed: 1, step: 0 });
      const expected = gradientsOf(step);
      const parts = [0, 1].map((batch) => halves.context(0, batch, { step: 0, lossDivisor: 32 }));
      const summed = await step.run(parts, { seed: 1, step: 0 });
      assert.ok(Math.abs(whole - summed) <= 1e-6, `${whole} and ${summed}`);
      assertClose(gradientsOf(step), expected, 1e-6);
    });

    test("gradients do not add up over updates", async () => {
      const step = await tinyStep(runtime);
      await step.run([contextOf(1)], { seed: 1, step: 0 });
      await step.run([contextOf(0)], { seed: 1, step: 1 });
      const second = gradientsOf(step);
      const fresh = await tinyStep(runtime);
      await fresh.run([contextOf(0)], { seed: 1, step: 1 });
      assert.deepEqual(second, gradientsOf(fresh));
    });

    test("memory does not grow with the updates", async () => {
      const step = await tinyStep(runtime, { dropout: 0.5 });
      const used = step.state.arena.used;
      for (let at = 0; at < 5; at++) await step.run([contextOf(0), contextOf(1)], { seed: 1, step: at });
      assert.equal(step.state.arena.used, used);
    });

    test("frozen parameters stay without arrays of their own, and the others' gradients are the same", async () => {
      const parameters = tinyParameters.map((p) => ({ ...p, trainable: p.name === "w2" || p.name === "b1" }));
      const step = await tinyStep(runtime, { parameters });
      const all = await tinyStep(runtime);
      for (const each of [step, all]) await each.run([contextOf(0)], { seed: 1, step: 0 });
      const expected = gradientsOf(all);
      assertClose(gradientsOf(step), new Map(["b1", "w2"].map((name) => [name, expected.get(name)!])), 1e-6);
      assert.equal(step.state.parameters.get("table")!.gradient, undefined);
    });

    test("dropout masks are those of seed, update and site; later batches of an update have sites of their own", async () => {
      const key = { seed: 5, step: 9 };
      const graph = tinyGraph({ dropout: 0.5 });
      const step = await tinyStep(runtime, { dropout: 0.5 });
      const context = contextOf(0);
      const loss = async (site: string): Promise<number> => {
        const mask = new Float32Array(context.ids.length * 4);
        dropoutMaskReference(mask, foldKey({ ...key, site }), 0, dropoutRate(0.5));
        const oneHot = new Float32Array(context.labels.length * 3);
        context.labels.forEach((label, row) => {
          oneHot[row * 3 + label] = 1;
        });
        const feeds = { ...Object.fromEntries(tinyValues()), mask, oneHot, ids: context.ids, divisor: [context.lossDivisor] };
        return interpret({ loss: graph.loss }, feeds, context.bindings).loss.data[0];
      };
      const expected = [await loss("mask"), await loss("mask#1")];
      assert.notEqual(expected[0], expected[1]);
      const first = await step.run([context], key);
      const both = await step.run([context, context], key);
      assert.ok(Math.abs(first - expected[0]) < 1e-6, `${first} and ${expected[0]}`);
      assert.ok(Math.abs(both - expected[0] - expected[1]) < 2e-6, `${both} and ${expected}`);
    });
  });

  describe(`gradients of tables on ${where}, against the interpreter`, () => {
    const [table, other] = [parameter("table", [7, 4]), parameter("other", [5, 4])];
    const [v, w] = [parameter("v", [4]), parameter("w", [4])];
    const [ids, more] = [input("ids", ["B", TOKENS], "int32"), input("more", ["B", TOKENS], "int32")];
    const flat = (x: Node): Node => reshape(x, [product(["B", TOKENS]), 4]);
    const idValues = { ids: [0, 6, 6, 2, 6, 0], more: [4, 4, 1, 0, 4, 1] };

    const cases: Record<string, () => Node> = {
      "read once, with repeated ids": () => sumAll(tanh(gather(table, ids))),
      "read twice": () => sumAll(mul(tanh(gather(table, ids)), gather(table, more))),
      "two tables read for one sum, as words and positions are": () => sumAll(tanh(add(gather(table, ids), gather(other, more)))),
      "also an output layer's weight, as in masked-language models": () =>
        sumAll(tanh(matmul(flat(gather(table, ids)), table, { transB: true }))),
      "read twice and an output layer's weight": () =>
        sumAll(tanh(matmul(flat(add(gather(table, ids), gather(table, more))), table, { transB: true }))),
      "two parameters with one and the same gradient": () => sumAll(tanh(mul(gather(table, ids), add(w, v)))),
    };
    for (const [name, build] of Object.entries(cases)) {
      test(name, async () => {
        const loss = build();
        const parameters = [...namesIn(loss).values()];
        const specs = parameters.map((p) => ({
          name: p.attrs.name as string,
          shape: p.shape as number[],
          decay: false,
          trainable: true,
        }));
        const values = new Map(
          specs.map(({ name, shape }) => [
            name,
            Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + name.length)),
          ]),
        );
        const write = (name: "ids" | "more"): FedInput<TinyContext>["fill"] => ({
          kind: "values",
          write: (out) => (out as Int32Array).set(idValues[name]),
        });
        const inputs = [
          { node: ids, fill: write("ids") },
          { node: more, fill: write("more") },
        ];
        const step = await TrainStep.create<TinyContext>(
          { loss, parameters, inputs },
          { runtime, parameters: specs, values, largest: [{ B: 2 }] },
        );
        const context: TinyContext = { bindings: { B: 2 }, ids: new Int32Array(), labels: new Int32Array(), lossDivisor: 1 };
        const reference = gradients(loss, parameters);
        const expected = interpret(
          Object.fromEntries(reference.map((node, i) => [specs[i].name, node])),
          { ...Object.fromEntries(values), ...idValues },
          { B: 2 },
        );
        const byName = new Map(specs.map(({ name }) => [name, expected[name].data]));
        await step.run([context], { seed: 0, step: 0 });
        assertClose(gradientsOf(step), byName, 1e-5);
        // a second batch of the update adds as much again
        await step.run([context, context], { seed: 0, step: 1 });
        assertClose(gradientsOf(step), new Map([...byName].map(([key, data]) => [key, data.map((x) => 2 * x)])), 1e-5);
      });
    }

    test("rows that pass another operator are refused while the step is built", async () => {
      await assert.rejects(
        TrainStep.create<TinyContext>(
          { loss: sumAll(gather(scale(table, 2), ids)), parameters: [table], inputs: [] },
          {
            runtime,
            parameters: [{ name: "table", shape: [7, 4], decay: false, trainable: true }],
            values: new Map([["table", new Float32Array(28)]]),
            largest: [{ B: 2 }],
          },
        ),
        {
          code: "training/row-gradient",
          message:
            "gradient of table: expected rows of a gathered table that reach the parameter directly or in sums, " +
            "got another operator between. Gather from the parameter itself.",
        },
      );
    });
  });
}

function namesIn(loss: Node): Map<string, Node> {
  const found = new Map<string, Node>();
  const visit = (node: Node): void => {
    if (node.op === "parameter") found.set(node.attrs.name as string, node);
    node.inputs.forEach(visit);
  };
  visit(loss);
  return found;
}

test("start values that are missing or of another size are refused by name", async () => {
  const [runtime] = Object.values(runtimes);
  const values = tinyValues();
  values.set("w2", new Float32Array(5));
  await assert.rejects(tinyStep(runtime, { values }), {
    code: "training/bad-weights",
    message: "w2: expected 24 start values, got 5.",
  });
});
