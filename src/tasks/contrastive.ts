import type { BatchContext } from "../batch/index.ts";
import { add, constant, div, logSoftmax, matmul, mul, scale, sqrt, sumAll, sumTo } from "../graph/index.ts";
import type { Task } from "./task.ts";

/** Softmax temperature of the similarities; lower ones look more at the hardest pairs. */
const TEMPERATURE = 0.1;
/** Added to what a text must not be compared with: itself. */
const NEVER = -1e4;

/**
 * Texts of one label close to each other, texts of different labels far apart: what a few labels say most by.
 *
 *     z = pooled / ‖pooled‖;   loss = Σᵢ −1/|P(i)| Σ_{p ∈ P(i)} log softmax_{j ≠ i}(zᵢ · zⱼ / τ)[p]  / lossDivisor
 *
 * P(i) are the other texts of the batch with the label of i; a text that is alone with its label adds nothing. τ = 0.1.
 *
 * @see Khosla et al., arXiv 2004.11362 (supervised contrastive loss); Tunstall et al., arXiv 2209.11055 (SetFit).
 */
export const contrastive: Task = {
  summary: "texts of one label close to each other",
  hasOneClass: false,
  perToken: false,
  smooths: false,
  labels: null,
  comparesBatch: true,
  groupsByLabel: true,
  head: {
    architecture: "Model",
    isProblemType: false,
    needs: "poolSequence",
    fits: () => false,
    logits: (hidden, heads) => heads.poolSequence(hidden), // [B, D]
  },
  /** Of a text in several windows one a pass, and the next in the next. */
  collate: (examples, { epoch }) =>
    examples.map((example) => {
      const { others = [], ...first } = example;
      const window = others[((Math.max(0, epoch) + example.index) % (1 + others.length)) - 1];
      return { ...first, ...window } as typeof example;
    }),
  loss(pooled, inputs) {
    const length = sqrt(add(sumTo(mul(pooled, pooled), ["B", 1]), constant(1e-12))); // [B, 1]
    const z = div(pooled, length); // [B, D]
    const self = inputs.values("contrastive.self", ["B", "B"], "float", (out) => writeSelf(out as Float32Array));
    const similarities = add(matmul(z, z, { transB: true, alpha: 1 / TEMPERATURE }), self); // [B, B]
    const targets = inputs.values("contrastive.targets", ["B", "B"], "float", (out, context) =>
      writeTargets(out as Float32Array, context),
    );
    return scale(sumAll(mul(targets, logSoftmax(similarities))), -1);
  },
  lossWeight: (examples) => examples.length,
  card: { pipelineTag: "feature-extraction", description: "A sentence encoder" },
};

function writeSelf(out: Float32Array): void {
  out.fill(0);
  const size = Math.sqrt(out.length);
  for (let row = 0; row < size; row++) out[row * size + row] = NEVER;
}

/** A row's weight spread over the other examples of its label; nothing where there is none. */
function writeTargets(out: Float32Array, { labels, lossDivisor }: BatchContext): void {
  const size = labels.length;
  out.fill(0);
  for (let row = 0; row < size; row++) {
    const others = Array.from({ length: size }, (_, at) => at).filter((at) => at !== row && labels[at] === labels[row]);
    for (const at of others) out[row * size + at] = 1 / (others.length * lossDivisor);
  }
}
