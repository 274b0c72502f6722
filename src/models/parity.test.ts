import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bindShape, elements, gradients, type Node } from "../graph/index.ts";
import { type HostTensor, interpret } from "../runtime/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { type BatchContext, dense, type Pattern, topK } from "../sparsity/index.ts";
import { buildClassifier, type ClassifierGraph, parseEncoderConfig, readSafetensors, type Safetensors } from "./index.ts";

// What PyTorch and transformers computed: scripts/make-model-fixtures.py, whose docstring names every tensor.
const folder = join(import.meta.dirname, "../../test/fixtures/models");
const files = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
const runtime = await createRuntime({ threads: 2 });

const ints = ({ tensors }: Safetensors, name: string): Int32Array => new Int32Array(tensors.get(name)!.bytes().slice().buffer);
const bytesOf = ({ tensors }: Safetensors, name: string): Uint8Array => tensors.get(name)!.bytes();
const floats = ({ tensors }: Safetensors, name: string): Float32Array => tensors.get(name)!.data();

function load(name: string) {
  const file = readSafetensors(readFileSync(join(folder, name)), name);
  const json = JSON.parse(file.metadata.config);
  // the fixtures' classes are recorded by the shape of the classifier alone
  const classes = file.tensors.get("weight.classifier.bias")!.shape[0];
  const config = parseEncoderConfig({ ...json, num_labels: classes, seq_classif_dropout: 0.1 }, name);
  const [B, n] = file.tensors.get("input_ids")!.shape;
  const mask = ints(file, "attention_mask");
  const lengths = Int32Array.from({ length: B }, (_, b) => mask.subarray(b * n, (b + 1) * n).reduce((sum, bit) => sum + bit, 0));
  const context: BatchContext = {
    bindings: { B, n },
    lengths,
    examples: Int32Array.from({ length: B }, (_, b) => b),
    inputIds: ints(file, "input_ids"),
    tokenTypeIds: ints(file, "token_type_ids"),
    labels: ints(file, "labels"),
    seed: 0,
    step: 0,
    training: true,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
  };
  return { file, config, context };
}

/** The choice that PyTorch made, as a pattern: for the rare rows whose boundary is a near tie. */
function recorded(file: Safetensors, pass: string): Pattern {
  return {
    ...topK({ sparsity: 0.8 }),
    graph(view) {
      const write = (out: ArrayLike<unknown>): void =>
        (out as Uint8Array).set(bytesOf(file, `topk.${pass}.mask.layer.${view.layer}`));
      return view.input(`recorded.${view.layer}`, ["B", view.heads, "n", "n"], "bool", write);
    },
  };
}

function feeds(file: Safetensors, graph: ClassifierGraph, context: BatchContext, training: boolean): Record<string, HostTensor> {
  const all: Record<string, HostTensor> = {};
  for (const node of graph.parameters) {
    const name = node.attrs.name as string;
    all[name] = { dtype: "float", shape: node.shape as number[], data: floats(file, `weight.${name}`) };
  }
  for (const { node, fill } of graph.inputs) {
    const name = node.attrs.name as string;
    const shape = bindShape(node.shape, context.bindings);
    const make = { float: Float32Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array }[node.dtype];
    const data = new make(elements(shape));
    if (fill.kind === "values") fill.write(data, { ...context, training });
    else (data as Float32Array).set(floats(file, name.replace(/^dropout\./, "mask.")));
    all[name] = { dtype: node.dtype, shape, data } as HostTensor;
  }
  return all;
}

/** On the float64 interpreter, or on ONNX Runtime with the embeddings' rows added up here. */
async function compute(
  where: "float64" | "onnx",
  outputs: Record<string, Node>,
  given: Record<string, HostTensor>,
  bindings: BatchContext["bindings"],
): Promise<Record<string, ArrayLike<number>>> {
  if (where === "float64") {
    const plain = Object.fromEntries(
      Object.entries(given).map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]),
    );
    const out = interpret(outputs, plain, bindings);
    return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data]));
  }
  const inGraph = Object.fromEntries(
    Object.entries(outputs).map(([name, node]) => [name, node.op === "scatterRows" ? node.inputs[0] : node]),
  );
  const session = await runtime.compile(inGraph);
  const out = await session.run(given);
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, node]) => {
      const data = out[name].data as Float32Array;
      if (node.op !== "scatterRows") return [name, data];
      const table = new Float64Array(elements(bindShape(node.shape, bindings)));
      const ids = given[node.inputs[1].attrs.name as string].data as Int32Array;
      const width = data.length / ids.length;
      ids.forEach((id, row) => {
        for (let i = 0; i < width; i++) table[id * width + i] += data[row * width + i];
      });
      return [name, table];
    }),
  );
}

