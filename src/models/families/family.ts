import type { AttentionCore, AttentionPlan, Visibility } from "../../attention/index.ts";
import type { GraphInputs } from "../../batch/index.ts";
import type { Node } from "../../graph/index.ts";
import type { ConfigReader } from "../config/config-reader.ts";
import type { Activation, EncoderConfig, EncoderFamily } from "../config/encoder-config.ts";
import type { AttentionNodes } from "../layers/attention.ts";
import type { Parameters } from "../layers/layers.ts";

/** What the parts of a family build with. */
export interface EncoderBuild {
  readonly config: EncoderConfig;
  readonly plan: AttentionPlan;
  /** How attention is computed. */
  readonly core: AttentionCore;
  /** Which pairs the model itself lets meet in a layer. */
  visibility(layer: number): Visibility;
  readonly parameters: Parameters;
  readonly inputs: GraphInputs;
  /** Dropout on. */
  readonly training: boolean;
  readonly ids: {
    /** int32 [T]; a function, as images have none. */
    tokens(): Node;
    /** int32 [n]: `positionOffset`, `positionOffset` + 1, … */
    positions(): Node;
    /** int32 [T]; a function, so that families without token types do not feed them. */
    types(): Node;
  };
  /** x ∘ the dropout mask of a site; x itself in evaluation, or where the probability is 0. */
  dropout(x: Node, site: string, shape: Node["shape"], probability: number): Node;
}

/** What an encoder gives. */
export interface EncoderNodes {
  /** [T, D] */
  readonly hidden: Node;
  /** What goes into each layer, [T, D]. */
  readonly layerInputs: readonly Node[];
  /** One entry a layer. */
  readonly attentions: readonly AttentionNodes[];
}

/** Which key of config.json holds a field, and the value transformers gives it when the key is absent. */
export interface ConfigKeys {
  readonly hiddenSize: readonly [string, number];
  readonly layers: readonly [string, number];
  readonly heads: readonly [string, number];
  readonly intermediateSize: readonly [string, number];
  readonly hiddenDropout: readonly [string, number];
  readonly attentionDropout: readonly [string, number];
  readonly activation: readonly [string, Activation];
  readonly initializerRange: readonly [string, number];
  /** Absent where the family has no vocabulary (images). */
  readonly vocabSize?: readonly [string, number];
  /** As config.json counts them: with the rows below `positionOffset`. */
  readonly maxPositions?: readonly [string, number];
  readonly padTokenId?: readonly [string, number];
}

/** What `ConfigKeys` does not say: the fields a family computes, and those it alone has. */
export type OwnFields = Pick<EncoderConfig, "layerNormEps" | "classifierDropout"> & Partial<EncoderConfig>;

/** How an encoder comes to read the mean of its tokens. */
export interface MeanPooled {
  readonly config: EncoderConfig;
  /** Values by parameter name, of new and of changed parameters. */
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** A family of encoders: one record, one file, one line in `families.ts`. */
export interface Family {
  readonly name: EncoderFamily;
  /** `Bert` in `BertForSequenceClassification`. */
  readonly className: string;
  /** What the encoder's own parameters begin with, without the dot: `bert`. */
  readonly prefix: string;
  readonly keys: ConfigKeys;
  /** Whether the feed-forward layer multiplies what it widens by a gate of the same width, which costs half as much again. */
  readonly gated?: boolean;
  /** Whether layers add a bias to their attention scores (`AttentionOptions.bias`), which not every core computes; absent: none does. */
  biasesScores?(config: EncoderConfig): boolean;
  /** Whether transformers computes the attention past its attention interface, so that no Python module of Crisp's can change it. */
  readonly fixedInPython?: boolean;
  /** Read the family's own keys, and refuse with `config/unsupported` what its graph does not compute. */
  readOwn(json: ConfigReader, common: Pick<EncoderConfig, "hiddenSize" | "hiddenDropout" | "padTokenId">): OwnFields;
  /** The inverse of `readOwn`, as keys of config.json. */
  writeOwn(config: EncoderConfig): Record<string, unknown>;
  /** Which pairs a layer lets meet, where that is not every pair of real tokens. */
  visibility?(config: EncoderConfig, layer: number): Visibility;
  /** The encoder: token ids (or pixels) to the last hidden states. */
  encode(build: EncoderBuild): EncoderNodes;
  /** What the classifier of `…ForSequenceClassification` (images: `…ForImageClassification`) reads: [T, D] → [B, D]. */
  poolSequence(hidden: Node, build: EncoderBuild): Node;
  /** Name of that classifier, the last linear layer. */
  readonly classifier: string;
  /**
   * The same encoder with a head that reads the mean of all tokens instead of the first, and with what is new in its weights; absent
   * where it cannot be had within transformers' own class.
   */
  readonly meanPooled?: (config: EncoderConfig) => MeanPooled;
  /** [T, D] → [T, C], as `…ForTokenClassification`; absent for images. */
  readonly classifyTokens?: (hidden: Node, build: EncoderBuild) => Node;
  /** Hidden states of the masked tokens, [M, D] → [M, V], as `…ForMaskedLM`; absent for images. */
  readonly predictTokens?: (rows: Node, build: EncoderBuild) => Node;
  /** The masked-token head's output matrix, which is the word embeddings: checkpoints may carry it as well. */
  readonly decoder?: string;
  /** Parts of other heads, and buffers, that published checkpoints carry and a model without that head has no use for. */
  readonly otherHeads: readonly RegExp[];
  /** Parameters under `prefix` that a pretrained encoder may lack and that are then drawn afresh, e.g. BERT's pooler. */
  readonly poolers?: RegExp;
  /**
   * How fresh values of a matrix or table are spread, by parameter name: normal with a deviation, and drawn again beyond so many
   * deviations. Default: `initializerRange`, never drawn again.
   */
  spread?(name: string, config: EncoderConfig): { readonly deviation: number; readonly cutoff: number };
}
