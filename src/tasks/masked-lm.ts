import type { BatchContext } from "../batch/index.ts";
import { cast, equal, logSoftmax, mul, pickRows, reshape, sumAll } from "../graph/index.ts";
import { sum } from "./class-targets.ts";
import { maskTokens } from "./masking.ts";
import type { Task } from "./task.ts";

/** The token behind each mask: what an encoder learns a language by, from text alone. */
export const maskedLm: Task = {
  summary: "the words behind masks, from text without labels",
  hasOneClass: false,
  perToken: false,
  smooths: false,
  labels: null,
  head: {
    architecture: "ForMaskedLM",
    isProblemType: false,
    needs: "predictTokens",
    fits: ({ architecture, problemType }) => problemType === undefined && (architecture?.endsWith("ForMaskedLM") ?? false),
    logits(hidden, heads, inputs) {
      const rows = inputs.values("maskedRows", ["M"], "int32", (out, { masked }) => (out as Int32Array).set(masked!.rows)); // [M]
      const places = inputs.values("maskedPlaces", ["B*n"], "int32", writePlaces); // [T]
      return heads.predictTokens!(pickRows(hidden, rows, places)); // [M, V]
    },
  },
  /** Hides tokens; each epoch others, in evaluation always the same. */
  collate: (examples, { seed, epoch, masking }) =>
    examples.map((example) => {
      const key = { seed: epoch < 0 ? 0 : seed, epoch, example: example.index };
      const { inputIds, places, labels } = maskTokens(example.inputIds, masking!, key);
      return { ...example, inputIds, masked: { places, labels } };
    }),
  /**
   * Cross-entropy of the masked tokens over the vocabulary: −Σ logSoftmax(logits)[label] / lossDivisor.
   *
   * The one-hot rows are made in the graph: fed, they would be the largest input by far.
   */
  loss(logits, inputs, { vocabSize: V }) {
    const ids = inputs.values("vocabulary", [V], "int32", (out) => out.forEach((_, id) => void (out[id] = id))); // [V]
    const labels = inputs.values("maskedLabels", ["M"], "int32", (out, { masked }) => (out as Int32Array).set(masked!.labels)); // [M]
    const hit = cast(equal(ids, reshape(labels, ["M", 1])), "float"); // [M, V]
    const weights = inputs.values("maskedWeights", ["M", 1], "float", (out, { lossDivisor, masked }) => {
      masked!.labels.forEach((label, at) => {
        (out as Float32Array)[at] = label < 0 ? 0 : -1 / lossDivisor;
      });
    }); // [M, 1]
    return sumAll(mul(mul(hit, weights), logSoftmax(logits)));
  },
  lossWeight: (examples) => sum(examples.map(({ masked }) => masked!.labels.length)),
  card: { pipelineTag: "fill-mask", description: "A masked language model" },
};

/** For each token its place among the masked ones, or M: the inverse of `maskedRows`. */
function writePlaces(out: ArrayLike<unknown>, { masked }: BatchContext): void {
  const places = out as Int32Array;
  places.fill(masked!.rows.length);
  masked!.rows.forEach((row, at) => {
    places[row] = at;
  });
}
