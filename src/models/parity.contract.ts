import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { dense, topK } from "../attention/index.ts";
import { gradients, type Node } from "../graph/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { computeOn } from "./compute-on.fixture.ts";
import { buildModel, type ModelGraph } from "./model-graph.ts";
import {
  assertClose,
  assertGradients,
  bytesOf,
  feedsFrom,
  floats,
  isTaskFile,
  loadParityFile,
  type ParityFile,
} from "./parity-file.fixture.ts";

type Where = Runtime | "float64";

/**
 * Hold a runtime to what PyTorch and transformers computed, by scripts/make-model-fixtures.py, whose docstring names every tensor.
 *
 * @param where - Shown in the titles.
 * @param create - Called once.
 * @param fixtures - Files of `test/fixtures/models` by name, all or some.
 */
export function parityContract(where: string, create: () => Promise<Where>, fixtures: ReadonlyMap<string, Uint8Array>): void {
  let runtime: Where;
  before(async () => {
    runtime = await create();
  });

  test(`${where}: no fixture leaves the choice of a pair to rounding`, () => {
    for (const [name, bytes] of fixtures) {
      const { file } = loadParityFile(name, bytes);
      const gaps = [...file.tensors.keys()].filter((key) => key.includes(".gap.")).flatMap((key) => [...floats(file, key)]);
      assert.ok(Math.min(...gaps) >= 1e-5, `${name}: scores at the boundary differ by ${Math.min(...gaps)}; take another seed`);
    }
  });

  for (const [name, bytes] of fixtures) {
    describe(`parity with transformers: ${name}`, () => {
      const parity = loadParityFile(name, bytes);
      const kinds = [["", dense()], ...(isTaskFile(name) ? [] : [["topk.", topK({ sparsity: 0.8 })] as const])] as const;
      for (const [prefix, pattern] of kinds) {
        const kind = `${prefix === "" ? "dense" : "80 % top-k"}, ${where}`;

        test(`${kind}: evaluation logits, from the same pairs`, async () => {
          const graph = buildModel(parity.config, { plan: { pattern }, training: false });
          const out = await compute(runtime, parity, graph, { logits: graph.logits, ...pairs(graph, prefix) }, false);
          assertLogits(parity, out.logits, `${prefix}logits.eval`);
          assertPairs(parity, prefix, "eval", out);
        });
        test(`${kind}: training logits, loss and gradient of every parameter, from the same pairs`, async () => {
          const graph = buildModel(parity.config, { plan: { pattern }, training: true });
          const names = graph.parameters.map(({ attrs }) => attrs.name as string);
          const built = gradients(graph.loss, graph.parameters);
          const outputs: Record<string, Node> = { logits: graph.logits, loss: graph.loss, ...pairs(graph, prefix) };
          names.forEach((parameter, i) => {
            outputs[`grad ${parameter}`] = built[i];
          });
          const out = await compute(runtime, parity, graph, outputs, true);
          assertLogits(parity, out.logits, `${prefix}logits.train`);
          assertClose("loss", out.loss, floats(parity.file, `${prefix}loss.train`), 1e-4);
          assertGradients(parity.file, prefix, names, out);
          assertPairs(parity, prefix, "train", out);
        });
      }
    });
  }
}

const compute = (
  runtime: Where,
  { file, context }: ParityFile,
  graph: ModelGraph,
  outputs: Record<string, Node>,
  training: boolean,
): Promise<Record<string, ArrayLike<number>>> =>
  computeOn(runtime, outputs, feedsFrom(file, graph, context, training), context.bindings);

const pairs = ({ probabilities }: ModelGraph, prefix: string): Record<string, Node> =>
  prefix === "" ? {} : Object.fromEntries(probabilities.map((node, layer) => [`layer ${layer}`, node]));

/** Of every text, or of every token that is no padding: padding is computed otherwise, and nothing reads it. */
function assertLogits({ file, config, context }: ParityFile, got: ArrayLike<number>, name: string): void {
  const { numLabels: C, task } = config;
  const { n } = context.bindings;
  const real = (_: number, at: number): boolean => {
    const token = Math.floor(at / C);
    return task !== "token_classification" || token % n < context.lengths[Math.floor(token / n)];
  };
  const want = floats(file, name);
  assert.equal(got.length, want.length, name);
  assertClose(name, Array.from(got).filter(real), want.filter(real), 1e-4);
}

function assertPairs(
  { file, config }: ParityFile,
  prefix: string,
  pass: "eval" | "train",
  out: Record<string, ArrayLike<number>>,
): void {
  for (let layer = 0; prefix !== "" && layer < config.layers; layer++) {
    const kept = Array.from(out[`layer ${layer}`], (p) => Number(p > 0));
    assert.deepEqual(kept, [...bytesOf(file, `topk.${pass}.mask.layer.${layer}`)], `layer ${layer}`);
  }
}
