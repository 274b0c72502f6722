import type { BatchContext, GraphInputs } from "../batch/index.ts";
import type { Node } from "../graph/index.ts";
import type { GlueTask } from "../metrics/index.ts";
import type { CellPlace } from "./cells.ts";
import type { MaskedTokens, MaskingRules } from "./masking.ts";

/** The label part of an example, as `Example` and `Encoded` of the data have it. */
export interface Labelled {
  /** Class index, −1 without a label; in a regression the number itself, NaN without one. */
  readonly label: number;
  /** Class indices that hold, or the class of each word or token, −1 for none. */
  readonly labels?: readonly number[];
  /** [C] logits of a teacher, where a model learns from one. */
  readonly teacher?: ArrayLike<number>;
}

/** One row of a table, before its label becomes part of an example. */
export interface LabelCell {
  readonly cell: unknown;
  readonly place: CellPlace;
  /** Class indices of the names that `TaskLabels.names` found in the cell. */
  readonly classes: readonly number[];
  /** The words of the row's text, where it is a list of words. */
  readonly words?: readonly string[];
  /** The table has no column of labels. */
  readonly unlabelled: boolean;
  /** The file keeps this row's label secret. */
  readonly hidden: boolean;
}

/** From a cell of a table to what an example carries. */
export interface TaskLabels {
  /** Whether the cells of a row can only mean this task. The first task of the registry that says so is taken as the guess. */
  looksLike(label: unknown, text: unknown): boolean;
  /** Texts are lists of words, and each word has a label. */
  readonly ofWords: boolean;
  /** Rows are texts that belong together, two or three, without a label; each becomes an example of its own in `Task.collate`. */
  readonly ofPairs?: boolean;
  /** Labels are classes; false where they are numbers. */
  readonly areClasses: boolean;
  /** Names of classes in a cell; @throws `data/broken-row`. */
  names(cell: unknown, place: CellPlace): readonly string[];
  /** Names of the outputs where they are not classes that were found, from the label column's name. */
  outputNames?(column: string | undefined): readonly string[];
  /** An empty cell says something, e.g. that no class holds: a row without a label has `null`, or no field. */
  readonly emptyIsLabel?: boolean;
  /** What the example of a row carries; @throws `data/broken-row`. */
  of(row: LabelCell): Labelled;
  /** Whether an example has a label. */
  has(example: Labelled): boolean;
  /** Different labels that training data must hold at least, so that there is something to learn. */
  readonly leastDifferent: number;
  /**
   * Factors of the classes in the loss under which rare classes count alike; absent where there are no classes.
   *
   * @param counts - Examples (tokens) of each class, none 0.
   * @param rows - Examples in all.
   */
  balancedWeights?(counts: readonly number[], rows: number): number[];
}

/** The heads that a family of encoders has; T = B · n tokens, M masked ones, C classes, V entries of the vocabulary. */
export interface EncoderHeads {
  /** [T, D] → [B, C], as `…ForSequenceClassification` (images: `…ForImageClassification`). */
  classifySequence(hidden: Node): Node;
  /** What that head's last linear layer reads: [T, D] → [B, D]. */
  poolSequence(hidden: Node): Node;
  /** [T, D] → [T, C], as `…ForTokenClassification`; absent for images. */
  readonly classifyTokens?: (hidden: Node) => Node;
  /** Hidden states of the masked tokens, [M, D] → [M, V], as `…ForMaskedLM`; absent for images. */
  readonly predictTokens?: (rows: Node) => Node;
}

/** What a model's config.json says of its head. */
export interface HeadFacts {
  readonly problemType: string | undefined;
  /** The class that wrote the file, e.g. `BertForTokenClassification`. */
  readonly architecture: string | undefined;
  /** Number of outputs that the file names. */
  readonly outputs: number;
}

/** The head of a task on an encoder. */
export interface TaskHead {
  /** End of transformers' class name, e.g. `ForSequenceClassification`. */
  readonly architecture: string;
  /** Whether config.json carries the task's name as `problem_type`, as transformers wants it for this architecture. */
  readonly isProblemType: boolean;
  /** Which of the family's heads it needs; left out, none. */
  readonly needs?: Exclude<keyof EncoderHeads, "classifySequence">;
  /**
   * The logits are this pooling of the hidden states, with no parameter of their own: files for other libraries give the hidden states,
   * and say how they are pooled.
   */
  readonly pooling?: "mean";
  /** Whether a config.json means this task; asked in the order of the registry. */
  fits(facts: HeadFacts): boolean;
  /** The logits: hidden states [T, D] → [B, C], [T, C] or [M, V]; of a text in windows, those of each window. */
  logits(hidden: Node, heads: EncoderHeads, inputs: GraphInputs): Node;
}

