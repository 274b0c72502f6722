import { flopsPerExample } from "../../attention/index.ts";
import type { Dataset } from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { families } from "../../models/index.ts";
import { CONTRASTIVE, huggingface, type RecipeChoice, type RecipeFacts, recipeFor, secondsOf } from "../../recipes/index.ts";
import { encodeFor } from "../../runs/index.ts";
import { taskOf } from "../../tasks/index.ts";
import { type TrainingOptions, trainingOptionsIn } from "../../training/index.ts";
import type { StartModel } from "../start-model.ts";
import type { LengthSettings } from "./choose-length.ts";

/** Settings of a training that say how it goes as a whole; what is left out is chosen. */
export interface RecipeSettings extends Pick<LengthSettings, "longTexts" | "docStride"> {
  /** Default `auto`, unless an option of `RECIPE_OPTIONS` is given: then `huggingface`. */
  readonly preset?: string;
  /** Seconds that training may take on a laptop's two cores; default 300. */
  readonly timeBudget?: number;
  /** Passes in which texts of a label are drawn together, before anything else; 0 for none. */
  readonly contrastiveEpochs?: number;
  /** Whether the head starts as a logistic regression of the encoder's features. */
  readonly linearProbe?: boolean;
  /** What the head reads: the first token, the mean of all, or that of the two which is better. */
  readonly pooling?: "first" | "mean" | "best";
  /** Parts of the rows that are each predicted by a model of the others; 0 holds a tenth out instead. */
  readonly folds?: number;
}

/** A recipe for one training, in full. */
export interface ChosenRecipe extends RecipeChoice {
  readonly name: string;
  /** Seconds that it should take on a laptop's two cores, all folds together. */
  readonly seconds: number;
  readonly facts: RecipeFacts;
}

export const DEFAULT_TIME_BUDGET = 300;
/** How much is learned from a teacher, and how; docs/choosing-settings.md has what others reach. */
const DISTILLATION = { distillationAlpha: 0.5, distillationTemperature: 2 };
/** Adapters learn best at about ten times the rate of the whole encoder: MiniLM on 1,000 sentences of SST-2, docs/choosing-settings.md. */
const RATE_OF_ADAPTERS = 10;
/** Where nobody says otherwise, as many texts say how long they are. */
const MEASURED = 500;

/** Options that make up a recipe: with one of them given, nothing is chosen. */
export const RECIPE_OPTIONS: readonly (keyof TrainingOptions)[] = [
  ...(["learningRate", "perDeviceTrainBatchSize", "gradientAccumulationSteps", "numTrainEpochs", "maxSteps"] as const),
  ...(["warmupSteps", "lrSchedulerType", "weightDecay", "maxGradNorm", "adamBeta1", "adamBeta2", "adamEpsilon"] as const),
];

/** Whether anything is left to choose. */
export function isChosen(
  settings: RecipeSettings & Partial<TrainingOptions>,
  model: Pick<StartModel, "source" | "images">,
): boolean {
  const given = trainingOptionsIn(settings);
  const plain = model.source.kind === "fresh" || model.images !== undefined;
  const usual = plain || RECIPE_OPTIONS.some((name) => given[name] !== undefined);
  return settings.preset === undefined ? !usual : settings.preset !== huggingface.name;
}

/**
 * Choose how a training goes by its data, its model and a budget of time; what is given stays as it is.
 *
 * Encoders that start from nothing and encoders of images are trained by `huggingface`, unless another is asked for.
 *
 * @param place.evaluated - Whether rows to evaluate on were given: then all rows are trained on.
 * @param place.taught - Whether there is a teacher. It may know all rows, so that nothing is cross-validated, and texts of a label are not
 *   drawn together, which is no matter of teachers.
 * @throws `training/bad-option`.
 */
