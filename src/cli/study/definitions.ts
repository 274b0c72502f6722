import { basename } from "node:path";
import { type LengthSettings, limited, readLongTexts } from "../../api/index.ts";
import { drawn, modelFolderOf, tokenizerOf } from "../../api/index-node.ts";
import { type Dataset, readAsTrained, sameClasses, type Tokenizer } from "../../data/index.ts";
import { loadDatasets } from "../../data/index-node.ts";
import { type CrispError, expectedGot } from "../../errors/index.ts";
import { type StudyDefinition, type TuningPlan, textStudy } from "../../studies/index.ts";
import {
  armsOf,
  type Cell,
  cellsOf,
  type ModelSpec,
  optionsOf,
  readStudySpec,
  SPEC_FILE,
  type StudySpec,
  type TaskSpec,
} from "../../studies/index-node.ts";
import { DEFAULT_TASK, taskOf } from "../../tasks/index.ts";
import { trainingOptionsIn } from "../../training/index.ts";
import { QUICK, quickOptions } from "../quick-study.ts";
import { columnOptions, fetchListener, modelName, planOptions, readingOptions, trainingData } from "../read-options.ts";
import type { StudyContext } from "./options.ts";

/** A study that was asked for. */
export interface AskedStudy {
  /** Where in the grid, and its folder; empty for the only one. */
  readonly cell: string;
  /** See `Cell.besideTask`; left out, it is compared with no other. */
  readonly besideTask?: string;
  readonly definition: StudyDefinition;
  readonly tuning?: TuningPlan;
}

const WHERE = "crisp study";
const SEEDS = [1, 2, 3, 4, 5];

/** The studies of somebody's texts: one, or all cells of a spec's grid. */
export async function textStudies(context: StudyContext): Promise<readonly AskedStudy[]> {
  const { positionals } = context;
  const specFile = positionals[0] !== undefined && SPEC_FILE.test(positionals[0]) ? positionals[0] : undefined;
  const spec: StudySpec = specFile === undefined ? {} : await readStudySpec(specFile);
  refuseBoth(context, spec);
  const models = modelsOf(context, spec);
  const tasks = tasksOf(context, spec, specFile === undefined ? positionals[0] : undefined);
  const read = once((task: TaskSpec) => readTask(context, task));
  const asked: AskedStudy[] = [];
  for (const cell of cellsOf({ ...spec, models, tasks })) asked.push(await studyOf(context, spec, cell, await read(cell.task)));
  return asked;
}

/** Computed once for each key. */
function once<Key, Value>(compute: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const known = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}

function refuseBoth({ given }: StudyContext, { arms }: StudySpec): void {
  const own = (
    ["pattern", "attentionLayers", "attentionHeads", "attentionNormaliser", "attentionDropoutType", "sparsityRampSteps"] as const
  ).find((name) => given.has(name));
  if (!(arms && own)) return;
  const hint = 'Write "pattern", "normaliser", "dropout", "layers", "heads" and "rampSteps" into the spec\'s arms.';
  throw expectedGot("cli/bad-option", WHERE, "arms by the spec, or by options", `both (${own})`, hint);
}

function modelsOf({ options }: StudyContext, spec: StudySpec): readonly ModelSpec[] {
  if (options.modelNameOrPath === undefined && spec.models) return spec.models;
  const model = modelName(WHERE, { modelNameOrPath: options.modelNameOrPath ?? spec.model });
  return [{ name: basename(model), model_name_or_path: model }];
}

/** Tasks of the spec, or the one of the options, whose data need not be a file. */
function tasksOf({ options }: StudyContext, spec: StudySpec, positional: string | undefined): readonly TaskSpec[] {
  const asked = positional ?? options.trainFile ?? options.datasetName;
  if (asked === undefined && spec.tasks) return spec.tasks;
  const train_file = positional ?? options.trainFile ?? spec.train_file ?? "";
  return [{ name: "", train_file, validation_file: options.validationFile ?? spec.validation_file }];
}

/** What all cells of a task share. */
interface ReadTask {
  /** Its split, with a model and a tokenizer to be replaced. */
  readonly splits: Omit<Parameters<typeof textStudy>[0], "model" | "tokenizer">;
  readonly train: Dataset;
}

