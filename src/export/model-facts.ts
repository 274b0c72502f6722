/** What Crisp cannot know of itself and the card says where it is given. */
export interface ModelFacts {
  /** Hub name of the model that training started from, e.g. `distilbert/distilbert-base-uncased`. */
  readonly baseModel?: string;
  /** The same, or where it is not of the Hub the name of its folder. */
  readonly startModel?: string;
  /** Name of the folder or file of the model whose outputs were learned. */
  readonly teacher?: string;
  /** Hub names of the data. */
  readonly datasets?: readonly string[];
  /** ISO codes, e.g. `en`. */
  readonly language?: readonly string[];
  /** A licence identifier of the Hub, e.g. `apache-2.0`; default `unknown`. */
  readonly licence?: string;
  /** Examples of each split. */
  readonly rows?: { readonly train: number; readonly evaluated: number };
  /** Short names of the files of each split. */
  readonly files?: { readonly train: string; readonly evaluated: string };
}

/** Which examples a model's figures are about: those held out from training, which it read while it went on, or a test split, read once. */
export type EvaluatedSplit = "held out" | "cross-validated" | "test";
