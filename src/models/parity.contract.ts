import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { gradients, type Node } from "../graph/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { type BatchContext, dense, topK } from "../sparsity/index.ts";
import { computeOn, type Feeds, feedsOf } from "./compute-on.fixture.ts";
import { buildModel, type ModelGraph, parseEncoderConfig, readSafetensors, type Safetensors } from "./index.ts";

const ints = ({ tensors }: Safetensors, name: string): Int32Array => new Int32Array(tensors.get(name)!.bytes().slice().buffer);
const bytesOf = ({ tensors }: Safetensors, name: string): Uint8Array => tensors.get(name)!.bytes();
const floats = ({ tensors }: Safetensors, name: string): Float32Array => tensors.get(name)!.data();

function load(name: string, bytes: Uint8Array) {
  const file = readSafetensors(bytes, name);
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

const feeds = (file: Safetensors, graph: ModelGraph, context: BatchContext, training: boolean): Feeds =>
  feedsOf(
    graph,
    { ...context, training },
    (name) => floats(file, `weight.${name}`),
    (site) => floats(file, `mask.${site}`),
  );

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

/**
 * Hold a runtime to what PyTorch and transformers computed, by scripts/make-model-fixtures.py, whose docstring names every tensor.
 *
 * @param where - Shown in the titles.
 * @param create - Called once.
 * @param fixtures - Files of `test/fixtures/models` by name, all or some.
 */
export function parityContract(
  where: string,
  create: () => Promise<Runtime | "float64">,
  fixtures: ReadonlyMap<string, Uint8Array>,
): void {
  let runtime: Runtime | "float64";
  before(async () => {
    runtime = await create();
  });

  test(`${where}: no fixture leaves the choice of a pair to rounding`, () => {
    for (const [name, bytes] of fixtures) {
      const { file } = load(name, bytes);
      const gaps = [...file.tensors.keys()].filter((key) => key.includes(".gap.")).flatMap((key) => [...floats(file, key)]);
      assert.ok(Math.min(...gaps) >= 1e-5, `${name}: scores at the boundary differ by ${Math.min(...gaps)}; take another seed`);
    }
  });

  for (const [name, bytes] of fixtures) {
    describe(`parity with transformers: ${name}`, () => {
      const { file, config, context } = load(name, bytes);
      for (const [prefix, pattern] of [
        ["", dense()],
        ["topk.", topK({ sparsity: 0.8 })],
      ] as const) {
        const kind = `${prefix === "" ? "dense" : "80 % top-k"}, ${where}`;

        const pairs = (graph: ModelGraph): Record<string, Node> =>
          prefix === "" ? {} : Object.fromEntries(graph.probabilities.map((node, layer) => [`layer ${layer}`, node]));
        const assertPairs = (pass: "eval" | "train", out: Record<string, ArrayLike<number>>): void => {
          for (let layer = 0; prefix !== "" && layer < config.layers; layer++) {
            const kept = Array.from(out[`layer ${layer}`], (p) => Number(p > 0));
            assert.deepEqual(kept, [...bytesOf(file, `topk.${pass}.mask.layer.${layer}`)], `layer ${layer}`);
          }
        };

        test(`${kind}: evaluation logits, from the same pairs`, async () => {
          const graph = buildModel(config, { plan: { pattern }, training: false });
          const outputs = { logits: graph.logits, ...pairs(graph) };
          const out = await computeOn(runtime, outputs, feeds(file, graph, context, false), context.bindings);
          assertClose("logits", out.logits, floats(file, `${prefix}logits.eval`), 1e-4);
          assertPairs("eval", out);
        });
        test(`${kind}: training logits, loss and gradient of every parameter, from the same pairs`, async () => {
          const graph = buildModel(config, { plan: { pattern }, training: true });
          const names = graph.parameters.map(({ attrs }) => attrs.name as string);
          const built = gradients(graph.loss, graph.parameters);
          const outputs: Record<string, Node> = { logits: graph.logits, loss: graph.loss, ...pairs(graph) };
          names.forEach((parameter, i) => {
            outputs[`grad ${parameter}`] = built[i];
          });
          const out = await computeOn(runtime, outputs, feeds(file, graph, context, true), context.bindings);
          assertClose("logits", out.logits, floats(file, `${prefix}logits.train`), 1e-4);
          assertClose("loss", out.loss, floats(file, `${prefix}loss.train`), 1e-4);
          assertGradients(file, prefix, names, out);
          assertPairs("train", out);
          const stored = [...file.tensors.keys()]
            .filter((key) => key.startsWith(`${prefix}grad.`))
            .map((key) => key.slice(`${prefix}grad.`.length));
          assert.deepEqual([...names].sort(), stored.sort(), "every parameter of the fixture, and no other");
        });
      }
    });
  }
}
