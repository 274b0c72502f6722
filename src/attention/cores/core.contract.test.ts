// Every core against attention written out in float64: any pattern it takes, padding, windows, and plans for some heads.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { elements, input, matmul } from "../../graph/index.ts";
import { normalFill } from "../../random/index.ts";
import { interpret } from "../../runtime/index.ts";
import { normalisers } from "../normalisers/normalisers.ts";
import { FedView, headOf, type MadeUpBatch, madeUpBatch } from "../patterns/made-up-heads.fixture.ts";
import { parsePattern } from "../patterns/parse-pattern.ts";
import { type AttentionPlan, planKeep, planMask } from "../plan.ts";
import { type Visibility, visibility } from "../visibility.ts";
import { cores } from "./cores.ts";

const [HEADS, WIDTH, LAYER] = [2, 4, 1];
const SCALE = 1 / Math.sqrt(WIDTH);
const close = (a: number, b: number, where: string): void => assert.ok(Math.abs(a - b) < 1e-9, `${where}: ${a} and ${b}`);

/** q, k, v of a batch, [B, H, n, d] each. */
function projections({ bindings: { B, n } }: MadeUpBatch): Record<"q" | "k" | "v", Float32Array> {
  const make = (site: string): Float32Array => {
    const out = new Float32Array(elements([B, HEADS, n, WIDTH]));
    normalFill(out, { seed: 1, step: 0, site });
    return out;
  };
  return { q: make("q"), k: make("k"), v: make("v") };
}

/** Of every pair by head, [1, H, n, n], or by head and example, [B, H, n, n]: as large as the scores themselves. */
function biasOf({ bindings: { n, B } }: MadeUpBatch, of: "all" | "each"): Float32Array {
  const out = new Float32Array((of === "all" ? 1 : B) * HEADS * n * n);
  normalFill(out, { seed: 1, step: 0, site: "bias" });
  return out;
}

/** One head of one example: context [n, d], probabilities [n, n], kept pairs. */
function plain(plan: AttentionPlan, seen: Visibility, batch: MadeUpBatch, example: number, head: number, bias?: Float32Array) {
  const { n } = batch.bindings;
  const start = (example * HEADS + head) * n * WIDTH;
  const { q, k, v } = projections(batch);
  const [ofQ, ofK, ofV] = [q, k, v].map((all) => all.subarray(start, start + n * WIDTH));
  const scores = Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < WIDTH; i++) sum += ofQ[Math.floor(at / n) * WIDTH + i] * ofK[(at % n) * WIDTH + i];
    return sum * SCALE + (bias?.[((example * HEADS + head) * n * n + at) % bias.length] ?? 0);
  });
  const allowed = seen.allowed(batch.lengths[example], n);
  const kept = planKeep(plan, { ...headOf(batch, example, head), scores: Float32Array.from(scores), allowed });
  const probabilities = new Float64Array(n * n);
  const context = new Float64Array(n * WIDTH);
  for (let query = 0; query < n; query++) {
    const weights = Array.from({ length: n }, (_, key) => (kept[query * n + key] ? Math.exp(scores[query * n + key]) : 0));
    const sum = weights.reduce((a, b) => a + b, 0) || 1;
    for (const [key, weight] of weights.entries()) {
      probabilities[query * n + key] = weight / sum;
      for (let i = 0; i < WIDTH; i++) context[query * WIDTH + i] += (weight / sum) * ofV[key * WIDTH + i];
    }
  }
  return { context, probabilities, kept: kept.reduce((a, b) => a + b, 0) };
}

const plans: Readonly<Record<string, AttentionPlan>> = {
  ...Object.fromEntries(
    [
      "dense",
      "topK(sparsity=0.6)",
      "block(sparsity=0.6, size=3)",
      "heads(heads=1)",
      "anyOf(slidingWindow(radius=1), global(tokens=3))",
      "inOrder(slidingWindow(radius=2), topK(sparsity=0.5))",
    ].map((id) => [id, { pattern: parsePattern(id) }]),
  ),
  "topK in one head": { pattern: parsePattern("topK(sparsity=0.6)"), heads: [1] },
  "blocks in one head": { pattern: parsePattern("block(sparsity=0.6, size=3)"), heads: [0] },
  "topK in another layer": { pattern: parsePattern("topK(sparsity=0.6)"), layers: [0] },
};

interface Setting {
  readonly window?: number;
  /** One bias for all examples, or one for each. */
  readonly biased?: "all" | "each";
}

