import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cases, gradientsOf, type OpCase } from "../graph/gradient-cases.fixture.ts";
import * as g from "../graph/index.ts";
import { defineOps, input, type Node, type OpRecord, opRecord, parameter } from "../graph/index.ts";
import { writeModel } from "./index.ts";
import { ModelProto } from "./proto.fixture.ts";

interface Value {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim?: { dimValue?: string; dimParam?: string }[] } } };
}
interface Model {
  irVersion: string;
  opsetImport: { domain?: string; version: string }[];
  graph: {
    node: {
      name: string;
      opType: string;
      domain?: string;
      input?: string[];
      output: string[];
      attribute?: Record<string, unknown>[];
    }[];
    initializer?: { name: string; dims?: string[]; dataType: number; rawData: Uint8Array }[];
    input?: Value[];
    output: Value[];
    valueInfo?: Value[];
  };
}

function parse(outputs: Readonly<Record<string, Node>>, options = {}): Model {
  const { bytes } = writeModel(outputs, options);
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: String }) as Model;
}

const typeOf = ({ type: { tensorType } }: Value): string =>
  `${tensorType.elemType} [${(tensorType.shape.dim ?? []).map((dim) => dim.dimParam ?? dim.dimValue).join(", ")}]`;

/** Forward and backward graph of a case, as far as it has an ONNX form. */
function outputsOf(subject: OpCase): Record<string, Node> {
  const nodes = [subject.output, ...gradientsOf(subject)].map((node) => (node.op === "scatterRows" ? node.inputs[0] : node));
  return Object.fromEntries(nodes.map((node, i) => [`out${i}`, node]));
}

const x = parameter("x", ["B", "n", 4]);

describe("a written model", () => {
  test("parses back: inputs, outputs, nodes, attributes, constants", () => {
    const scaled = g.matmul(x, x, { transB: true, alpha: 0.5 });
    const model = parse({ y: scaled, z: g.add(x, g.constant([1, -2, 3, 4], [4])) });
    assert.deepEqual(
      [model.irVersion, model.opsetImport.map(({ domain, version }) => `${domain ?? ""} ${version}`)],
      ["9", [" 20", "com.microsoft 1"]],
    );
    const { node, initializer = [], input: inputs = [], output } = model.graph;
    assert.deepEqual(
      inputs.map((value) => [value.name, typeOf(value)]),
      [["x", "1 [B, n, 4]"]],
    );
    assert.deepEqual(
      output.map((value) => [value.name, typeOf(value)]),
      [
        ["y", "1 [B, n, n]"],
        ["z", "1 [B, n, 4]"],
      ],
    );
    assert.deepEqual(
      node.map(({ opType, domain = "" }) => `${domain} ${opType}`),
      ["com.microsoft FusedMatMul", " Add", " Identity", " Identity"],
    );
    assert.deepEqual(node[0].attribute, [
      { name: "transA", type: 2 },
      { name: "transB", type: 2, i: "1" },
      { name: "alpha", type: 1, f: 0.5 },
    ]);
    const [{ dims, dataType, rawData }] = initializer;
    assert.deepEqual([dims, dataType], [["4"], 1]);
    assert.deepEqual([...new Float32Array(Uint8Array.from(rawData).buffer)], [1, -2, 3, 4]);
  });
  test("writes a dimension of 0, and a scalar without dimensions", () => {
    const { output } = parse({ none: g.constant([], [0], "int64"), scalar: g.constant(1) }).graph;
    assert.deepEqual(output.map(typeOf), ["7 [0]", "1 []"]);
  });
  test("says what must be fed", () => {
    const ids = input("ids", ["B"], "int32");
    const { inputs } = writeModel({ y: g.gather(x, ids), z: g.neg(x) });
    assert.deepEqual(inputs, [x, ids]);
  });
  test("is the same bytes every time", () => {
    const outputs = outputsOf(cases.find(({ op }) => op === "layerNorm")!);
    assert.deepEqual(writeModel(outputs).bytes, writeModel(outputs).bytes);
  });
  test("writes equal constants and shapes once", () => {
    const half = g.mul(g.broadcastTo(g.constant(0.5), x.shape), g.broadcastTo(g.constant(0.5), x.shape));
    const { node, initializer = [] } = parse({ y: g.mul(half, x) }).graph;
    assert.equal(initializer.filter(({ dataType }) => dataType === 1).length, 1);
    assert.equal(node.filter(({ opType }) => opType === "Concat").length, 1);
  });
  test("keeps 0 and −0 apart", () => {
    const { initializer = [] } = parse({ y: g.add(g.constant(0), g.constant(-0)) }).graph;
    assert.deepEqual(
      initializer.map(({ rawData }) => [...rawData]),
      [
        [0, 0, 0, 0],
        [0, 0, 0, 128],
      ],
    );
  });
  test("multiplies a product of symbols out of its parts", () => {
    const { node } = parse({ y: g.broadcastTo(g.sumTo(g.reshape(x, ["4*B", "n"]), [1, "n"]), ["4*B", "n"]) }).graph;
    assert.deepEqual(
      node.filter(({ opType }) => ["Shape", "Mul"].includes(opType)).map(({ opType }) => opType),
      ["Shape", "Mul", "Shape"],
    );
  });
  test("computes sums, and symbols that follow from a multiple or a sum", () => {
    const [y, z] = [parameter("y", ["16*nb"]), parameter("z", ["n+past", "n"])];
    const outputs = {
      blocks: g.broadcastTo(g.sumTo(g.reshape(y, ["nb", 16]), ["nb", 1]), ["nb", 16]),
      past: g.broadcastTo(g.sumAll(z), ["past"]),
      more: g.broadcastTo(g.sumAll(z), ["n+past+1"]),
    };
    const counted = new Map<string, number>();
    for (const { opType } of parse(outputs).graph.node) counted.set(opType, (counted.get(opType) ?? 0) + 1);
    assert.deepEqual(
      ["Div", "Sub", "Add"].map((opType) => counted.get(opType)),
      [1, 1, 2],
    );
  });
  test("gives its own values names that no input and no output has", () => {
    const clashing = ["Neg_0", "Neg_1", "constant_0"].map((name) => parameter(name, [2]));
    const sum = clashing.map((node) => g.neg(g.add(node, g.constant(1)))).reduce(g.add);
    const { node, input: inputs = [], initializer = [] } = parse({ Add_1: sum, Add_2: g.neg(sum) }).graph;
    const names = [...inputs, ...initializer].map(({ name }) => name).concat(node.flatMap(({ output }) => output));
    assert.equal(new Set(names).size, names.length);
  });
});

