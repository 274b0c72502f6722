import { CrispError } from "../errors/index.ts";
import type { WebDevice } from "../runtime/index-web.ts";
import { dense } from "../sparsity/index.ts";
import type { Prediction, TextInput } from "./classifier.ts";
import { type EventsWithResult, withEvents } from "./event-queue.ts";
import type { FreshModel } from "./fresh-model.ts";
import { specOf } from "./plan-of.ts";
import type { PlanSpec } from "./run-spec.ts";
import type { TextTrainResult, TextTrainSettings, TrainEvent } from "./train-text.ts";

/** The files of a model folder by name: config.json, model.safetensors, tokenizer.json, and what else there is. */
export type ModelFiles = ReadonlyMap<string, Blob | Uint8Array>;

/** Settings of {@link train}; `data`, `validation` and `test` may be files that were picked or fetched. */
export interface TrainSettings extends TextTrainSettings<Blob> {
  readonly model: ModelFiles | FreshModel;
  /** Default `auto`: WebGPU where the browser has a GPU for it, WebAssembly elsewhere. */
  readonly device?: WebDevice;
  /** Name of the run in the browser's own storage, where checkpoints are kept and found; left out, none are. */
  readonly checkpoints?: string;
  readonly signal?: AbortSignal;
}

export interface TrainResult extends TextTrainResult {
  readonly model: WebClassifier;
}

/** Events as they come, and the result; null when the signal stopped it. */
export type TrainingRun = EventsWithResult<TrainEvent, TrainResult | null>;

/** A text classifier in a worker of its own. */
export interface WebClassifier {
  readonly labels: readonly string[];
  /** The most probable labels of one text, or of each of several; `topK` of them, best first (default 1). */
  predict(text: TextInput, options?: { readonly topK?: number }): Promise<Prediction[]>;
  predict(texts: readonly TextInput[], options?: { readonly topK?: number }): Promise<Prediction[][]>;
  /** The files of a Hugging Face model folder, with crisp.json; see `modelZip`. */
  files(): Promise<Map<string, Uint8Array>>;
  /** End the worker. */
  close(): void;
}

/** Settings as they cross to the worker: plain data and blobs. */
export type WireSettings = Omit<TrainSettings, "attention" | "signal"> & { readonly attention: PlanSpec };

export type ToWorker =
  | { readonly type: "train"; readonly settings: WireSettings }
  | { readonly type: "stop" }
  | { readonly type: "load"; readonly files: ModelFiles; readonly device?: WebDevice }
  | { readonly type: "predict"; readonly id: number; readonly texts: readonly TextInput[]; readonly topK?: number }
  | { readonly type: "files"; readonly id: number };

/** An error as it crosses from the worker. */
export interface WireError {
  readonly message: string;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export type FromWorker =
  | { readonly type: "event"; readonly event: TrainEvent }
  | { readonly type: "trained"; readonly result: TextTrainResult; readonly labels: readonly string[] }
  | { readonly type: "loaded"; readonly labels: readonly string[] }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly error: WireError /** Of the call that failed. */; readonly id?: number }
  | { readonly type: "reply"; readonly id: number; readonly value: unknown };

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
export const train = (settings: TrainSettings): TrainingRun => withEvents((emit) => execute(settings, emit));

async function execute(settings: TrainSettings, emit: (event: TrainEvent) => void): Promise<TrainResult | null> {
  const { signal, attention = dense(), ...rest } = settings;
  const plan = specOf("pattern" in attention ? attention : { pattern: attention });
  const host = new WorkerHost();
  const stop = (): void => host.send({ type: "stop" });
  try {
    const finished = host.until<TextTrainResult & { labels: readonly string[] }>((message, resolve) => {
      if (message.type === "event") emit(message.event);
      else if (message.type === "trained") resolve({ ...message.result, labels: message.labels });
      else if (message.type === "stopped") resolve(null);
    });
    host.send({ type: "train", settings: { ...rest, attention: plan } });
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    const result = await finished;
    if (!result) host.close();
    return result && { ...result, model: classifierOf(host, result.labels) };
  } catch (error) {
    host.close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * Load a classifier that Crisp saved, in a worker.
 *
 * @throws As `classifierFromFiles`.
 * @example
 * const model = await loadModel(readModelZip(bytes));
 */
export async function loadModel(files: ModelFiles, { device }: { readonly device?: WebDevice } = {}): Promise<WebClassifier> {
  const host = new WorkerHost();
  try {
    const loaded = host.until<readonly string[]>((message, resolve) => {
      if (message.type === "loaded") resolve(message.labels);
    });
    host.send({ type: "load", files, device });
    return classifierOf(host, (await loaded)!);
  } catch (error) {
    host.close();
    throw error;
  }
}

function classifierOf(host: WorkerHost, labels: readonly string[]): WebClassifier {
  async function predict(text: TextInput, options?: { readonly topK?: number }): Promise<Prediction[]>;
  async function predict(texts: readonly TextInput[], options?: { readonly topK?: number }): Promise<Prediction[][]>;
  async function predict(texts: TextInput | readonly TextInput[], options: { readonly topK?: number } = {}) {
    const list = (Array.isArray(texts) ? texts : [texts]) as readonly TextInput[];
    const ranked = (await host.call({ type: "predict", texts: list, ...options })) as Prediction[][];
    return Array.isArray(texts) ? ranked : ranked[0];
  }
  return {
    labels,
    predict: predict as WebClassifier["predict"],
    files: async () => (await host.call({ type: "files" })) as Map<string, Uint8Array>,
    close: () => host.close(),
  };
}

type Call =
  | { readonly type: "predict"; readonly texts: readonly TextInput[]; readonly topK?: number }
  | { readonly type: "files" };

/** The page's end of the worker. */
class WorkerHost {
  readonly #worker = new Worker(new URL("./train-worker-web.ts", import.meta.url), { type: "module" });
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #listener: ((message: FromWorker) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) => {
      const got = event.message || "an error without a message";
      const hint = "Is onnxruntime-web served beside the page, and is there memory left?";
      this.#lost(new CrispError("run/lost", `training: expected the worker to go on, got "${got}". ${hint}`));
    };
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Hear all messages until one resolves, or the worker fails. */
  until<Value>(hear: (message: FromWorker, resolve: (value: Value | null) => void) => void): Promise<Value | null> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#listener = (message) => hear(message, resolve);
    });
  }

  call(call: Call): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.send({ ...call, id });
    });
  }

  close(): void {
    this.#worker.terminate();
    for (const { reject } of this.#calls.values())
      reject(new CrispError("run/lost", "model: expected an open one, got a closed one."));
    this.#calls.clear();
  }

  #receive(message: FromWorker): void {
    if (message.type === "reply") {
      this.#calls.get(message.id)?.resolve(message.value);
      this.#calls.delete(message.id);
    } else if (message.type === "failed") {
      const { message: text, code, details } = message.error;
      const error = code ? new CrispError(code, text, details) : new Error(text);
      if (message.id === undefined) this.#fail?.(error);
      else {
        this.#calls.get(message.id)?.reject(error);
        this.#calls.delete(message.id);
      }
    } else this.#listener?.(message);
  }

  #lost(error: Error): void {
    this.#fail?.(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
