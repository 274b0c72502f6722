import { type FedInput, logSoftmax, mul, type Node, scale, sumAll } from "../graph/index.ts";
import { type AttentionPlan, type BatchContext, dense } from "../sparsity/index.ts";
import { bert } from "./bert.ts";
import type { EncoderConfig, EncoderFamily } from "./config.ts";
import { distilbert } from "./distilbert.ts";
import type { EncoderBuild, EncoderNodes } from "./encoder.ts";
import { GraphInputs } from "./graph-inputs.ts";
import { Parameters } from "./layers.ts";

const builders: Readonly<Record<EncoderFamily, (build: EncoderBuild) => EncoderNodes>> = { bert, distilbert };

export interface ClassifierOptions {
  /** Default dense. */
  readonly plan?: AttentionPlan;
  /** Dropout on. */
  readonly training: boolean;
}

/** The graph of a sequence classifier; a trainer needs nothing else of the model. */
export interface ClassifierGraph {
  /** Parameter nodes by their Hugging Face names, in the order of the forward pass. */
  readonly parameters: readonly Node[];
  /** Everything that any output reads beside the parameters; a session says which of them it needs. */
  readonly inputs: readonly FedInput<BatchContext>[];
  /** [B, C] */
  readonly logits: Node;
  /** Σ cross-entropy / `lossDivisor`, shape []. */
  readonly loss: Node;
  /** A layer: float [B], kept pairs of real queries and keys over all heads. */
  readonly keptPairs: readonly Node[];
  /** A layer: [B, H, n, n]. */
  readonly probabilities: readonly Node[];
}

/**
 * Build the forward graph of an encoder with a sequence-classification head, and its loss.
 *
 *     loss = −Σ targets ∘ logSoftmax(logits),  targets = ((1 − ε) · one-hot + ε / C) / lossDivisor
 *
 * with ε the label smoothing. An example without a label (−1) adds nothing.
 *
 * @param config - From `parseEncoderConfig`.
 * @param options - Attention plan, and whether dropout is on.
 * @throws `pattern/bad-plan`, `graph/shape`.
 * @example
 * const { loss, parameters } = buildClassifier(config, { plan: { pattern: topK({ sparsity: 0.8 }) }, training: true });
 */
export function buildClassifier(
  config: EncoderConfig,
  { plan = { pattern: dense() }, training }: ClassifierOptions,
): ClassifierGraph {
  const parameters = new Parameters();
  const inputs = new GraphInputs();
  const ids: EncoderBuild["ids"] = {
    tokens: inputs.values("inputIds", ["B*n"], "int32", (out, { inputIds }) => (out as Int32Array).set(inputIds)),
    positions: inputs.values("positions", ["n"], "int32", (out) => out.forEach((_, at) => void (out[at] = at))),
    types: () =>
      inputs.values("tokenTypeIds", ["B*n"], "int32", (out, { tokenTypeIds }) => (out as Int32Array).set(tokenTypeIds)),
  };
  const { logits, attentions } = builders[config.family]({ config, plan, parameters, inputs, training, ids });
  const targets = inputs.values("targets", ["B", config.numLabels], "float", writeTargets); // [B, C]
  return {
    parameters: parameters.all,
    inputs: inputs.all,
    logits,
    loss: scale(sumAll(mul(targets, logSoftmax(logits))), -1), // []
    keptPairs: attentions.map(({ keptPairs }) => keptPairs),
    probabilities: attentions.map(({ probabilities }) => probabilities),
  };
}

function writeTargets(out: ArrayLike<unknown>, { labels, labelSmoothing, lossDivisor }: BatchContext): void {
  const targets = out as Float32Array;
  const classes = targets.length / labels.length;
  labels.forEach((label, row) => {
    for (let c = 0; c < classes; c++) {
      const target = (1 - labelSmoothing) * Number(c === label) + labelSmoothing / classes;
      targets[row * classes + c] = label < 0 ? 0 : target / lossDivisor;
    }
  });
}