for (const microsoftOps of [true, false]) {
  describe(`every case, ${microsoftOps ? "com.microsoft allowed" : "standard operators only"}:`, () => {
    const models = cases
      .filter(({ op }) => opRecord(op).onnx || op === "scatterRows")
      .map((one) => ({ one, outputs: outputsOf(one) }));
    test("every value has our dtype and shape, and is computed before it is read", () => {
      for (const { one, outputs } of models) {
        const { node, input: inputs = [], output, initializer = [], valueInfo = [] } = parse(outputs, { microsoftOps }).graph;
        const typed = new Set([...valueInfo, ...output].map(({ name }) => name));
        const known = new Set([...inputs, ...initializer].map(({ name }) => name));
        for (const { opType, input: reads = [], output: writes } of node) {
          for (const name of reads) assert.ok(known.has(name), `${one.name}: ${opType} reads ${name} too early`);
          for (const name of writes) {
            assert.ok(typed.has(name), `${one.name}: ${name} has no value_info`);
            assert.ok(!known.has(name), `${one.name}: ${name} is written twice`);
            known.add(name);
          }
        }
        const computed = new Set(node.flatMap(({ output: writes }) => writes));
        for (const name of typed) assert.ok(computed.has(name), `${one.name}: ${name} has a shape and no node`);
      }
    });
    test("has the bytes that protobufjs's reflection writes", () => {
      for (const { one, outputs } of models) {
        const { bytes } = writeModel(outputs, { microsoftOps });
        assert.ok(Buffer.from(ModelProto.encode(ModelProto.decode(bytes)).finish()).equals(bytes), one.name);
      }
    });
    test("com.microsoft stands in nodes and opset together, or nowhere", () => {
      let fused = 0;
      for (const { outputs } of models) {
        const { graph, opsetImport } = parse(outputs, { microsoftOps });
        const foreign = graph.node.filter(({ domain }) => domain).map(({ domain, opType }) => `${domain} ${opType}`);
        assert.deepEqual(
          [...new Set(foreign)].filter((name) => name !== "com.microsoft FusedMatMul"),
          [],
        );
        assert.ok(!graph.node.some(({ opType, domain }) => opType === "FusedMatMul" && !domain));
        assert.equal(opsetImport.length, microsoftOps ? 2 : 1);
        fused += foreign.length;
      }
      assert.equal(fused > 0, microsoftOps);
    });
  });
}

describe("writeModel refuses", () => {
  test("a symbol that no input has alone, with a next step", () => {
    const flat = parameter("flat", ["B*n", 4]);
    assert.throws(() => writeModel({ y: g.broadcastTo(g.constant(1), flat.shape), z: g.neg(flat) }), {
      code: "onnx/unknown-symbol",
      message: "writeModel: expected an input with the dimension B alone, got none. Feed one, e.g. a mask of shape [B].",
    });
    assert.doesNotThrow(() => writeModel({ z: g.neg(flat) }));
  });
  test("an operator that runs outside the graph", () => {
    const scattered = g.scatterRows(input("rows", ["B", 2]), input("ids", ["B"], "int32"), [5, 2]);
    assert.throws(() => writeModel({ y: g.neg(scattered) }), {
      code: "onnx/no-form",
      message: "writeModel: expected operators with an ONNX form, got scatterRows : float [5, 2].",
    });
  });
  test("an output with an input's name", () => {
    assert.throws(() => writeModel({ x: g.neg(x) }), {
      code: "onnx/name",
      message: "writeModel: expected outputs named otherwise than inputs, got x.",
    });
  });
  test("two inputs of one name, and a node whose shape is not its rule's", () => {
    assert.throws(() => writeModel({ y: g.add(input("a", [1]), input("a", [2])) }), {
      code: "graph/invalid",
      message: /a: expected one node/,
    });
    assert.throws(() => writeModel({ y: { ...g.neg(x), shape: [7] } }), {
      code: "graph/invalid",
      message: /expected float \[B, n, 4\], got float \[7\]/,
    });
  });
  test("an operator of com.microsoft whose form ignores that none is wanted", () => {
    const record = opRecord("exp");
    const onnx: OpRecord["onnx"] = (emitter, inputs, node) => emitter.emit("FusedMatMul", inputs, node);
    defineOps({ exp: { ...record, onnx } });
    try {
      assert.throws(() => writeModel({ y: g.exp(x) }, { microsoftOps: false }), {
        code: "onnx/not-standard",
        message: /FusedMatMul/,
      });
    } finally {
      defineOps({ exp: record });
    }
  });
});
