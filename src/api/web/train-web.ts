import type { WebDevice } from "../../runtime/index-web.ts";
import type { ModelFiles } from "../model-files.ts";
import { loadBaseIn, loadModelIn, type TrainingRun, trainIn, type WebBase, type WebClassifier } from "./client.ts";
import type { WorkerTrainSettings } from "./messages.ts";
import { startWorker } from "./start-worker-web.ts";

/** Settings of {@link train}; `data`, `validation` and `test` may be files that were picked or fetched. */
export interface TrainSettings extends WorkerTrainSettings {
  /** Default `auto`: WebGPU where the browser has a GPU for it, WebAssembly elsewhere. */
  readonly device?: WebDevice;
  /** Name of the run in the browser's own storage, where checkpoints are kept and found; left out, none are. */
  readonly checkpoints?: string;
}

/**
 * Fine-tune a classifier in a worker of the browser; reading, tokenising, training and evaluating happen there.
 *
 * @returns Events to iterate over, and `result`. Either may be ignored.
 * @throws Through both: whatever reading the data, the model or training throws; `runtime/no-device`; `file/disk-full`.
 * @example
 * const run = train({ data: file, model: demoEncoder(), learningRate: 2e-3, checkpoints: "tickets" });
 * for await (const event of run) if (event.type === "step") draw(event.loss);
 * const { model } = (await run.result)!;
 */
export const train = (settings: TrainSettings): TrainingRun => trainIn(startWorker(), settings);

/**
 * Load a classifier that Crisp saved, in a worker.
 *
 * @param options.device - As for {@link train}.
 * @throws `model/not-trained` when there is no crisp.json, or no trained classifier; what reading weights and tokenizer throws.
 * @example
 * const model = await loadModel(readModelZip(bytes));
 */
export const loadModel = (files: ModelFiles, { device }: { readonly device?: WebDevice } = {}): Promise<WebClassifier> =>
  loadModelIn(startWorker(), files, device);

/**
 * Load an encoder in a worker, beside which models with adapters (`loraRank`) are loaded: its weights are held once. Of a model's folder
 * `config.json`, `crisp.json`, the tokenizer and `adapter/` are read.
 *
 * @param options.device - As for {@link train}.
 * @throws What reading weights throws.
 * @example
 * const base = await loadBase(minilmFiles);
 * const [tickets, tone] = await Promise.all([base.load(ticketFiles), base.load(toneFiles)]);
 */
export const loadBase = (files: ModelFiles, { device }: { readonly device?: WebDevice } = {}): Promise<WebBase> =>
  loadBaseIn(startWorker(), files, device);
