import { statSync } from "node:fs";
import type { DatasetOptions } from "../data/index.ts";
import { imagesLabelled, loadDataset } from "../data/index-node.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import type { HubProgress } from "../hub/index-node.ts";
import { type GlueTask, glueMetrics } from "../metrics/index.ts";

/** What is said while something is fetched. */
export interface FetchListener {
  readonly onProgress?: (progress: HubProgress) => void;
  readonly onNote?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface FetchOptions extends FetchListener {
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string;
}

/** `name` or `owner/name`, as the Hub allows them. */
const HUB_NAME = /^[\w.-]{1,96}(\/[\w.-]{1,96})?$/;

/**
 * The folder of a model: the path itself where there is one, else the model of that name on the Hub, in the cache that Python shares.
 *
 * @throws `model/no-folder` for what is neither; `hub/…`.
 * @example
 * await modelFolderOf("distilbert/distilbert-base-uncased");
 */
export async function modelFolderOf(nameOrPath: string, options: FetchOptions = {}): Promise<string> {
  if (statSync(nameOrPath, { throwIfNoEntry: false })?.isDirectory()) return nameOrPath;
  if (!HUB_NAME.test(nameOrPath) || /^\.|\.\./.test(nameOrPath)) {
    const rule = "a model folder (config.json, model.safetensors, tokenizer.json), or the name of a model on the Hub";
    throw expectedGot("model/no-folder", nameOrPath, rule, "neither", "Check the path; a name is spelt owner/name.");
  }
  // loaded when it is needed: whoever trains from a folder does not wait for it
  const { downloadModel } = await import("../hub/index-node.ts");
  try {
    return await downloadModel(nameOrPath, options);
  } catch (error) {
    if (!(error instanceof CrispError)) throw error;
    const hint = `No folder ${nameOrPath} is here either.`;
    throw new CrispError(error.code, `${error.message} ${hint}`, error.details);
  }
}

type ColumnNames = Pick<DatasetOptions, "textColumn" | "pairColumn" | "labelColumn">;

/** Data by split, as `train` takes them. */
export interface HubData {
  /** Files in order. */
  readonly data: readonly string[];
  readonly validation?: readonly string[];
  /** Only where the split has labels. */
  readonly test?: readonly string[];
  readonly task?: DatasetOptions["task"];
  readonly glue?: GlueTask;
  /** Repository, and the subset. */
  readonly name: string;
}

/**
 * Data of the Hub by name, ready to be trained on: `train({ ...(await hubData("glue/mrpc")), model })`.
 *
 * GLUE's tasks are evaluated by GLUE's own metrics, on the validation split: labels of its test splits are withheld. Elsewhere a
 * test split is evaluated in the end if all of its rows have labels.
 *
 * @param name - `owner/name`, `owner/name/config`, or `glue/mrpc` and its like.
 * @param options.columns - Of the texts and labels; left out, guessed.
 * @throws `data/split` when there is no split to train on; `hub/…`.
 */
export async function hubData(
  name: string,
  { config, columns, ...options }: FetchOptions & { readonly config?: string; readonly columns?: ColumnNames } = {},
): Promise<HubData> {
  const { name: shown, splits, glue } = await fetchSplits(name, { config, ...options });
  if (splits.train === undefined) {
    const hint = "Give the files themselves, with --train_file.";
    throw expectedGot("data/split", shown, "a split called train", Object.keys(splits).join(", "), hint);
  }
  const metric = glue && glueMetrics[glue];
  const validation = validationOf(splits, glue);
  const test = metric ? undefined : await labelled(splits.test, { columns, onNote: options.onNote });
  return {
    name: shown,
    data: splits.train,
    ...(validation && { validation }),
    ...(test && { test }),
    ...(metric?.regression && { task: "regression" as const }),
    ...(glue && { glue }),
  };
}

/**
 * What a saved model is evaluated on, of a data set of the Hub: its validation split, which for GLUE is the one of GLUE's metric, else
 * its test split. No training split is needed: `glue/mnli_mismatched` has none.
 *
 * @throws `data/split` when there is neither; `hub/…`.
 */
export async function hubEvaluationData(
  name: string,
  options: FetchOptions & { readonly config?: string } = {},
): Promise<Pick<HubData, "data" | "name">> {
  const { name: shown, splits, glue } = await fetchSplits(name, options);
  const data = validationOf(splits, glue) ?? splits.test;
  if (data) return { data, name: shown };
  const there = Object.keys(splits).join(", ");
  throw expectedGot("data/split", shown, "a split called validation or test", there, "Give a file.");
}

async function fetchSplits(name: string, options: FetchOptions & { readonly config?: string }) {
  const { downloadDataset } = await import("../hub/index-node.ts");
  const { name: repository, config, splits } = await downloadDataset(name, options);
  const shown = config === undefined ? repository : `${repository}/${config}`;
  return { name: shown, splits, glue: glueTask(repository, config) };
}

function validationOf(splits: Readonly<Record<string, readonly string[]>>, glue?: GlueTask): readonly string[] | undefined {
  const names = glue ? glueMetrics[glue].validationSplits : ["validation", "valid", "dev"];
  return names.map((name) => splits[name]).find((files) => files !== undefined);
}

function glueTask(repository: string, config: string | undefined): GlueTask | undefined {
  if (repository !== "nyu-mll/glue" || config === undefined) return undefined;
  return Object.hasOwn(glueMetrics, config) ? (config as GlueTask) : undefined;
}

/** The files, if each of their rows has a label; a split whose labels are withheld may have no column for them. */
async function labelled(
  paths: readonly string[] | undefined,
  { columns, onNote }: Pick<FetchOptions, "onNote"> & { readonly columns?: ColumnNames },
): Promise<readonly string[] | undefined> {
  try {
    for (const path of paths ?? []) {
      const ofImages = await imagesLabelled(path, { imageColumn: columns?.textColumn, labelColumn: columns?.labelColumn });
      if (ofImages) continue;
      const { name, examples } = ofImages === false ? { name: path, examples: [] } : await loadDataset(path, columns);
      if (ofImages !== false && examples.every(({ label, labels }) => labels !== undefined || label >= 0)) continue;
      onNote?.(`the test split is not evaluated: rows of ${name} have no label`);
      return undefined;
    }
    return paths;
  } catch (error) {
    if (!(error instanceof CrispError && ["data/columns", "data/broken-row"].includes(error.code))) throw error;
    onNote?.(`the test split is not evaluated: ${error.message}`);
    return undefined;
  }
}
