import { type AttentionPlan, checkPlan, dense } from "../../attention/index.ts";
import {
  checkDataset,
  checkStreamTrainable,
  checkTrainable,
  type Dataset,
  type DatasetOptions,
  readAsTrained,
  type Split,
  type StreamedDataset,
  type StreamOptions,
  sameClasses,
  splitDataset,
} from "../../data/index.ts";
import { expectedGot } from "../../errors/index.ts";
import { withFewerLayers, withLabels } from "../../models/index.ts";
import type { StreamedSource } from "../../runs/index.ts";
import { classWeightsOf } from "../../runs/index.ts";
import { DEFAULT_TASK, taskOf } from "../../tasks/index.ts";
import { resolveOptions, type TrainingOptions, trainingOptionsIn } from "../../training/index.ts";
import type { FreshModel } from "../fresh-model.ts";
import { freshStart, type StartModel } from "../start-model.ts";
import { chooseLength, type LengthSettings, type LongTextFacts } from "./choose-length.ts";
import { type ChosenRecipe, chooseRecipe, DEFAULT_TIME_BUDGET, isChosen, type RecipeSettings } from "./choose-recipe.ts";
import { checkTeacher, type Teacher } from "./teacher.ts";
import { checkTrainSettings, type TextTrainSettings } from "./train-settings.ts";

/** Where the examples of a training come from. */
export type DataSources<Source> = Pick<TextTrainSettings<Source>, "data" | "validation" | "test">;

/** Training examples that stay on disk: the facts of their index, and how a run opens them again. */
export interface StreamedTraining {
  readonly dataset: StreamedDataset;
  readonly source: Pick<StreamedSource, "paths" | "options" | "fingerprint">;
}

/** Everything read and checked before anything is trained. */
export interface Prepared extends StartModel {
  readonly train: Dataset | StreamedTraining;
  /** Left out, everything is trained on. */
  readonly validation?: Dataset;
  /** What is judged: a test split, else `validation`, else the training examples, each by a model of others. */
  readonly reported: Dataset;
  readonly plan: AttentionPlan;
  readonly recipe: ChosenRecipe;
  readonly teacher?: Teacher;
  readonly long?: LongTextFacts;
  readonly classWeights?: readonly number[];
}

/**
 * Read and check everything before anything is trained.
 *
 * @param place.open - The model, if it is a stored one: before the data, so that a wrong folder is found at once.
 * @param place.read - A source of examples.
 * @throws Whatever reading the data or the model throws; `pattern/bad-plan`, `training/…`.
 */
export async function prepareTraining<Source>(
  asked: TextTrainSettings<Source> & { readonly model: unknown; readonly teacher?: unknown },
  place: {
    readonly open: () => Promise<StartModel | FreshModel> | FreshModel;
    readonly read: (source: Source, options: DatasetOptions) => Promise<Dataset>;
    /** Training data that are to stay on disk; left out or without an answer, they are read into memory. */
    readonly stream?: (source: Source, options: StreamOptions) => Promise<StreamedTraining | undefined>;
    /** The same sources as images, for an encoder of images; where there is none, they must be in memory. */
    readonly images?: (sources: DataSources<Source>) => Promise<DataSources<Source>>;
    /** Whose outputs are learned, where one was asked for; left out, there are no teachers in this place. */
    readonly teacher?: () => Promise<Teacher>;
    /** Told what was guessed of files, and left out of them. */
    readonly onNote?: (text: string) => void;
  },
): Promise<Prepared> {
  checkTrainSettings(asked);
  resolveOptions(trainingOptionsIn(asked));
  const attention = asked.attention ?? dense();
  const plan = "pattern" in attention ? attention : { pattern: attention };
  const opened = shortened(await place.open(), asked.numHiddenLayers);
  const teacher = asked.teacher === undefined ? undefined : await teacherOf(place.teacher);
  const settings = "images" in opened && opened.images && place.images ? { ...asked, ...(await place.images(asked)) } : asked;
  if ("config" in opened && "source" in opened) checkPlan(plan, opened.config);
  const { encoding, skipBadRows } = settings;
  const reading = { ...settings.columns, encoding, skipBadRows, onNote: place.onNote };
  const read = async (source: Source | Dataset, like?: Pick<Dataset, "labels" | "task" | "columns">): Promise<Dataset> => {
    const task = like ? (like.task ?? DEFAULT_TASK) : settings.task;
    // only what is trained on may be without labels: nothing can be evaluated there
    const keepUnlabelled = teacher !== undefined && !like;
    const options = { ...reading, keepUnlabelled, task, labels: like?.labels };
    const dataset = isDataset(source)
      ? source
      : await readAsTrained(settings.columns ?? {}, like?.columns, place.onNote, (columns) =>
          place.read(source, { ...options, ...columns }),
        );
    if (dataset === source) checkDataset(dataset);
    if (like) return sameClasses(dataset, like.labels, like.task);
    const own = dataset.task ?? DEFAULT_TASK;
    if (task !== undefined && own !== task) throw expectedGot("data/columns", dataset.name, `labels of ${task}, as asked`, own);
    return dataset;
  };
  const seed = settings.seed ?? 42;
  const heldOut = settings.validation === undefined ? { seed } : undefined;
  const { data, task } = settings;
  const streamed = isDataset(data) ? undefined : await place.stream?.(data, { ...reading, task, heldOut });
  const evaluated = settings.validation !== undefined || settings.test !== undefined;
  const prepared = async (
    model: FittedModel,
    parts: Pick<Prepared, "train" | "validation" | "classWeights" | "recipe" | "teacher">,
  ): Promise<Prepared> => {
    const split = parts.train;
    const like = "source" in split ? split.dataset : split;
    checkPlan(plan, model.config);
    const own = parts.validation ?? inMemory(split);
    const reported = settings.test === undefined ? own : await read(settings.test, like);
    const config = withLabels(model.config, like.labels, like.task);
    return { ...model, ...parts, reported, config, plan };
  };
  if (streamed) {
    if (teacher) throw taughtFromDisk(streamed.dataset.name);
    const { labels, counts, task: streamedTask, heldOut: held } = streamed.dataset;
    checkStreamTrainable(streamed.dataset);
    const validation = held ?? (await read(settings.validation!, streamed.dataset));
    const classWeights =
      settings.classWeights &&
      classWeightsOf(
        settings.classWeights,
        { name: streamed.dataset.name, labels, task: streamedTask, examples: [] },
        { counts, rows: streamed.dataset.rows },
      );
    if ("kind" in opened) throw freshFromDisk(streamed.dataset.name);
    // their texts are not looked at before training
    const start = withLength(opened, settings, { ...streamed.dataset, examples: [] });
    const recipe = chooseRecipe(settings, start, streamed.dataset, { evaluated: true });
    return prepared(start, { train: streamed, validation, classWeights, recipe });
  }
  const whole = await read(data);
  if (teacher) checkTeacher(teacher, whole);
  const all = limited(whole, settings.maxTrainSamples);
  checkTrainable(all, { someUnlabelled: teacher !== undefined });
  const given = settings.validation === undefined ? undefined : await read(settings.validation, all);
  const startOf = (train: Dataset): FittedModel =>
    "kind" in opened ? withLength(freshStart(opened, train), settings, train) : withLength(opened, settings, all);
  const start = startOf(all);
  const recipe = chooseRecipe(settings, start, all, { evaluated, taught: teacher !== undefined });
  const split = given
    ? { train: all, heldOut: given }
    : recipe.folds > 0 || (settings.test !== undefined && !recipe.holdsOut)
      ? { train: all }
      : labelledHeldOut(splitDataset({ dataset: all, seed }));
  const model = "kind" in opened ? startOf(split.train) : start;
  const classWeights = settings.classWeights && classWeightsOf(settings.classWeights, split.train);
  return prepared(model, {
    train: split.train,
    validation: "heldOut" in split ? split.heldOut : undefined,
    classWeights,
    recipe,
    teacher,
  });
}

