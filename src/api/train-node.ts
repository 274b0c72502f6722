import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { Dataset, DatasetOptions, StreamOptions, Tokenizer } from "../data/index.ts";
import {
  isFolder,
  loadDatasets,
  loadImages,
  nodeImages,
  openStreamedDataset,
  splitOf,
  unpackedBytes,
} from "../data/index-node.ts";
import { expectedGot } from "../errors/index.ts";
import type { ModelFacts } from "../export/index.ts";
import { INPUT_FILES } from "../models/index.ts";
import { loadModelFolder } from "../models/index-node.ts";
import { permutation } from "../random/index.ts";
import type { RunEvent, RunLog } from "../runs/index.ts";
import { readsImages, readsTexts, runLogged, sayReading } from "../runs/index.ts";
import { startRunWorker } from "../runs/index-node.ts";
import { DEFAULT_TASK, tasks } from "../tasks/index.ts";
import type { TrackingSettings } from "../trackers/index-node.ts";
import { Classifier, readModelFiles, runtimeFor } from "./classifier/classifier-node.ts";
import { type EventsWithResult, withEvents } from "./event-queue.ts";
import type { FreshModel } from "./fresh-model.ts";
import { type FetchListener, modelFolderOf } from "./hub-sources-node.ts";
import { inCheckpoints } from "./in-checkpoints-node.ts";
import { bytesOfAll, type ModelFiles } from "./model-files.ts";
import { type StartModel, startFromFiles } from "./start-model.ts";
import { phasesIn } from "./training/phase-folder-node.ts";
import { asPhase, type ExecuteRun } from "./training/phases.ts";
import { openTeacher } from "./training/teacher-node.ts";
import { trainPrepared } from "./training/train-prepared.ts";
import { checkTrainSettings, type TextTrainResult, type TextTrainSettings, type TrainEvent } from "./training/train-settings.ts";
import { type DataSources, isDataset, type Prepared, prepareTraining, type StreamedTraining } from "./training/train-text.ts";
import { trainingTrackers } from "./training-trackers-node.ts";

/** Settings of {@link train}; `data`, `validation` and `test` may be paths. */
export interface TrainSettings extends TextTrainSettings<string | readonly string[]>, TrackingSettings {
  /**
   * A Hugging Face model folder (config.json, model.safetensors, tokenizer.json), the name of a model on the Hub, files by name, or
   * `demoEncoder()`.
   */
  readonly model: string | ModelFiles | FreshModel;
  /** Branch, tag or commit of a model on the Hub; default `main`. */
  readonly revision?: string;
  /**
   * Whose outputs are learned beside the labels (`distillationAlpha`, `distillationTemperature`): a folder that a classifier was saved to,
   * the classifier itself, or a table of what one said of each row of `data`, as `crisp predict` writes it with all labels. Rows of `data`
   * may then have no label.
   */
  readonly teacher?: string | Classifier;
  /** Told of downloads. */
  readonly onDownload?: FetchListener;
  /** Leave the training data on disk and read them as they are needed; left out, from 512 MB on. */
  readonly streaming?: boolean;
  /**
   * Folder for checkpoints, and for what is kept of finished folds; or `s3://bucket/prefix`, which takes checkpoints alone. Left out, none
   * are written.
   */
  readonly checkpoints?: string;
  /** Takes each event of the run, and how it ended, e.g. `logFile("run.log.jsonl")`; left out, none is kept. */
  readonly log?: RunLog;
  readonly signal?: AbortSignal;
}

export interface TrainResult extends TextTrainResult {
  readonly model: Classifier;
}

/** Events as they come, of which 10,000 are kept for whoever comes late; and the result, null when the signal stopped it. */
export type TrainingRun = EventsWithResult<TrainEvent, TrainResult | null>;

/**
 * Fine-tune a classifier in a worker thread.
 *
 * @returns Events to iterate over, and `result`. Either may be ignored.
 * @throws Through both: whatever reading the data, the model or training throws; `file/busy` at once while another training writes
 *   into `checkpoints`.
 * @example
 * const run = train({ data: "tickets.csv", model: "distilbert", attention: topK({ sparsity: 0.8 }) });
 * for await (const event of run) if (event.type === "evaluated") console.log(event.point.evalAccuracy);
 * const { model } = (await run.result)!;
 */