for (const [name, core] of Object.entries(cores)) {
  describe(`core ${name}`, () => {
    test("has the name it is registered by", () => assert.equal(core.name, name));
    for (const [title, plan] of Object.entries(plans)) {
      for (const { window, biased } of [{}, { window: 2 }, { biased: "all" }, { window: 2, biased: "each" }] as Setting[]) {
        const setting = `${window === undefined ? "" : `, in a window of ${window}`}${biased ? `, with a bias for ${biased}` : ""}`;
        test(`${title}${setting}: as written out in float64`, () => {
          const batch = madeUpBatch([7, 1, 12, 4], { heads: HEADS, layer: LAYER, extraPadding: 2 });
          const { B, n } = batch.bindings;
          const seen = visibility({ window });
          const view = new FedView({ heads: HEADS, layer: LAYER });
          const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
          const bias = biased ? biasOf(batch, biased) : undefined;
          const made = core.attend(q, k, v, {
            ...(bias && { bias: input("bias", [biased === "each" ? "B" : 1, HEADS, "n", "n"]) }),
            ...{ visibility: seen, plan, layer: LAYER, layers: 2, heads: HEADS, scale: SCALE },
            ...{ dropoutMask: null, input: view.input },
          });
          assert.deepEqual([made.context.shape, made.keptPairs.shape], [["B", HEADS, "n", WIDTH], ["B"]]);
          const outputs = {
            context: made.context,
            keptPairs: made.keptPairs,
            probabilities: made.probabilities?.() ?? made.context,
          };
          const out = interpret(outputs, { ...view.feeds(batch), ...projections(batch), ...(bias && { bias }) }, batch.bindings);
          for (let example = 0; example < B; example++) {
            let kept = 0;
            for (let head = 0; head < HEADS; head++) {
              const want = plain(plan, seen, batch, example, head, bias);
              kept += want.kept;
              const at = (example * HEADS + head) * n;
              for (const [i, value] of want.context.entries()) close(out.context.data[at * WIDTH + i], value, `context ${i}`);
              if (!made.probabilities) continue;
              for (const [i, value] of want.probabilities.entries())
                close(out.probabilities.data[at * n + i], value, `pair ${i}`);
            }
            assert.equal(out.keptPairs.data[example], kept);
          }
        });
      }
    }
    for (const plan of [
      { pattern: parsePattern("dense"), normaliser: "sparsemax" },
      { pattern: parsePattern("block(sparsity=0.4, size=3)"), normaliser: "entmax15" },
      { pattern: parsePattern("block(sparsity=0.4, size=3)"), normaliser: "sparsemax", layers: [LAYER] },
    ]) {
      test(`${plan.normaliser} over ${plan.pattern.id}: the normaliser's probabilities, and as many pairs as have some`, () => {
        const batch = madeUpBatch([7, 1, 12, 4], { heads: HEADS, layer: LAYER, extraPadding: 2 });
        const { n } = batch.bindings;
        const view = new FedView({ heads: HEADS, layer: LAYER });
        const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
        const common = { visibility: visibility(), layer: LAYER, layers: 2, heads: HEADS, scale: 3, input: view.input };
        const { context, keptPairs } = core.attend(q, k, v, { ...common, plan, dropoutMask: null });
        const scores = matmul(q, k, { transB: true, alpha: 3 });
        const keep = planMask(plan, { ...view, q, k, scores: () => scores, input: view.input }, 2);
        const p = normalisers[plan.normaliser].normalise(scores, keep, { input: view.input });
        const out = interpret(
          { context, keptPairs, p, want: matmul(p, v) },
          { ...view.feeds(batch), ...projections(batch) },
          batch.bindings,
        );
        for (const [example, length] of batch.lengths.entries()) {
          let pairs = 0;
          for (let at = example * HEADS * n; at < (example + 1) * HEADS * n; at++) {
            const real = at % n < length;
            if (real) pairs += out.p.data.subarray(at * n, (at + 1) * n).filter((share) => share > 0).length;
            for (let i = at * WIDTH; i < (at + 1) * WIDTH; i++)
              close(out.context.data[i], real ? out.want.data[i] : 0, `context ${i}`);
          }
          assert.equal(out.keptPairs.data[example], pairs);
          assert.ok(length === 1 || pairs < HEADS * length ** 2, "some pairs of a longer text have no probability");
        }
      });
    }
    test("probabilities hold exact zeros where a pair was removed, and dropout comes behind them", () => {
      const asked: unknown[] = [];
      const view = new FedView({ heads: HEADS, layer: LAYER });
      const [q, k, v] = ["q", "k", "v"].map((part) => input(part, ["B", HEADS, "n", WIDTH]));
      const plan = { pattern: parsePattern("topK(sparsity=0.6)") };
      const made = core.attend(q, k, v, {
        ...{ visibility: visibility(), plan, layer: LAYER, layers: 2, heads: HEADS, scale: SCALE, input: view.input },
        dropoutMask(shape) {
          asked.push(shape);
          return { mask: input("dropout", shape, "uint8"), probability: 0.1 };
        },
      });
      assert.equal(asked.length, 1);
      const batch = madeUpBatch([5, 3], { heads: HEADS, layer: LAYER });
      const { B, n } = batch.bindings;
      const feeds = { ...view.feeds(batch), ...projections(batch), dropout: new Float64Array(B * HEADS * n * n) };
      const { context } = interpret({ context: made.context }, feeds, batch.bindings);
      assert.ok(
        context.data.every((value) => value === 0),
        "a mask of zeros leaves nothing",
      );
      if (!made.probabilities) return;
      const { data } = interpret({ p: made.probabilities() }, feeds, batch.bindings).p;
      assert.equal(data.filter((p) => p > 0).length, HEADS * (5 * 2 + 3 * 2));
    });
  });
}
