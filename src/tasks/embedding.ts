import type { BatchContext, GraphInputs } from "../batch/index.ts";
import { add, constant, div, logSoftmax, matmul, mul, type Node, reshape, scale, sqrt, sumAll, sumTo } from "../graph/index.ts";
import { retrievalScores } from "../metrics/index.ts";
import type { Collated, Task } from "./task.ts";

/** 1 / temperature: cosines differ by hundredths, and a softmax sees no such difference. */
const SCALE = 20;
/** Added to what is no candidate. */
const NEVER = -1e4;
/** What `collate` makes the label of a text: its place in its row. */
const [FIRST, SECOND] = [0, 1];

/**
 * Sentence embeddings: the texts of a row close to each other, and far from those of other rows.
 *
 *     z = m / ‖m‖, m the mean of the hidden states of real tokens
 *     loss = Σᵢ −log softmax_{j ∈ C(i)}(20 · zᵢ · zⱼ)[second text of row i]  / lossDivisor
 *
 * i runs over the first texts of a batch; the candidates C(i) are its second texts and, where rows have a third text, these too. What says
 * the same as the row's own texts is no candidate against it: a text equal to one of the two, and the second text of a row with the same
 * first text. One direction only, as in sentence-transformers: first texts look for second ones.
 *
 * Held-out rows are judged by retrieval: each first text looks for its second among all held-out second ones; see `retrievalScores`.
 * Third texts take no part in that.
 *
 * @see van den Oord et al., arXiv 1807.03748 (InfoNCE); Henderson et al., arXiv 1705.00652 (in-batch negatives);
 *   `MultipleNegativesRankingLoss` of sentence-transformers, which takes equal texts for negatives.
 */
export const embedding: Task = {
  summary: "texts that belong together, as embeddings close to each other",
  hasOneClass: false,
  perToken: false,
  smooths: false,
  comparesBatch: true,
  labels: {
    // two texts may also be a pair with a label, so it is never guessed
    looksLike: () => false,
    ofWords: false,
    ofPairs: true,
    areClasses: false,
    names: () => [],
    of: () => ({ label: 0 }),
    has: () => true,
    leastDifferent: 1,
  },
  head: {
    architecture: "Model",
    isProblemType: false,
    pooling: "mean",
    fits: () => false,
    logits: (hidden, _, inputs) => unit(meanOfTokens(hidden, inputs)), // [B, D]
  },
  /** Each text of a row an example of its own, first ones and their others side by side. */
  collate: (examples, { epoch }) =>
    examples.flatMap((example) => {
      const { others = [], ...first } = example;
      const texts: readonly Pick<Collated, "inputIds">[] = [first, ...others];
      const read = epoch < 0 ? texts.slice(0, 2) : texts;
      return read.map((text, place) => ({ ...first, ...text, label: place }) as typeof example);
    }),
  loss(z, inputs) {
    const rules = (name: string, write: (out: Float32Array, context: BatchContext) => void): Node =>
      inputs.values(`embedding.${name}`, ["B", "B"], "float", (out, context) => write(out as Float32Array, context));
    const similarities = add(matmul(z, z, { transB: true, alpha: SCALE }), rules("candidates", writeCandidates)); // [B, B]
    return scale(sumAll(mul(rules("targets", writeTargets), logSoftmax(similarities))), -1);
  },
  lossWeight: (examples) => examples.filter(({ label }) => label === FIRST).length,
  outputs: {
    of: (logits) => Array.from(logits),
    /** @param outputs - [2 · D] a row: the first text's vector, then the second's. */
    figures(_, outputs, examples) {
      const sides = outputs.map(bothOf);
      const { accuracyAt1, mrrAt10, loss } = retrievalScores(
        sides.map(([first]) => first),
        sides.map(([, second]) => second),
        { scale: SCALE, isOther: (row, other) => isOther(examples[row].labels, examples[other].labels, SECOND) },
      );
      return { loss, figures: { accuracyAt1, mrrAt10 }, primary: "accuracyAt1", score: accuracyAt1 };
    },
    answer: {
      ranks: false,
      of: (row) => row.map((score, at) => ({ label: String(at), score })),
      printed: (said) => ({ embedding: said.map(({ score }) => Number(score.toPrecision(7))) }),
      fields: () => ["embedding"],
      lost: "the rest was not read",
      mistakeColumns: ["cosine"],
      mistakes({ row }) {
        const cosine = cosineOf(row);
        return [{ weight: 1 - cosine, cells: [cosine.toFixed(4)] }];
      },
      line: ({ row }) => ({ cosine: cosineOf(row) }),
    },
  },
  card: { pipelineTag: "feature-extraction", description: "A sentence encoder" },
};

/** [T, D] → [B, D] */
function meanOfTokens(hidden: Node, inputs: GraphInputs): Node {
  const D = hidden.shape[1];
  const shares = inputs.values("embedding.shares", ["B", "n", 1], "float", (out, { lengths }) => {
    const n = out.length / lengths.length;
    lengths.forEach((length, row) => {
      for (let at = 0; at < n; at++) out[row * n + at] = at < length ? 1 / length : 0;
    });
  });
  return reshape(sumTo(mul(reshape(hidden, ["B", "n", D]), shares), ["B", 1, D]), ["B", D]);
}

const unit = (x: Node): Node => div(x, sqrt(add(sumTo(mul(x, x), ["B", 1]), constant(1e-12))));

/**
 * Whether a text of another row says something else than both texts of this one.
 *
 * @param own - Numbers of the row's texts, equal ones for equal texts.
 * @param place - Which text of the other row.
 */
function isOther(own: ArrayLike<number> = [], other: ArrayLike<number> = [], place: number): boolean {
  if (other[place] === undefined) return true;
  if (other[place] === own[FIRST] || other[place] === own[SECOND]) return false;
  return place !== SECOND || other[FIRST] !== own[FIRST];
}

function writeCandidates(out: Float32Array, { examples, labels, labelSets = [] }: BatchContext): void {
  const size = examples.length;
  for (let row = 0; row < size; row++)
    for (let at = 0; at < size; at++) {
      const own = examples[at] === examples[row] && labels[at] === SECOND;
      const candidate = labels[at] >= SECOND && (own || isOther(labelSets[row], labelSets[at], labels[at]));
      out[row * size + at] = candidate ? 0 : NEVER;
    }
}

function writeTargets(out: Float32Array, { examples, labels, lossDivisor }: BatchContext): void {
  const size = examples.length;
  for (let row = 0; row < size; row++)
    for (let at = 0; at < size; at++) {
      const own = labels[row] === FIRST && labels[at] === SECOND && examples[at] === examples[row];
      out[row * size + at] = own ? 1 / lossDivisor : 0;
    }
}

const bothOf = (row: readonly number[]): readonly [readonly number[], readonly number[]] => [
  row.slice(0, row.length / 2),
  row.slice(row.length / 2),
];

function cosineOf(row: readonly number[]): number {
  const [first, second] = bothOf(row);
  return first.reduce((sum, x, at) => sum + x * second[at], 0);
}
