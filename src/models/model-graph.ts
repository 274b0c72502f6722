import { type AttentionCore, type AttentionPlan, dense, masked } from "../attention/index.ts";
import { type BatchContext, GraphInputs } from "../batch/index.ts";
import { expectedGot } from "../errors/index.ts";
import { add, type FedInput, matmul, type Node, scale } from "../graph/index.ts";
import { type EncoderHeads, tasks } from "../tasks/index.ts";
import type { EncoderConfig } from "./config/encoder-config.ts";
import { families } from "./families/families.ts";
import type { EncoderBuild, Family } from "./families/family.ts";
import { classify } from "./layers/heads.ts";
import { dropped, Parameters } from "./layers/layers.ts";
import { visibilityOf } from "./visibility.ts";

const TOKEN_TYPES = "tokenTypeIds";

export interface ModelOptions {
  /** Default dense. */
  readonly plan?: AttentionPlan;
  /** How attention is computed; default `masked`. */
  readonly core?: AttentionCore;
  /** Dropout on. */
  readonly training: boolean;
  /** Rows of a batch are windows of texts, and the logits of a text are the mean of theirs; default false. */
  readonly windows?: boolean;
  /**
   * R-Drop: α of a second pass with other dropout masks; default 0, one pass. The loss is the mean of the two passes' and α / 4 times
   * how far they disagree; see `Task.divergence`.
   */
  readonly rDropAlpha?: number;
  /** Quantisation-aware training: linear layers compute as the file of 8 bits will, and learn as if they did not; default false. */
  readonly eightBits?: boolean;
  /** Learn from the teacher of the examples too: the loss is (1 − α) of the task's and α of `Task.distillation`'s. */
  readonly distillation?: DistillationSettings;
}

/** How much a model learns from its teacher, and how. */
export interface DistillationSettings {
  /** Share of the teacher in the loss, in [0, 1]. */
  readonly alpha: number;
  /** Of both softmaxes, above 0. */
  readonly temperature: number;
}

/** The graph of an encoder with its head; a trainer needs nothing else of the model. */
export interface ModelGraph {
  /** Parameter nodes by their Hugging Face names, in the order of the forward pass. */
  readonly parameters: readonly Node[];
  /** Names of those that scale and shift a normalisation. */
  readonly norms: ReadonlySet<string>;
  /** Everything that any output reads beside the parameters; a session says which of them it needs. */
  readonly inputs: readonly FedInput<BatchContext>[];
  /** The last hidden states, [T, D]. */
  readonly hidden: Node;
  /** [B, C] for a sequence, [S, C] for texts in windows, [T, C] for tokens, [M, V] for masked tokens. */
  readonly logits: Node;
  /** What the last layer of a sequence's head reads, [B, D]; built when asked. */
  readonly features: Node;
  /** Σ of the examples' losses / `lossDivisor`, shape []: see `Task.loss`; with R-Drop that of both passes. */
  readonly loss: Node;
  /** What goes into each layer, [T, D]: all that `gradients` keeps where memory counts more than time. */
  readonly checkpoints: readonly Node[];
  /** A layer: float [B], kept pairs of real queries and keys over all heads. */
  readonly keptPairs: readonly Node[];
  /** A layer: [B, H, n, n], built when asked; none where the core has no such matrix. */
  readonly probabilities: readonly Node[];
}

/**
 * Build the forward graph of an encoder with the head of its task, and the loss.
 *
 * @param config - From `parseEncoderConfig`; its `task` chooses head and loss.
 * @param options - Attention plan, and whether dropout is on.
 * @throws `pattern/bad-plan`, `graph/shape`; `model/r-drop` for a task without a divergence; `model/distillation` for one that learns from no
 *   teacher.
 * @see Vaswani et al., arXiv 1706.03762; R-Drop: Liang et al., arXiv 2106.14448, whose loss is twice ours: there the two losses are added
 *   up.
 * @example
 * const { loss, parameters } = buildModel(config, { plan: { pattern: topK({ sparsity: 0.8 }) }, training: true });
 */
