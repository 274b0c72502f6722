// What every training step must do, wherever its tensors are, held to PyTorch and the float64 interpreter.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import fixture from "../../../test/fixtures/training.json" with { type: "json" };
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
  sumAll,
  tanh,
} from "../../graph/index.ts";
import { dropoutKeptReference, dropoutRate, foldKey } from "../../random/index.ts";
import { interpret, type Runtime } from "../../runtime/index.ts";
import { resolveOptions, type TrainingOptions } from "../options.ts";
import { learningRateAt } from "../schedule.ts";
import { type TinyContext, TOKENS, tinyBatches, tinyGraph, tinyParameters, tinyStep, tinyValues } from "../tiny-task.fixture.ts";
import { createTrainStep } from "./create-train-step.ts";
import type { TrainStep } from "./train-step.ts";
import { gradientNorm, update } from "./update.ts";

const batches = tinyBatches();
const contextOf = (batch: number, lossDivisor = batches.size(0, batch)): TinyContext =>
  batches.contexts(0, batch, { step: 0, lossDivisor })[0];

/** With β₁ = 0 and no learning rate an update leaves the gradient as the first moment. */
async function gradientsOf({ state }: TrainStep<TinyContext>): Promise<Map<string, number[]>> {
  const still = { learningRate: 0, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, step: 1, gradientScale: 1 };
  await state.update(still);
  const entries: [string, number[]][] = [];
  for (const { name } of state.trained) entries.push([name, [...(await state.read(`m ${name}`))]]);
  return new Map(entries);
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

/**
 * Run the suite of a training step, with the tensors where the runtime keeps them.
 *
 * @param where - Shown in the titles.
 * @param create - Called once.
 */
export function trainStepContract(where: string, create: () => Promise<Runtime>): void {
  let runtime: Runtime;
  before(async () => {
    runtime = await create();
  });

  describe(`training step on ${where}`, () => {
    test("twelve updates are those of PyTorch: embedding, warm-up, decay groups, clipping", async () => {
      const { training } = fixture; // scripts/make-training-fixture.py
      const values = new Map(
        Object.entries(training.before as unknown as Record<string, number[]>).map(([k, v]) => [k, Float32Array.from(v)]),
      );
      const step = await tinyStep(runtime, { values });
      const options = resolveOptions(training.options as Partial<TrainingOptions>);
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
        await update(step.state, options, { norm, step: at, learningRate: learningRateAt(options, at, total) });
      }
      const after = new Map([...(await step.state.snapshot())].map(([name, array]) => [name, [...array]]));
      assertClose(after, new Map(Object.entries(training.after as unknown as Record<string, number[]>)), 1e-5);
    });

    test("two batches of 16 give the gradients of one of 32", async () => {
      const source = tinyBatches({ examples: 32, batchSize: 32 });
      const halves = tinyBatches({ examples: 32, batchSize: 16 });
      const step = await tinyStep(runtime);
      const whole = await step.run(source.contexts(0, 0, { step: 0, lossDivisor: 32 }), { seed: 1, step: 0 });
      const expected = await gradientsOf(step);
      const parts = [0, 1].flatMap((batch) => halves.contexts(0, batch, { step: 0, lossDivisor: 32 }));
      const summed = await step.run(parts, { seed: 1, step: 0 });
      assert.ok(Math.abs(whole - summed) <= 1e-6, `${whole} and ${summed}`);
      assertClose(await gradientsOf(step), expected, 1e-6);
    });

    test("gradients do not add up over updates", async () => {
      const step = await tinyStep(runtime);
      await step.run([contextOf(1)], { seed: 1, step: 0 });
      await step.run([contextOf(0)], { seed: 1, step: 1 });
      const second = await gradientsOf(step);
      const fresh = await tinyStep(runtime);
      await fresh.run([contextOf(0)], { seed: 1, step: 1 });
      assert.deepEqual(second, await gradientsOf(fresh));
    });

    test("frozen parameters have no moments, and the others' gradients are the same", async () => {
      const parameters = tinyParameters.map((p) => ({ ...p, trainable: p.name === "w2" || p.name === "b1" }));
      const step = await tinyStep(runtime, { parameters });
      const all = await tinyStep(runtime);
      for (const each of [step, all]) await each.run([contextOf(0)], { seed: 1, step: 0 });
      const expected = await gradientsOf(all);
      assertClose(await gradientsOf(step), new Map(["b1", "w2"].map((name) => [name, expected.get(name)!])), 1e-6);
      assert.deepEqual(
        step.state.layout.filter(([name]) => name.startsWith("m ")).map(([name]) => name),
        ["m b1", "m w2"],
      );
    });

    test("a parameter's own rate is a factor of the learning rate, in its step and in its decay", async () => {
      const options = resolveOptions({ weightDecay: 0.5 });
      const after = async (rates: Readonly<Record<string, number>>, learningRate: number) => {
        const parameters = tinyParameters.map((p) => ({ ...p, rate: rates[p.name] }));
        const step = await tinyStep(runtime, { parameters });
        await step.run([contextOf(0)], { seed: 1, step: 0 });
        await update(step.state, options, { norm: gradientNorm(step.state, 0), step: 0, learningRate });
        return new Map([...(await step.state.snapshot())].map(([name, array]) => [name, [...array]]));
      };
      const [own, whole, eighth] = [await after({ w1: 1 / 8, b1: 1 / 8 }, 0.04), await after({}, 0.04), await after({}, 0.005)];
      const slow = ["w1", "b1"];
      assertClose(
        own,
        new Map([...whole].map(([name, values]) => [name, slow.includes(name) ? eighth.get(name)! : values])),
        1e-6,
      );
      assert.notDeepEqual(own.get("w1"), whole.get("w1"));
    });

    test("dropout masks are those of seed, update and site; later batches of an update have sites of their own", async () => {
      const key = { seed: 5, step: 9 };
      const graph = tinyGraph({ dropout: 0.5 });
      const step = await tinyStep(runtime, { dropout: 0.5 });
      const context = contextOf(0);
      const loss = async (site: string): Promise<number> => {
        const mask = new Uint8Array(context.ids.length * 4);
        dropoutKeptReference(mask, foldKey({ ...key, site }), 0, dropoutRate(0.5));
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
        const step = await createTrainStep<TinyContext>(
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
        assertClose(await gradientsOf(step), byName, 1e-5);
        // a second batch of the update adds as much again
        await step.run([context, context], { seed: 0, step: 1 });
        assertClose(await gradientsOf(step), new Map([...byName].map(([key, data]) => [key, data.map((x) => 2 * x)])), 1e-5);
      });
    }
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