export function chooseRecipe(
  settings: RecipeSettings & Partial<TrainingOptions>,
  model: Pick<StartModel, "config" | "source" | "tokenizer" | "images">,
  train: Dataset | { readonly rows: number; readonly counts: readonly number[]; readonly task?: Dataset["task"] },
  { evaluated, taught = false }: { readonly evaluated: boolean; readonly taught?: boolean },
): ChosenRecipe {
  const { timeBudget = DEFAULT_TIME_BUDGET } = settings;
  if (!(timeBudget > 0 && timeBudget < Infinity))
    throw expectedGot("training/bad-option", "timeBudget", "a number of seconds above 0", timeBudget);
  const given = trainingOptionsIn(settings);
  // what is chosen or stopped by evaluations needs rows for them, and updates between them
  const watched = given.loadBestModelAtEnd === true || given.earlyStoppingPatience !== undefined;
  const eightBits = given.quantizationAware !== undefined;
  const told = { watched, evaluated, ...(taught && { taught }), ...(eightBits && { eightBits }) };
  const facts = { ...factsOf(model, train, timeBudget), ...told };
  const recipe = recipeFor(settings.preset ?? (isChosen(settings, model) ? "auto" : huggingface.name), facts);
  const factor = given.loraRank === undefined ? 1 : RATE_OF_ADAPTERS;
  const chosen = atRate(factor, recipe.choose(facts));
  const { contrastiveEpochs: epochs, pooling, linearProbe, folds } = settings;
  if (facts.classes === 0 && (epochs || linearProbe || folds || pooling)) {
    const rule = "a task that gives each example one class";
    throw expectedGot("training/bad-option", "contrastiveEpochs, linearProbe, pooling, folds", rule, "another");
  }
  const contrastive = {
    ...CONTRASTIVE,
    learningRate: factor * 5e-5,
    ...chosen.contrastive,
    epochs: epochs ?? chosen.contrastive?.epochs ?? 0,
  };
  if (taught) checkTaught(settings);
  const read = pooling ?? chosen.pooling;
  if ((watched || taught || eightBits) && chosen.options.numTrainEpochs === 0 && !given.numTrainEpochs) {
    const [why, others] = taught
      ? ["a teacher is heard", "the teacher"]
      : eightBits
        ? ["rounding is learned", "quantizationAware"]
        : ["there is a best evaluation", "loadBestModelAtEnd and earlyStoppingPatience"];
    const hint = `Leave ${others} out, or take another preset, such as some.`;
    throw expectedGot("training/bad-option", "preset", `a recipe that fine-tunes, so that ${why}`, recipe.name, hint);
  }
  const ownEpochs = epochs !== undefined || given.numTrainEpochs !== undefined || given.maxSteps !== undefined;
  const choice = {
    ...(chosen.short && !ownEpochs && { short: chosen.short }),
    ...(contrastive.epochs > 0 && !taught && { contrastive }),
    ...(read && read !== "first" && { pooling: read }),
    probe: linearProbe ?? chosen.probe,
    options: { ...chosen.options, ...(taught && DISTILLATION), ...given },
    folds: evaluated || watched || taught ? 0 : (folds ?? chosen.folds),
    holdsOut: chosen.holdsOut || watched,
  };
  if (choice.folds !== 0 && !(Number.isInteger(choice.folds) && choice.folds >= 2 && choice.folds <= facts.rows))
    throw expectedGot("training/bad-option", "folds", `0, or a whole number from 2 to ${facts.rows}, the rows`, choice.folds);
  return { name: recipe.name, ...choice, facts, seconds: (choice.folds + 1) * secondsOf(facts, choice) };
}

/** @throws `training/bad-option` for what means nothing beside a teacher. */
function checkTaught({ contrastiveEpochs, folds }: RecipeSettings): void {
  for (const [name, value] of Object.entries({ contrastiveEpochs, folds })) {
    if (!value) continue;
    throw expectedGot("training/bad-option", name, "0 beside a teacher", value, "Leave one of them out.");
  }
}

/** The rates that a recipe chose, by a factor; one that chooses none keeps transformers' own. */
function atRate(factor: number, chosen: RecipeChoice): RecipeChoice {
  const { options, contrastive } = chosen;
  return {
    ...chosen,
    ...(contrastive && { contrastive: { ...contrastive, learningRate: factor * contrastive.learningRate } }),
    options: { ...options, ...(options.learningRate !== undefined && { learningRate: factor * options.learningRate }) },
  };
}

function factsOf(
  { config, tokenizer, images }: Pick<StartModel, "config" | "tokenizer" | "images">,
  train: Parameters<typeof chooseRecipe>[2],
  timeBudget: number,
): Omit<RecipeFacts, "watched" | "evaluated"> {
  const { hiddenSize, intermediateSize, layers, family } = config;
  const inMemory = "examples" in train;
  const { hasOneClass: oneClass, labels } = taskOf(train);
  const counts = inMemory ? countsOf(train) : train.counts;
  const present = counts.filter((count) => count > 0);
  const known =
    inMemory && tokenizer ? encodeFor({ tokenizer, images }, { ...train, examples: train.examples.slice(0, MEASURED) }) : [];
  const texts = known.flatMap(({ others = [], ...first }) => [first, ...others]);
  const tokens = texts.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  const length = texts.length > 0 ? tokens / texts.length : (images?.tokens ?? tokenizer?.maxLength ?? 128);
  const { layer } = flopsPerExample({ hiddenSize, intermediateSize, layers, length, gated: families[family].gated });
  return {
    rows: inMemory ? train.examples.length : train.rows,
    classes: oneClass ? present.length : 0,
    leastOfAClass: oneClass ? Math.min(...present) : 0,
    ...(labels?.ofPairs && { pairs: true }),
    ...(inMemory && oneClass && train.examples.some(({ pair }) => pair !== undefined) && { twoTexts: true }),
    hiddenSize,
    flopsPerExample: layer * (texts.length > 0 ? texts.length / known.length : 1),
    timeBudget,
  };
}

function countsOf({ labels, examples }: Dataset): number[] {
  const counts = new Array<number>(labels.length).fill(0);
  for (const { label } of examples) if (label >= 0) counts[label]++;
  return counts;
}
