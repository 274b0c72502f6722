import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { add, cast, exp, gather, input, matmul, type Node, parameter, scatterRows } from "../graph/index.ts";
import { createReferenceRuntime, type HostTensor, type Runtime } from "./index.ts";
import { createRuntime } from "./index-node.ts";

const [w, x, ids] = [parameter("w", [3, 2]), input("x", ["B", 3]), input("ids", ["B"], "int32")];
const outputs: Record<string, Node> = {
  product: exp(matmul(x, w)),
  sum: add(gather(w, ids), matmul(x, w)),
  long: cast(ids, "int64"),
  parameter: w,
};
const float = (shape: number[], ...data: number[]): HostTensor => ({ dtype: "float", shape, data: Float32Array.from(data) });
const feeds: Record<string, HostTensor> = {
  w: float([3, 2], 0.1, 0.2, -0.3, 0.4, 0.5, -0.6),
  x: float([2, 3], 1, 2, 3, -1, 0, 1),
  ids: { dtype: "int32", shape: [2], data: Int32Array.of(2, 0) },
};

const runtimes: Record<string, Runtime> = {
  reference: createReferenceRuntime(),
  "ONNX Runtime": await createRuntime({ threads: 1 }),
};
for (const [name, runtime] of Object.entries(runtimes)) {
  describe(`contract of a runtime: ${name}`, () => {
    test("computes every output, with dtype and shape", async () => {
      const out = await (await runtime.compile(outputs)).run(feeds);
      assert.deepEqual([out.product.dtype, [...out.product.shape]], ["float", [2, 2]]);
      const expected = [1, -0.8, 0.4, -0.8].map(Math.exp);
      (out.product.data as Float32Array).forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]) < 1e-6, `${value} and ${expected[i]}`);
      });
      assert.deepEqual([out.long.dtype, out.long.data], ["int64", BigInt64Array.of(2n, 0n)]);
      assert.deepEqual(out.parameter.data, feeds.w.data);
    });
    test("names what must be fed", async () => {
      const { inputs } = await runtime.compile(outputs);
      assert.deepEqual(inputs.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape}]`).sort(), [
        "ids int32 [B]",
        "w float [3,2]",
        "x float [B,3]",
      ]);
    });
    test("writes into the tensors it is given, and returns them", async () => {
      const session = await runtime.compile(outputs);
      const target = float([2, 2], 0, 0, 0, 0);
      const out = await session.run(feeds, { product: target });
      assert.equal(out.product, target);
      assert.ok(Math.abs((target.data as Float32Array)[0] - Math.E) < 1e-5);
    });
    test("refuses missing and misshapen feeds by name", async () => {
      const session = await runtime.compile(outputs);
      const { x: _, ...missing } = feeds;
      await assert.rejects(session.run(missing), { code: "runtime/feeds", message: /^feed x: expected .*, got none\.$/ });
      const bad: [HostTensor, string][] = [
        [float([3, 2], 1, 2, 3, 4, 5, 6), "float [3, 2] with 6 values"],
        [float([2, 3], 1, 2, 3), "float [2, 3] with 3 values"],
        [{ dtype: "int32", shape: [2, 3], data: new Int32Array(6) }, "int32 [2, 3] with 6 values"],
      ];
      for (const [tensor, got] of bad) {
        await assert.rejects(session.run({ ...feeds, x: tensor }), {
          code: "runtime/feeds",
          message: `feed x: expected float [B, 3], got ${got}.`,
        });
      }
    });
  });
}

test("the reference computes what ONNX Runtime leaves to the trainer, and sees symbols that disagree", async () => {
  const [rows, ids] = [input("rows", ["B", 1]), input("ids", ["B"], "int32")];
  const session = await createReferenceRuntime().compile({ table: scatterRows(rows, ids, [3, 1]) });
  const given = { rows: float([3, 1], 1, 2, 4), ids: { dtype: "int32", shape: [3], data: Int32Array.of(2, 0, 2) } as HostTensor };
  assert.deepEqual((await session.run(given)).table.data, Float32Array.of(2, 0, 5));
  await assert.rejects(session.run({ ...given, rows: float([2, 1], 1, 2) }), { code: "runtime/feeds" });
});
