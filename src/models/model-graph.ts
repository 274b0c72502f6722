import { type AttentionPlan, dense } from "../attention/index.ts";
import { type BatchContext, GraphInputs } from "../batch/index.ts";
import { type FedInput, type Node, pickRows } from "../graph/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";
import type { EncoderBuild } from "./families/family.ts";
import { dropped, Parameters } from "./layers/layers.ts";
import { losses } from "./losses.ts";

export interface ModelOptions {
  /** Default dense. */
  readonly plan?: AttentionPlan;
  /** Dropout on. */
  readonly training: boolean;
}

/** The graph of an encoder with its head; a trainer needs nothing else of the model. */
export interface ModelGraph {
  /** Parameter nodes by their Hugging Face names, in the order of the forward pass. */
  readonly parameters: readonly Node[];
  /** Names of those that scale and shift a normalisation. */
  readonly norms: ReadonlySet<string>;
  /** Everything that any output reads beside the parameters; a session says which of them it needs. */
  readonly inputs: readonly FedInput<BatchContext>[];
  /** [B, C] for a sequence, [T, C] for tokens, [M, V] for masked tokens. */
  readonly logits: Node;
  /** Σ of the examples' losses / `lossDivisor`, shape []: see losses.ts. */
  readonly loss: Node;
  /** A layer: float [B], kept pairs of real queries and keys over all heads. */
  readonly keptPairs: readonly Node[];
  /** A layer: [B, H, n, n]. */
  readonly probabilities: readonly Node[];
}

/**
 * Build the forward graph of an encoder with the head of its task, and the loss.
 *
 * @param config - From `parseEncoderConfig`; its `task` chooses head and loss.
 * @param options - Attention plan, and whether dropout is on.
 * @throws `pattern/bad-plan`, `graph/shape`.
 * @example
 * const { loss, parameters } = buildModel(config, { plan: { pattern: topK({ sparsity: 0.8 }) }, training: true });
 */
export function buildModel(config: EncoderConfig, { plan = { pattern: dense() }, training }: ModelOptions): ModelGraph {
  const parameters = new Parameters();
  const inputs = new GraphInputs();
  const build: EncoderBuild = {
    config,
    plan,
    parameters,
    inputs,
    training,
    ids: {
      tokens: () => inputs.values("inputIds", ["B*n"], "int32", (out, { inputIds }) => (out as Int32Array).set(inputIds)),
      positions: () =>
        inputs.values("positions", ["n"], "int32", (out) => out.forEach((_, at) => void (out[at] = at + config.positionOffset))),
      types: () =>
        inputs.values("tokenTypeIds", ["B*n"], "int32", (out, { tokenTypeIds }) => (out as Int32Array).set(tokenTypeIds)),
    },
    dropout: (x, site, shape, probability) => dropped(x, training ? inputs.dropout(site, shape, probability) : null),
  };
  const { encode } = families[config.family];
  const { hidden, attentions } = encode(build);
  const logits = headOf(hidden, build);
  return {
    parameters: parameters.all,
    norms: parameters.norms,
    loss: losses[config.task](logits, inputs, config), // []
    inputs: inputs.all,
    logits,
    keptPairs: attentions.map(({ keptPairs }) => keptPairs),
    probabilities: attentions.map(({ probabilities }) => probabilities),
  };
}

function headOf(hidden: Node, build: EncoderBuild): Node {
  const { config, inputs } = build;
  const { classifySequence, classifyTokens, predictTokens } = families[config.family];
  if (config.task === "token_classification") return classifyTokens!(hidden, build); // [T, C]
  if (config.task !== "masked_lm") return classifySequence(hidden, build); // [B, C]
  const rows = inputs.values("maskedRows", ["M"], "int32", (out, { masked }) => (out as Int32Array).set(masked!.rows)); // [M]
  const places = inputs.values("maskedPlaces", ["B*n"], "int32", writePlaces); // [T]
  return predictTokens!(pickRows(hidden, rows, places), build); // [M, V]
}

/** For each token its place among the masked ones, or M: the inverse of `maskedRows`. */
function writePlaces(out: ArrayLike<unknown>, { masked }: BatchContext): void {
  const places = out as Int32Array;
  places.fill(masked!.rows.length);
  masked!.rows.forEach((row, at) => {
    places[row] = at;
  });
}
