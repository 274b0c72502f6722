import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gradients, input, maskedSoftmax, matmul, mul, type Node, sumAll } from "../../graph/index.ts";
import { normalFill } from "../../random/index.ts";
import type { HostTensor, Session } from "../../runtime/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { anyOf, inOrder } from "./compose.ts";
import { FedView, headOf, type MadeUpBatch, madeUpBatch, tensorsOf } from "./made-up-heads.fixture.ts";
import type { HeadView, Pattern } from "./pattern.ts";
import { patterns } from "./registry.ts";

// Every pattern of the registry alone, and of every two of them both compositions, in both orders where the order matters; on ONNX
// Runtime, against the references. Each sparsity has a ragged batch of its own, and the batches together have every length once.
// Compositions take steps of 10 %, as most of the time goes into compiling them; single patterns those between as well.
const sparsities = Array.from({ length: 10 }, (_, step) => step / 10);
const LONGEST = 130;
const lengthsAt = (step: number): number[] => Array.from({ length: LONGEST / 10 }, (_, at) => step + 1 + 10 * at);

const [HEADS, LAYER, WIDTH] = [2, 1, 4];

/** The patterns at one sparsity. */
const single = (sparsity: number): Pattern[] =>
  Object.values(patterns).map((entry) => once(entry.ofSparsity?.(sparsity) ?? entry.sample()));

function everyComposition(sparsity: number): Pattern[] {
  const parts = single(sparsity);
  return [
    ...parts,
    ...parts.flatMap((first) => parts.map((second) => inOrder(first, second))),
    ...parts.flatMap((first, at) => parts.slice(at + 1).map((second) => anyOf(first, second))),
    ...single(sparsity + 0.05),
  ];
}

/** The same pattern, but computed only once for the same allowed pairs: most compositions start with the same part. */
function once(pattern: Pattern): Pattern {
  const kept = new WeakMap<Uint8Array, Uint8Array>();
  const nodes = new WeakMap<Node, Node>();
  return {
    ...pattern,
    keep(view) {
      if (!kept.has(view.allowed)) kept.set(view.allowed, pattern.keep(view));
      return kept.get(view.allowed)!;
    },
    graph(view) {
      if (!nodes.has(view.allowed)) nodes.set(view.allowed, pattern.graph(view));
      return nodes.get(view.allowed)!;
    },
  };
}

/**
 * Scores are multiples of 2⁻¹⁰: sums of them are exact in float32, so that ties are ties in any order of adding. The seeds are of the
 * few where no sum of probabilities lies within 3e-7 of topP's mass, on either side of which float32 may put it.
 */
function batchAt(step: number): MadeUpBatch {
  const batch = madeUpBatch(lengthsAt(step), { heads: HEADS, layer: LAYER, seed: step + 11 });
  return { ...batch, scores: batch.scores.map((score) => Math.round(1024 * score) / 1024) };
}

const values = input("values", ["B", HEADS, "n", WIDTH]);
const weights = input("weights", ["B", HEADS, "n", WIDTH]); // 0 for padded queries, as the attention layer has it

/** Gradients of `Σ weights · (softmax(mask(scores)) · values)` with regard to the scores and the values. */
function attentionGradients(view: FedView, keep: Node): { ofScores: Node; ofValues: Node } {
  const context = matmul(maskedSoftmax(view.scores(), keep), values); // [B, H, n, WIDTH]
  const [ofScores, ofValues] = gradients(sumAll(mul(weights, context)), [view.scores(), values]);
  return { ofScores, ofValues };
}

function madeUpValues({ bindings: { B, n }, lengths, seed }: MadeUpBatch): { values: Float32Array; weights: Float32Array } {
  const [made, drawn] = [new Float32Array(B * HEADS * n * WIDTH), new Float32Array(B * HEADS * n * WIDTH)];
  normalFill(made, { seed, step: 0, site: "values" });
  normalFill(drawn, { seed, step: 0, site: "weights" });
  const query = (at: number): number => Math.floor(at / WIDTH) % n;
  const length = (at: number): number => lengths[Math.floor(at / (HEADS * n * WIDTH))];
  return { values: made, weights: drawn.map((x, at) => (query(at) < length(at) ? x : 0)) };
}