export function buildModel(
  config: EncoderConfig,
  {
    plan = { pattern: dense() },
    core = masked,
    training,
    windows = false,
    rDropAlpha = 0,
    distillation,
    eightBits = false,
  }: ModelOptions,
): ModelGraph {
  const parameters = new Parameters(config.lora, training && eightBits);
  const inputs = new GraphInputs();
  const family = families[config.family];
  const { head, loss, divergence, distillation: taught } = tasks[config.task];
  if (training && distillation && !taught) {
    const rule = `none in ${config.task}, which learns from no teacher`;
    throw expectedGot("model/distillation", "distillation", rule, `alpha ${distillation.alpha}`);
  }
  const lossOf = (logits: Node, inputs: GraphInputs): Node => {
    const own = loss(logits, inputs, config);
    if (!training || !distillation) return own;
    const { alpha, temperature } = distillation;
    return add(scale(own, 1 - alpha), scale(taught!.loss(logits, inputs, config, temperature), alpha));
  };
  const buildOf = (inputs: GraphInputs): EncoderBuild => ({
    config,
    plan,
    core,
    visibility: (layer) => visibilityOf(config, layer),
    parameters,
    inputs,
    training,
    ids: {
      tokens: () => inputs.values("inputIds", ["B*n"], "int32", (out, { inputIds }) => (out as Int32Array).set(inputIds)),
      positions: () =>
        inputs.values("positions", ["n"], "int32", (out) => out.forEach((_, at) => void (out[at] = at + config.positionOffset))),
      types: () => inputs.values(TOKEN_TYPES, ["B*n"], "int32", (out, { tokenTypeIds }) => (out as Int32Array).set(tokenTypeIds)),
    },
    dropout: (x, site, shape, probability) => dropped(x, training ? inputs.dropout(site, shape, probability) : null),
  });
  const pass = (inputs: GraphInputs) => {
    const build = buildOf(inputs);
    const { hidden, layerInputs, attentions } = family.encode(build);
    const ofRows = head.logits(hidden, headsOf(family, build), inputs);
    const logits = windows ? meanOfWindows(ofRows, inputs) : ofRows;
    return { build, hidden, layerInputs, attentions, logits, loss: lossOf(logits, inputs) };
  };
  const { build, hidden, layerInputs, attentions, logits, loss: ownLoss } = pass(inputs);
  const second = training && rDropAlpha > 0 ? pass(inputs.again("again")) : undefined;
  if (second && !divergence) {
    throw expectedGot("model/r-drop", "rDropAlpha", `0 in ${config.task}, whose outputs are no distribution`, rDropAlpha);
  }
  return {
    parameters: parameters.all,
    norms: parameters.norms,
    loss: second
      ? add(scale(add(ownLoss, second.loss), 0.5), scale(divergence!(logits, second.logits, inputs, config), rDropAlpha / 4))
      : ownLoss, // []
    inputs: inputs.all,
    hidden,
    logits,
    get features() {
      return family.poolSequence(hidden, build);
    },
    checkpoints: [...layerInputs, ...(second?.layerInputs ?? [])],
    keptPairs: attentions.map(({ keptPairs }) => keptPairs),
    get probabilities() {
      return attentions.flatMap(({ probabilities }) => probabilities?.() ?? []);
    },
  };
}

/** Whether a model reads which of two texts a token is of. */
export const readsTokenTypes = (config: EncoderConfig): boolean =>
  buildModel(config, { training: false }).inputs.some(({ node }) => node.attrs.name === TOKEN_TYPES);

/** [B, C] → [S, C]: the mean over the windows of each text; exactly the window's own logits where there is one. */
function meanOfWindows(logits: Node, inputs: GraphInputs): Node {
  const shares = inputs.values("windows.shares", ["S", "B"], "float", (out, { lengths: { length: B }, exampleOf }) => {
    const texts = exampleOf ?? Int32Array.from({ length: B }, (_, row) => row);
    const windows = new Int32Array(out.length / B);
    for (const text of texts) windows[text]++;
    out.fill(0 as never);
    texts.forEach((text, row) => void (out[text * B + row] = 1 / windows[text]));
  });
  return matmul(shares, logits);
}

/** The heads of a family, each over what is being built. */
const headsOf = ({ poolSequence, classifier, classifyTokens, predictTokens }: Family, build: EncoderBuild): EncoderHeads => ({
  poolSequence: (hidden) => poolSequence(hidden, build),
  classifySequence: (hidden) => classify(poolSequence(hidden, build), classifier, build),
  ...(classifyTokens && { classifyTokens: (hidden) => classifyTokens(hidden, build) }),
  ...(predictTokens && { predictTokens: (rows) => predictTokens(rows, build) }),
});
