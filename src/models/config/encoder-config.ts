import type { TaskName } from "../../tasks/index.ts";
import type { LoraSettings } from "../layers/adapter.ts";

export type EncoderFamily =
  | "bert"
  | "distilbert"
  | "roberta"
  | "xlm-roberta"
  | "electra"
  | "albert"
  | "modernbert"
  | "mpnet"
  | "deberta-v2"
  | "vit";

/** `gelu` is the exact one, `gelu_new` the tanh approximation. */
export type Activation = "gelu" | "gelu_new" | "relu" | "silu" | "tanh";

/** What only ModernBERT's config says. */
export interface ModernConfig {
  /** A layer: true where it sees all tokens, false where only those within `windowRadius`. */
  readonly globalLayers: readonly boolean[];
  /** Tokens to either side that a local layer sees. */
  readonly windowRadius: number;
  /** Base of the rotary positions' wavelengths in either kind of layer. */
  readonly ropeTheta: { readonly global: number; readonly local: number };
  /** Which parts have biases; the classifier always has one. */
  readonly biases: {
    readonly attention: boolean;
    readonly mlp: boolean;
    readonly norm: boolean;
    readonly head: boolean;
    readonly decoder: boolean;
  };
  /** What the sequence head reads: the first token, or the mean over all real ones. */
  readonly pooling: "cls" | "mean";
  /** Of the head's dense layer. */
  readonly headActivation: Activation;
  /** Dropout after the embeddings; `hiddenDropout` is that inside the feed-forward layer. */
  readonly embeddingDropout: number;
  /** Fresh weights lie within so many deviations. */
  readonly initializerCutoff: number;
}

/** What only the config of DeBERTa-v2 and -v3 says. */
export interface DisentangledConfig {
  /** Terms of the scores beside content to content; each makes the scale smaller, also where there are no relative positions. */
  readonly terms: { readonly contentToPosition: boolean; readonly positionToContent: boolean };
  /** Absent where layers read no relative positions. */
  readonly relative?: RelativePositions;
  /** Whether the embeddings have absolute positions. */
  readonly absolutePositions: boolean;
  readonly poolerActivation: Activation;
  /** Dropout before the pooler. */
  readonly poolerDropout: number;
  /** Whether masked tokens are predicted by BERT's head under its names, or by that of the original code. */
  readonly bertMaskedHead: boolean;
}

/** Relative positions of DeBERTa. */
export interface RelativePositions {
  /** Distances in a direction that have a row of their own, or share one: half of the rows of the table. */
  readonly span: number;
  /** Whether far distances share rows, by their logarithm: all up to half of the span have their own. */
  readonly logarithmic: boolean;
  /** The first distance that the rows do not tell from farther ones. */
  readonly maxDistance: number;
  /** Whether a layer projects positions by its matrices of queries and keys, instead of by two of their own. */
  readonly sharesProjections: boolean;
  /** Whether the table goes through a LayerNorm. */
  readonly normalised: boolean;
}

/** What only encoders of images have. */
export interface ImageConfig {
  /** Height and width in pixels. */
  readonly size: readonly [number, number];
  /** Height and width of a patch in pixels; pixels at the right and lower edge that fill no patch are left out. */
  readonly patch: readonly [number, number];
  /** 3 for red, green and blue. */
  readonly channels: number;
  /** Whether the projections to queries, keys and values have biases. */
  readonly qkvBias: boolean;
}

/** An encoder with a head, in one vocabulary for every family. */
export interface EncoderConfig {
  /** Adapters that are trained in the place of the encoder's weights; never saved with it. */
  readonly lora?: LoraSettings;
  readonly family: EncoderFamily;
  /** What the head predicts. */
  readonly task: TaskName;
  /** V; 0 where the family has no vocabulary. */
  readonly vocabSize: number;
  /** D */
  readonly hiddenSize: number;
  /** Width of the embeddings; D in most families. */
  readonly embeddingSize: number;
  readonly layers: number;
  /** H; D / H is the head width. */
  readonly heads: number;
  /** F */
  readonly intermediateSize: number;
  /** The longest sequence, in tokens. */
  readonly maxPositions: number;
  /** Row of the position table that the first token reads. */
  readonly positionOffset: number;
  /** 0 where the family has no token types. */
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  /** Dropout after the embeddings and each sub-layer. */
  readonly hiddenDropout: number;
  /** Dropout on attention probabilities. */
  readonly attentionDropout: number;
  /** Dropout before the classifier. */
  readonly classifierDropout: number;
  /** Of the feed-forward layer; BERT's pooler is always tanh, DistilBERT's pre-classifier always ReLU. */
  readonly activation: Activation;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** Class names by class index. */
  readonly labels: readonly string[];
  /** C, `labels.length`. */
  readonly numLabels: number;
  /** DistilBERT only: positions are fixed sines and cosines, which training leaves alone. */
  readonly sinusoidalPositions: boolean;
  readonly modern?: ModernConfig;
  readonly disentangled?: DisentangledConfig;
  /** Present exactly where the encoder reads images. */
  readonly image?: ImageConfig;
}