/** The reference masks of all heads of a batch: [B, H, n, n]. */
function referenceMasks(views: readonly HeadView[], pattern: Pattern): Uint8Array {
  const masks = new Uint8Array(views.reduce((size, { n }) => size + n * n, 0));
  views.forEach((view, at) => {
    masks.set(pattern.keep(view), at * view.n * view.n);
  });
  return masks;
}

/** Hold every real query's row of a mask that may be broadcast to the reference's. */
function assertSameMask({ shape: [B, H, Q], data }: HostTensor, want: Uint8Array, batch: MadeUpBatch, id: string): void {
  const { n } = batch.bindings;
  const got = data as Uint8Array;
  for (const [example, length] of batch.lengths.entries()) {
    for (let head = 0; head < HEADS; head++) {
      for (let query = 0; query < length; query++) {
        const from = (((B === 1 ? 0 : example) * H + (H === 1 ? 0 : head)) * Q + (Q === 1 ? 0 : query)) * n;
        const at = ((example * HEADS + head) * n + query) * n;
        for (let key = 0; key < n; key++) {
          if (got[from + key] === want[at + key]) continue;
          assert.fail(`${id}: ${length} tokens, head ${head}, query ${query}, key ${key}: got ${got[from + key]}`);
        }
      }
    }
  }
}

function assertClose(got: HostTensor, want: HostTensor, where: string): void {
  const [a, b] = [got.data as Float32Array, want.data as Float32Array];
  assert.equal(a.length, b.length);
  for (let at = 0; at < a.length; at++) {
    if (!(Math.abs(a[at] - b[at]) <= 1e-6)) assert.fail(`${where}, place ${at}: got ${a[at]}, want ${b[at]}`);
  }
}

test("the batches have every length from 1 to 130, each once", () => {
  const lengths = sparsities.map((_, step) => lengthsAt(step));
  assert.deepEqual(
    lengths.flat().sort((a, b) => a - b),
    Array.from({ length: LONGEST }, (_, at) => at + 1),
  );
});

describe("every pattern and every composition of two keeps its reference's pairs, and has the gradients of its mask", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const fixed = input("fixed", ["B", HEADS, "n", "n"], "bool");
  let constant: Session;
  const constantView = new FedView({ heads: HEADS, layer: LAYER });

  for (const [step, sparsity] of sparsities.entries()) {
    test(`sparsity ${sparsity}, ${lengthsAt(step).join(", ")} tokens`, async () => {
      constant ??= await runtime.compile({ ...attentionGradients(constantView, fixed) });
      const batch = batchAt(step);
      const subjects = everyComposition(sparsity);
      const view = new FedView(batch);
      const outputs: Record<string, Node> = {};
      for (const [at, pattern] of subjects.entries()) {
        const mask = pattern.graph(view);
        outputs[`mask${at}`] = mask;
        for (const [name, node] of Object.entries(attentionGradients(view, mask))) outputs[name + at] = node;
      }
      const session = await runtime.compile(outputs);
      const feeds = { ...view.feeds(batch), ...madeUpValues(batch) };
      const tensors = tensorsOf(session.inputs, feeds, batch.bindings);
      const got = await session.run(tensors);
      await session.release();

      const views = headsOf(batch);
      for (const [at, pattern] of subjects.entries()) {
        const masks = referenceMasks(views, pattern);
        assertSameMask(got[`mask${at}`], masks, batch, pattern.id);
        const shape = [batch.bindings.B, HEADS, batch.bindings.n, batch.bindings.n];
        const want = await constant.run({ ...tensors, fixed: { dtype: "bool", shape, data: masks } });
        for (const name of ["ofScores", "ofValues"]) assertClose(got[name + at], want[name], `${pattern.id}, gradient ${name}`);
      }
    });
  }
});

/** One view a head, example by example. */
const headsOf = (batch: MadeUpBatch): HeadView[] =>
  Array.from({ length: batch.lengths.length * HEADS }, (_, at) => headOf(batch, Math.floor(at / HEADS), at % HEADS));