export const train = (settings: TrainSettings): TrainingRun =>
  withEvents(async (emit) => {
    checkTrainSettings(settings);
    return inCheckpoints(settings.checkpoints, () => execute(settings, emit));
  });

async function execute(settings: TrainSettings, emit: (event: TrainEvent) => void): Promise<TrainResult | null> {
  const trackers = trainingTrackers(settings, "train", emit);
  const prepared = await prepareTextTraining(settings, emit).catch((error) => {
    if (settings.signal?.aborted && error === settings.signal.reason) return null;
    throw error;
  });
  if (!prepared) return null;
  const worker = startRunWorker("thread");
  try {
    const { signal, log } = settings;
    const run: ExecuteRun = (spec, phase) => {
      if (phase !== undefined) return runLogged(worker, spec, { onEvent: asPhase(phase, emit), signal });
      trackers.starts(spec);
      return runLogged(worker, spec, { log, onEvent: trackers.onEvent, signal });
    };
    const about = { ...startModel(settings), ...settings.about };
    const onNote = (text: string): void => emit({ type: "note", text });
    const store = settings.checkpoints === undefined ? undefined : phasesIn(settings.checkpoints, prepared.source, onNote);
    const train = () => trainPrepared(prepared, { ...settings, about }, run, emit, store);
    const done = await trackers.during(train, ({ card }) => card.metrics);
    if (!done) return null;
    const { card, config, weights, adapter, ...result } = done;
    const { tokenizer, images, tokenizerFiles } = prepared;
    const createRuntime = () => runtimeFor({ device: settings.device, onNote: () => {} });
    const parts = { config, card, tokenizer, images, imageReader: nodeImages, weights, adapter, tokenizerFiles };
    return { ...result, model: new Classifier({ ...parts, createRuntime }) };
  } finally {
    await worker.close();
  }
}

/** Read and check everything before anything is trained. */
export const prepareTextTraining = (settings: TrainSettings, onEvent: (event: RunEvent) => void = () => {}): Promise<Prepared> =>
  prepareTraining(settings, {
    open: () => startFrom(settings),
    read: (source, options) => loadLabelledTexts(pathsOf(source), options),
    stream: async (source, options) => {
      if (options.task && tasks[options.task].labels?.ofPairs) {
        if (!settings.streaming) return undefined;
        const hint = "Leave it out, or take fewer rows.";
        throw expectedGot("training/bad-option", "streaming", "data in memory for pairs of texts", true, hint);
      }
      const paths = pathsOf(source);
      return streamed(paths, { ...options, signal: settings.signal, onProgress: sayReading(paths, onEvent) }, settings);
    },
    images: (sources) => readImages(sources, settings),
    teacher: () => {
      const { device, perDeviceEvalBatchSize: batchSize } = settings;
      return openTeacher(settings.teacher!, { device, batchSize, onNote: (text) => onEvent({ type: "note", text }) });
    },
    onNote: (text) => onEvent({ type: "note", text }),
  });

/** As `loadDatasets`; @throws `model/reads-texts` for a folder, as images come in. */
export async function loadLabelledTexts(paths: readonly string[], options: DatasetOptions): Promise<Dataset> {
  const folder = paths.find(isFolder);
  if (folder !== undefined) throw readsTexts(folder, "a folder");
  return loadDatasets(paths, options);
}