const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => norm(Array.from(a, (v, i) => v - b[i]));

function assertClose(what: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  assert.equal(got.length, want.length, what);
  for (const [i, v] of Array.from(got).entries())
    assert.ok(Math.abs(v - want[i]) <= tolerance, `${what}[${i}]: got ${v}, want ${want[i]}`);
}

function assertGradients(file: Safetensors, prefix: string, names: string[], got: Record<string, ArrayLike<number>>): void {
  const global = norm(names.map((name) => norm(floats(file, `${prefix}grad.${name}`))));
  for (const name of names) {
    const want = floats(file, `${prefix}grad.${name}`);
    const off = distance(got[`grad ${name}`], want);
    const tolerance = 1e-4 * norm(want) + 1e-7 * global;
    assert.ok(off <= tolerance, `${name}: off by ${off}, allowed ${tolerance}`);
  }
}

/** Rows whose boundary gap is below 1e-5 may be chosen otherwise by another order of summation. */
const nearTie = (file: Safetensors, pass: string, layers: number): boolean =>
  Array.from({ length: layers }, (_, i) => floats(file, `topk.${pass}.gap.layer.${i}`)).some((gaps) =>
    gaps.some((gap) => gap < 1e-5),
  );

for (const name of files) {
  describe(`parity with transformers: ${name}`, () => {
    const { file, config, context } = load(name);
    for (const where of ["float64", "onnx"] as const) {
      for (const [prefix, pattern] of [
        ["", dense()],
        ["topk.", topK({ sparsity: 0.8 })],
      ] as const) {
        const kind = `${prefix === "" ? "dense" : "80 % top-k"}, ${where}`;
        const choose = (pass: string): Pattern => (prefix && nearTie(file, pass, config.layers) ? recorded(file, pass) : pattern);

        test(`${kind}: evaluation logits`, async () => {
          const graph = buildClassifier(config, { plan: { pattern: choose("eval") }, training: false });
          const out = await compute(where, { logits: graph.logits }, feeds(file, graph, context, false), context.bindings);
          assertClose("logits", out.logits, floats(file, `${prefix}logits.eval`), 1e-4);
        });
        test(`${kind}: training logits, loss and gradient of every parameter`, async () => {
          const graph = buildClassifier(config, { plan: { pattern: choose("train") }, training: true });
          const names = graph.parameters.map(({ attrs }) => attrs.name as string);
          const built = gradients(graph.loss, graph.parameters);
          const outputs: Record<string, Node> = { logits: graph.logits, loss: graph.loss };
          names.forEach((parameter, i) => {
            outputs[`grad ${parameter}`] = built[i];
          });
          const out = await compute(where, outputs, feeds(file, graph, context, true), context.bindings);
          assertClose("logits", out.logits, floats(file, `${prefix}logits.train`), 1e-4);
          assertClose("loss", out.loss, floats(file, `${prefix}loss.train`), 1e-4);
          assertGradients(file, prefix, names, out);
          const stored = [...file.tensors.keys()]
            .filter((key) => key.startsWith(`${prefix}grad.`))
            .map((key) => key.slice(`${prefix}grad.`.length));
          assert.deepEqual([...names].sort(), stored.sort(), "every parameter of the fixture, and no other");
        });
      }
      test(`80 % top-k, ${where}: the same pairs as PyTorch, near ties excused`, async () => {
        const graph = buildClassifier(config, { plan: { pattern: topK({ sparsity: 0.8 }) }, training: false });
        const outputs = Object.fromEntries(graph.probabilities.map((node, layer) => [`p${layer}`, node]));
        const out = await compute(where, outputs, feeds(file, graph, context, false), context.bindings);
        let compared = 0;
        for (let layer = 0; layer < config.layers; layer++) {
          const want = bytesOf(file, `topk.eval.mask.layer.${layer}`);
          const gaps = floats(file, `topk.eval.gap.layer.${layer}`);
          const { n } = context.bindings;
          // a near tie in one layer changes what later layers see
          if (layer > 0 && floats(file, `topk.eval.gap.layer.${layer - 1}`).some((gap) => gap < 1e-5)) break;
          gaps.forEach((gap, row) => {
            if (gap < 1e-5) return;
            compared++;
            for (let key = 0; key < n; key++)
              assert.equal(
                Number(out[`p${layer}`][row * n + key] > 0),
                want[row * n + key],
                `layer ${layer}, row ${row}, key ${key}`,
              );
          });
        }
        assert.ok(compared > 0);
      });
    }
  });
}