/** Sizes that a loss depends on. */
export interface LossSizes {
  /** C */
  readonly numLabels: number;
  /** V */
  readonly vocabSize: number;
}

/** What a batch hides depends on; the same key hides the same. */
export interface CollateKey {
  readonly seed: number;
  /** −1 in evaluation, which hides the same tokens whatever the seed, so that the losses of several runs compare. */
  readonly epoch: number;
  readonly masking?: MaskingRules;
}

/** An example on its way into a batch. */
export interface Collated extends Labelled {
  readonly index: number;
  readonly inputIds: Int32Array;
  /**
   * Tasks of pairs: the other texts of the row; `labels` then holds a number for each text, equal ones for equal texts. Other tasks: the
   * further windows of a long text.
   */
  readonly others?: readonly Pick<Collated, "inputIds">[];
  /** Masked language model: the hidden tokens. */
  readonly masked?: Pick<MaskedTokens, "places" | "labels">;
}

/** Figures of a set of examples; by name, e.g. `accuracy`. */
export interface TaskFigures {
  /** Mean loss of an example (of tasks of tokens: of a labelled token), as it is trained, without smoothing and weights. */
  readonly loss: number;
  readonly figures: Readonly<Record<string, number>>;
  /** Name of the figure by which models are compared. */
  readonly primary: string;
  /** That figure, turned so that more is better. */
  readonly score: number;
}

/** How a task is evaluated. */
export interface FigureRules {
  /** Class names by class index. */
  readonly labels: readonly string[];
  /** GLUE's own figures, beside those of the task. */
  readonly glue?: GlueTask;
}

/** Rows of outputs, one an example. */
export type OutputRows = readonly (readonly number[])[];

/** One label with its probability; in a regression the number itself. */
export interface Prediction {
  readonly label: string;
  readonly score: number;
  /** Token classification: the word that is labelled. */
  readonly word?: string;
}

/** A word, and the token that it is labelled by. */
export interface PlacedWord {
  readonly word: string;
  readonly token: number;
}

/** An evaluated example: what was meant, and what the model said. */
export interface EvaluatedExample extends Labelled {
  readonly row: readonly number[];
  /** Token classification: the words, and for each token the word that it is the first of, else −1. */
  readonly words?: readonly string[];
  readonly wordOf?: readonly number[];
  /** Token classification: the class of each token. */
  readonly tokenLabels?: readonly number[];
}

/** One answer as errors.csv shows it: how sure or how far off the model was, and the cells between row number and text. */
export interface ShownAnswer {
  readonly weight: number;
  /** Token classification: the token it is about. */
  readonly token?: number;
  readonly cells: readonly string[];
}

/** A right answer, and its class by index. */
export interface RightAnswer extends ShownAnswer {
  readonly label: number;
}

/** One decision between classes: those that were said, and those that were meant, by index. */
export interface Decision {
  readonly said: readonly number[];
  readonly meant: readonly number[];
}

/** From the outputs of one example to an answer. */
export interface TaskAnswer {
  /** Whether `topK` means something. */
  readonly ranks: boolean;
  /** @param topK - Labels to give, best first; left out, those that hold. */
  of(
    row: readonly number[],
    labels: readonly string[],
    asked: { readonly topK?: number; readonly words?: readonly PlacedWord[] },
  ): Prediction[];
  /** The answer as `crisp predict` prints it: some of `fields`. */
  printed(said: readonly Prediction[], topK?: number): Readonly<Record<string, unknown>>;
  /** Names of what `printed` may give, in its order. */
  fields(topK?: number): readonly string[];
  /** The answer as printed where the best label is too improbable to be given; absent where a model cannot abstain. */
  abstained?(said: readonly Prediction[], topK?: number): Readonly<Record<string, unknown>>;
  /** What is said of texts that were cut. */
  readonly lost: string;
  /** Columns of errors.csv between row number and text. */
  readonly mistakeColumns: readonly string[];
  mistakes(example: EvaluatedExample, labels: readonly string[]): readonly ShownAnswer[];
  /** What is right of a labelled example, in the cells of `mistakes`. Absent where an answer is not one class. */
  right?(example: EvaluatedExample, labels: readonly string[]): readonly RightAnswer[];
  /** What was decided of an example: of a text, or of each word; nothing without a label. Absent where labels are no classes. */
  decisions?(example: EvaluatedExample, labels: readonly string[]): readonly Decision[];
  /** Fields of a row of predictions.jsonl behind the index. */
  line(example: EvaluatedExample, labels: readonly string[]): object;
}