/** The model with so many of its layers, which the run takes out of its weights. */
function shortened<Model extends StartModel | FreshModel>(model: Model, layers?: number): Model {
  if (layers === undefined || !("source" in model)) return model;
  return { ...model, config: withFewerLayers(model.config, layers) };
}

async function teacherOf(open?: () => Promise<Teacher>): Promise<Teacher> {
  if (open) return open();
  throw expectedGot("training/bad-option", "teacher", "none in a browser", "one", "Train in Node, or leave it out.");
}

/** Rows without a label that share text with held-out ones neither train nor are evaluated. */
function labelledHeldOut({ train, heldOut }: Pick<Split, "train" | "heldOut">): Pick<Split, "train" | "heldOut"> {
  const has = taskOf(heldOut).labels?.has ?? (() => true);
  return { train, heldOut: { ...heldOut, examples: heldOut.examples.filter(has) } };
}

const taughtFromDisk = (name: string): Error =>
  expectedGot(
    "data/too-large",
    name,
    "data in memory beside a teacher, which is asked about every row before the start",
    "data on disk",
    "Train on fewer rows with --max_train_samples, or without --streaming.",
  );

/** A model that takes texts at the lengths they have. */
type FittedModel = StartModel & Pick<Prepared, "long">;

/** The model with a tokenizer for the texts' lengths. */
function withLength(
  model: StartModel,
  settings: RecipeSettings & LengthSettings & Partial<TrainingOptions>,
  train: Dataset,
): FittedModel {
  const { tokenizer, config } = model;
  if (!tokenizer) return model;
  const { timeBudget = DEFAULT_TIME_BUDGET } = settings;
  const chosen = isChosen(settings, model);
  return { ...model, ...chooseLength(settings, { config, tokenizer }, train, { timeBudget, chosen }) };
}

/** A vocabulary is made from texts that are all at hand. */
const freshFromDisk = (name: string): Error =>
  expectedGot(
    "data/too-large",
    name,
    "data in memory for an encoder trained from nothing",
    "data on disk",
    "Start from a model folder, or train on a smaller file.",
  );

function inMemory(train: Prepared["train"]): Dataset {
  if (!("source" in train)) return train;
  throw freshFromDisk(train.dataset.name);
}

export const isDataset = (source: unknown): source is Dataset =>
  typeof source === "object" && source !== null && "examples" in source && "labels" in source;

/** The first `most` examples, as transformers' `--max_train_samples` takes them. */
export const limited = (dataset: Dataset, most?: number): Dataset =>
  most === undefined ? dataset : { ...dataset, examples: dataset.examples.slice(0, most) };
