import type { Bindings } from "../graph/index.ts";

/**
 * One padded batch as graph inputs are filled from it; padding stands at the end of each row.
 *
 * A batch of images has `pixels`, empty ids and types, and as many tokens in each row as the encoder has patches, and one more.
 */
export interface BatchContext {
  /** `{ B, S, n }`: rows, examples, and tokens a row with padding; `M` too where tokens are masked. S is B unless texts are windows. */
  readonly bindings: Bindings;
  /** [B] real tokens a row, special tokens included. */
  readonly lengths: Int32Array;
  /** [B] which of the S examples a row belongs to; left out, each is one row. */
  readonly exampleOf?: Int32Array;
  /** [B] `Example.index`: names each example for ever. */
  readonly examples: Int32Array;
  /** [B, n] */
  readonly inputIds: Int32Array;
  /** [B, n] */
  readonly tokenTypeIds: Int32Array;
  /** Images: [B, channels, height, width], normalised as the encoder expects. */
  readonly pixels?: Float32Array;
  /** [S] class of each example, −1 for none; a number to predict in a regression, NaN for none. */
  readonly labels: ArrayLike<number>;
  /** An example: its classes, where it may have several, or the class of each of its tokens, −1 for none; undefined without a label. */
  readonly labelSets?: readonly (ArrayLike<number> | undefined)[];
  /** [S] logits of a teacher for each example, [C]; where a model learns from one. */
  readonly teacher?: readonly ArrayLike<number>[];
  /** Factor of each class in the loss. */
  readonly classWeights?: readonly number[];
  /** Masked-language-model training: M masked tokens. */
  readonly masked?: {
    /** [M] places in `inputIds`, each once. */
    readonly rows: Int32Array;
    /** [M] the token that stood there. */
    readonly labels: Int32Array;
  };
  /** Of the run: names its random streams. */
  readonly seed: number;
  /** Updates done so far, from 0. */
  readonly step: number;
  /** In evaluation nothing may depend on `step`. */
  readonly training: boolean;
  /** A ramped schedule's share of the nominal sparsity, in [0, 1]; 1 without a schedule and in evaluation. */
  readonly strength: number;
  /** Share of each label spread over all classes; 0 in evaluation. */
  readonly labelSmoothing: number;
  /** What the summed example losses are divided by: all examples of an update. */
  readonly lossDivisor: number;
}