/** How a model learns from the outputs of another one, its teacher. */
export interface Distillation {
  /** Logits that a teacher's output follows from, up to what the loss does not see: the inverse of `outputs.of`. */
  logitsOf(output: readonly number[]): number[];
  /**
   * How far a model is from its teacher, whose logits are in `BatchContext.teacher`: Σ over the examples, each weighted as in `Task.loss`
   * (by 1 without a label), / `lossDivisor`, shape [].
   *
   * @param temperature - T of the softmax or sigmoid of both; the loss is multiplied by T², so that its gradients keep their size.
   */
  loss(logits: Node, inputs: GraphInputs, sizes: LossSizes, temperature: number): Node;
}

/**
 * What labels mean: from a cell of a table to an answer. One file each; shared code asks this record and never compares names.
 *
 * To add one: its own file, and a line in `tasks.ts`.
 */
export interface Task {
  /** One line, no full stop. */
  readonly summary: string;
  /** Each example has exactly one class: accuracy, calibration, a confusion matrix and studies make sense. */
  readonly hasOneClass: boolean;
  /** An output for each token, [n · C] an example. */
  readonly perToken: boolean;
  /** Whether its loss knows label smoothing. */
  readonly smooths: boolean;
  /** The loss compares the examples of a batch with each other, so that a batch in pieces has another loss. */
  readonly comparesBatch?: boolean;
  /** A text may be several windows, each with its logits, the mean of which are the text's. */
  readonly averagesWindows?: boolean;
  /** Batches hold several examples of each label they have. */
  readonly groupsByLabel?: boolean;
  /** Null where the text itself is what is learned. */
  readonly labels: TaskLabels | null;
  readonly head: TaskHead;
  /** What happens to examples before they become a batch: perhaps each becomes several, side by side. Left out, nothing. */
  collate?<Example extends Collated>(examples: readonly Example[], key: CollateKey): readonly Example[];
  /**
   * Σ of the example losses / `lossDivisor`, shape [], as transformers' models define them.
   *
   * @param logits - Of each example; where windows are averaged [S, C], of the texts.
   */
  loss(logits: Node, inputs: GraphInputs, sizes: LossSizes): Node;
  /**
   * How far two passes over the same examples disagree, for R-Drop: Σ over the examples of KL(p‖q) + KL(q‖p), each weighted as in
   * `loss`, / `lossDivisor`, shape []. Absent where the outputs are no distribution over classes.
   */
  divergence?(logits: Node, others: Node, inputs: GraphInputs, sizes: LossSizes): Node;
  /** Absent where no teacher can be learned from. */
  readonly distillation?: Distillation;
  /** What collated examples count for in the mean loss of an update. */
  lossWeight(examples: readonly Omit<Collated, "index" | "inputIds">[], classWeights?: readonly number[]): number;
  /** Absent where a row of logits is too wide to be kept: then the loss alone is evaluated. */
  readonly outputs?: {
    /**
     * What a model says of one example, from its logits: probabilities of the classes, or the numbers themselves.
     *
     * @param logits - [C], or [n · C] for n tokens.
     */
    of(logits: ArrayLike<number>, classes: number): number[];
    /** Loss and metrics of outputs; examples without a label are left out. */
    figures(rules: FigureRules, outputs: OutputRows, examples: readonly Labelled[]): TaskFigures;
    readonly answer: TaskAnswer;
  };
  readonly card: {
    /** What the Hub calls it. */
    readonly pipelineTag: string;
    /** What a model of it is, e.g. `A text classifier`. */
    readonly description: string;
  };
}

/** Fills a graph input from a batch. */
export type Write = (out: ArrayLike<unknown>, context: BatchContext) => void;
