import type { TrainingOptions } from "../training/index.ts";

/** What a recipe is chosen by. */
export interface RecipeFacts {
  /** Labelled training examples. */
  readonly rows: number;
  /** Classes of a task that gives each example one; 0 for other tasks. */
  readonly classes: number;
  /** Examples of the rarest class. */
  readonly leastOfAClass: number;
  /** Rows are texts that belong together, without a label. */
  readonly pairs?: boolean;
  /** Each row is two texts that the encoder reads as one. */
  readonly twoTexts?: boolean;
  /** Evaluations during training choose the weights, or when to stop. */
  readonly watched: boolean;
  /** There is a teacher, who is heard in fine-tuning only. */
  readonly taught?: boolean;
  /** The rounding of the 8-bit file is learned, in fine-tuning only. */
  readonly eightBits?: boolean;
  /** Rows to evaluate on were given, so that no folds are trained for it. */
  readonly evaluated: boolean;
  /** D of the encoder. */
  readonly hiddenSize: number;
  /** FLOPs of the forward pass of an example of mean length. */
  readonly flopsPerExample: number;
  /** Seconds that training may take, cross-validation included. */
  readonly timeBudget: number;
}

/** Settings of the first phase of a training, in which texts of one label are drawn together. */
export interface ContrastiveSettings {
  readonly epochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** Most tokens that are read of a text, or of a window of it: of longer ones head and tail. */
  readonly maxLength: number;
}

/** How a training goes, in full. */
export interface RecipeChoice {
  /** Left out, there is no such phase. */
  readonly contrastive?: ContrastiveSettings;
  /** What the head reads: see `RunSpec.pooling`. */
  readonly pooling?: "mean" | "best";
  /** The head starts as a logistic regression. */
  readonly probe: boolean;
  /** Of the fine-tuning; with `numTrainEpochs` 0 there is none. */
  readonly options: Partial<TrainingOptions>;
  /** Where the budget has no room for all epochs: how many there would be, and about how many seconds have room for them. */
  readonly short?: { readonly epochs: number; readonly timeBudget: number };
  /** Parts of the rows that are each predicted by a model of the others; 0 where rows are held out instead. */
  readonly folds: number;
  /** Whether some rows are held out and evaluated during training even where there is a test split. */
  readonly holdsOut: boolean;
}

/** A way to train: one record, one file, one line in `recipes.ts`. */
export interface Recipe {
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** Whether it is meant for such data; the first recipe of the registry that says so is taken. */
  fits(facts: RecipeFacts): boolean;
  choose(facts: RecipeFacts): RecipeChoice;
}