/** The splits of a folder of images, or of what is given for each. */
async function readImages(
  { data, validation, test }: DataSources<string | readonly string[]>,
  { columns, maxTrainSamples, task = DEFAULT_TASK }: TrainSettings,
): Promise<DataSources<string | readonly string[]>> {
  if (!tasks[task].hasOneClass) throw expectedGot("model/reads-images", "task", `${DEFAULT_TASK} for files of images`, task);
  const options = { imageColumn: columns?.textColumn, labelColumn: columns?.labelColumn };
  const all = isDataset(data) ? { train: data } : await loadImages(pathsOf(data), options);
  const { labels } = all.train;
  const given = async (source: typeof test, split: "validation" | "test"): Promise<Dataset | undefined> => {
    if (source === undefined) return all[split];
    return isDataset(source) ? source : splitOf(await loadImages(pathsOf(source), { ...options, labels }), [split]);
  };
  const train = maxTrainSamples === undefined ? all.train : drawn(all.train, maxTrainSamples);
  return { data: train, validation: await given(validation, "validation"), test: await given(test, "test") };
}

/** From this size on, unpacked, training data stay on disk unless told otherwise: in memory they would take several times as much. */
const STREAM_BYTES = 512e6;

/** Whether training data in these files stay on disk, where nobody says otherwise. */
export const staysOnDisk = (paths: readonly string[]): boolean =>
  paths.reduce((sum, path) => sum + unpackedBytes(path), 0) >= STREAM_BYTES;

async function streamed(
  paths: readonly string[],
  options: StreamOptions,
  { streaming, maxTrainSamples }: TrainSettings,
): Promise<StreamedTraining | undefined> {
  if (streaming && maxTrainSamples !== undefined) {
    const hint = "Leave one of them out: so few rows fit into memory.";
    throw expectedGot("training/bad-option", "streaming", "no maxTrainSamples beside it", maxTrainSamples, hint);
  }
  if (!(streaming ?? (staysOnDisk(paths) && maxTrainSamples === undefined))) return undefined;
  const dataset = await openStreamedDataset(paths, options);
  await dataset.close(); // the run opens it again, in its own thread
  const { onProgress: _, signal: __, onNote: ___, ...plain } = options;
  const { text, pair, label } = dataset.columns;
  const columns = { textColumn: text, pairColumn: pair, labelColumn: label };
  return {
    dataset,
    source: { paths, fingerprint: dataset.fingerprint, options: { ...plain, ...columns, labels: dataset.labels } },
  };
}

const pathsOf = (source: string | readonly string[]): readonly string[] => (typeof source === "string" ? [source] : source);

/** What the card calls the start model; of a folder its name alone, as a card is for others to read. */
function startModel({ model, revision }: TrainSettings): ModelFacts {
  if (typeof model !== "string") return {};
  if (existsSync(model)) return { startModel: basename(resolve(model)) };
  return { startModel: revision === undefined ? model : `${model}@${revision}` };
}

async function startFrom({ model, maxLength, revision, onDownload, signal }: TrainSettings): Promise<StartModel | FreshModel> {
  if (typeof model === "string")
    return startFromFolder(await modelFolderOf(model, { ...onDownload, revision, signal }), maxLength);
  return "kind" in model ? model : startFromFiles(await bytesOfAll(model), { where: "model", maxLength });
}

/** The weights are left where they are for the run to read; the rest is read now, as hours later the folder may be gone. */
async function startFromFolder(folder: string, maxLength?: number): Promise<StartModel> {
  loadModelFolder(folder); // complains about what is no model folder
  const files = readModelFiles(folder, ["config.json", ...INPUT_FILES]);
  return startFromFiles(files, { where: folder, maxLength, source: { kind: "folder", path: folder } });
}

/**
 * The tokenizer of a model folder, cutting texts to what the model takes.
 *
 * @throws `model/reads-images` for an encoder of images; as `startFromFiles`.
 */
export async function tokenizerOf(folder: string, maxLength?: number): Promise<Tokenizer> {
  const { tokenizer } = await startFromFolder(folder, maxLength);
  if (!tokenizer) throw readsImages(folder, "texts");
  return tokenizer;
}

/** `most` examples drawn at random, always the same ones, in their order: files are often sorted by label. */
export function drawn(dataset: Dataset, most: number): Dataset {
  if (dataset.examples.length <= most) return dataset;
  const chosen = permutation({ seed: 0, step: 0, site: "sample" }, dataset.examples.length).subarray(0, most);
  return { ...dataset, examples: Array.from(chosen.sort(), (at) => dataset.examples[at]) };
}