async function readTask(context: StudyContext, task: TaskSpec): Promise<ReadTask> {
  const { options, commandLine, output } = context;
  const listener = { ...fetchListener(output), signal: context.signal };
  const trainFile = task.train_file || undefined;
  const source = await trainingData(WHERE, undefined, { ...options, trainFile, validationFile: task.validation_file }, listener);
  const named = [task.text_column_name ?? options.textColumnName ?? []].flat();
  const columns = {
    ...columnOptions({ textColumnName: named, labelColumnName: task.label_column_name ?? options.labelColumnName }),
    ...readingOptions(options, output),
  };
  if (!taskOf(source).hasOneClass) throw notOneClass(source.name, source.task!);
  const read = await loadDatasets(source.data, columns);
  if (!taskOf(read).hasOneClass) throw notOneClass(source.name, read.task!);
  const all = limited(read, options.maxTrainSamples);
  const train = options.quick && options.maxTrainSamples === undefined ? drawn(all, QUICK.rows) : all;
  const like = { ...columns, labels: train.labels, task: DEFAULT_TASK } as const;
  const { validation } = source;
  const reported =
    validation &&
    sameClasses(
      await readAsTrained(columns, train.columns, columns.onNote, (own) => loadDatasets(validation, { ...like, ...own })),
      train.labels,
    );
  const hub = options.datasetName === undefined ? undefined : source.name;
  const sst2 = options.preset === "sst2";
  const [file] = source.data;
  return {
    train,
    splits: {
      study: task.name || (sst2 ? "sst2" : basename(hub ?? file).replace(/\.(tsv|csv|jsonl)?(\.gz)?$/, "")),
      corpus: task.name || (hub ?? (sst2 ? "SST-2" : basename(file))),
      ...{ train, reported, pattern: options.pattern, where: planOptions(options), seeds: SEEDS, options: {} },
      command: commandLine,
    },
  };
}

function notOneClass(data: string, task: string): CrispError {
  const rule = "one class for each text, as a study compares accuracies";
  return expectedGot("study/bad-spec", data, rule, `labels of ${task}`, "Use crisp train.");
}

/** By task, so that all cells of a task hold the same examples, which are then tokenised once. */
const splitsOf = new WeakMap<ReadTask, StudyDefinition>();
const tokenizersOf = new WeakMap<ReadTask, Map<string, Tokenizer>>();

async function tokenizerFor({ options, given }: StudyContext, folder: string, cell: Cell, task: ReadTask): Promise<Tokenizer> {
  const length = given.has("maxSeqLength") ? options.maxSeqLength : (cell.task.max_seq_length ?? options.maxSeqLength);
  const own = tokenizersOf.get(task) ?? new Map<string, Tokenizer>();
  tokenizersOf.set(task, own);
  const reading = options as Pick<LengthSettings, "longTexts" | "docStride">;
  const tokenizer = own.get(folder) ?? readLongTexts(await tokenizerOf(folder, length), reading, task.train);
  own.set(folder, tokenizer);
  return tokenizer;
}

async function studyOf(context: StudyContext, spec: StudySpec, cell: Cell, task: ReadTask): Promise<AskedStudy> {
  const { options, given, output } = context;
  const listener = { ...fetchListener(output), signal: context.signal };
  const folder = await modelFolderOf(cell.model.model_name_or_path, { ...listener, revision: options.modelRevision });
  const tokenizer = await tokenizerFor(context, folder, cell, task);
  const base = splitsOf.get(task) ?? textStudy({ ...task.splits, model: { kind: "folder", path: folder }, tokenizer });
  splitsOf.set(task, base);

  const typed = Object.entries(trainingOptionsIn(options));
  const training = {
    ...Object.fromEntries(typed),
    ...optionsOf(cell.options),
    ...Object.fromEntries(typed.filter(([name]) => given.has(name))),
  };
  const { rows, labelNoise } = cell;
  const quick = options.quick
    ? quickOptions({ ...options, ...training }, given, { rows: rows ?? task.train.examples.length, folder })
    : {};
  const name = options.study ?? spec.study ?? base.study;
  const drawn = rows !== undefined || labelNoise > 0;
  const { arms, claims, looks, tuning } = spec;
  return {
    ...{ cell: cell.name, besideTask: cell.besideTask },
    definition: {
      ...base,
      study: [options.quick ? `${name}-quick` : name, cell.name].filter(Boolean).join("."),
      corpus: corpusOf(base.corpus, cell),
      ...{ model: { kind: "folder", path: folder }, tokenizer },
      ...(drawn && { draw: { rows, labelNoise } }),
      ...(arms && { arms: armsOf(arms) }),
      seeds: options.seeds ?? spec.seeds ?? (options.quick ? QUICK.seeds : SEEDS),
      ...{ claims, looks },
      options: { ...training, ...quick },
    },
    ...(tuning && { tuning: { trials: tuning.trials.map(optionsOf), seeds: tuning.seeds } }),
  };
}

/** As a verdict names it: `sst2 with 1,000 training examples and 10 % wrong labels`. */
function corpusOf(corpus: string, { rows, labelNoise }: Cell): string {
  const parts = [
    ...(rows === undefined ? [] : [`${rows.toLocaleString("en")} training examples`]),
    ...(labelNoise === 0 ? [] : [`${Number((100 * labelNoise).toFixed(2))} % wrong labels`]),
  ];
  return parts.length === 0 ? corpus : `${corpus} with ${parts.join(" and ")}`;
}
