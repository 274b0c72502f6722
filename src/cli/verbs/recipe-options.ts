import { DEFAULT_TIME_BUDGET, type RecipeSettings } from "../../api/index.ts";
import { LONG_TEXTS } from "../../data/index.ts";
import { recipes } from "../../recipes/index.ts";
import type { OptionTable, OptionValues } from "../verb.ts";

/** How a training goes as a whole: what is left out is chosen by the data, the model and the budget. */
export const RECIPE_OPTIONS = {
  preset: {
    type: "string",
    choices: ["auto", ...recipes.map(({ name }) => name)],
    help: "Recipe; left out, auto, or huggingface where an option of the recipe is given, such as --learning_rate.",
  },
  time_budget: {
    type: "number",
    unit: "seconds",
    min: 1,
    default: DEFAULT_TIME_BUDGET,
    help: "What training may take on a laptop's two cores, folds included.",
  },
  contrastive_epochs: {
    type: "integer",
    unit: "epochs",
    min: 0,
    help: "Passes before fine-tuning in which texts of a label are drawn together; left out, as the recipe has it.",
  },
  linear_probe: {
    type: "boolean",
    help: "Start the head as a logistic regression of the encoder's features; left out, as the recipe has it.",
  },
  pooling: {
    type: "string",
    choices: ["first", "mean", "best"],
    help: "What the head reads: the first token, the mean of all, or the better of the two; left out, as the recipe has it.",
  },
  long_texts: {
    type: "string",
    choices: LONG_TEXTS,
    help: "What is read of texts longer than --max_seq_length: their head, a quarter head and the rest tail, or all of it in chunks, whose logits are averaged; left out, as texts and recipe need it.",
  },
  doc_stride: {
    type: "integer",
    unit: "tokens",
    min: 0,
    help: "Tokens that two chunks of a text share; left out, an eighth of --max_seq_length.",
  },
  folds: {
    type: "integer",
    unit: "folds",
    min: 0,
    help: "Cross-validate in so many parts and train on all rows; 0 holds a tenth out; left out, as the recipe has it.",
  },
} as const satisfies OptionTable;

/** What is read of long texts where nothing is chosen. */
export const LONG_TEXT_OPTIONS = {
  long_texts: {
    ...RECIPE_OPTIONS.long_texts,
    default: "head",
    help: "What is read of texts longer than --max_seq_length, as for train; the same in all arms.",
  },
  doc_stride: RECIPE_OPTIONS.doc_stride,
} as const satisfies OptionTable;

/** Those that were typed. */
export function recipeSettings(options: OptionValues<typeof RECIPE_OPTIONS>, given: ReadonlySet<string>): RecipeSettings {
  const { preset, timeBudget, contrastiveEpochs, linearProbe, pooling, longTexts, docStride, folds } = options;
  return {
    preset,
    timeBudget,
    contrastiveEpochs,
    linearProbe: given.has("linearProbe") ? linearProbe : undefined,
    pooling: pooling as RecipeSettings["pooling"],
    longTexts: longTexts as RecipeSettings["longTexts"],
    docStride,
    folds,
  };
}
