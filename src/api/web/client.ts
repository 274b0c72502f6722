import { dense } from "../../attention/index.ts";
import { CrispError } from "../../errors/index.ts";
import type { Device } from "../../runs/index.ts";
import { fromSent, specOf } from "../../runs/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import type { Prediction, TextInput } from "../classifier/classifier.ts";
import { type EventsWithResult, withEvents } from "../event-queue.ts";
import type { ModelFiles } from "../model-files.ts";
import type { TextTrainResult, TrainEvent } from "../training/train-settings.ts";
import type { Answers, Call, EncoderFacts, FromWorker, ModelFacts, ToWorker, WorkerTrainSettings } from "./messages.ts";

/** A text classifier in a worker of its own. */
export interface WebClassifier {
  readonly labels: readonly string[];
  /** Whether it was trained on pairs of texts, and so wants pairs. */
  readonly pairs: boolean;
  /** What it predicts: see `Prediction` for what a regression and a token classification answer. */
  readonly task: TaskName;
  /** What the model says of one text, or of each of several: as `TextClassifier.predict`. */
  predict(text: TextInput, options?: { readonly topK?: number }): Promise<Prediction[]>;
  predict(texts: readonly TextInput[], options?: { readonly topK?: number }): Promise<Prediction[][]>;
  /** The files of a Hugging Face model folder, with crisp.json; see `modelZip`. */
  files(): Promise<Map<string, Uint8Array>>;
  /** End the worker; of a model over a base, give back what it alone holds. */
  close(): Promise<void>;
}

/** An encoder in a worker of its own, whose weights several models share: each adds its adapter and its head. */
export interface WebBase {
  /** @throws As {@link loadModelIn}; `adapter/missing`; `adapter/other-base` for an adapter that was trained beside another encoder. */
  load(files: ModelFiles): Promise<WebClassifier>;
  /** End the worker, and all models over it. */
  close(): Promise<void>;
}

export interface TrainResult extends TextTrainResult {
  readonly model: WebClassifier;
}

/** Events as they come, of which 10,000 are kept for whoever comes late; and the result, null when the signal stopped it. */
export type TrainingRun = EventsWithResult<TrainEvent, TrainResult | null>;

/** A worker that runs a `trainingSession`, as the page sees it. */
export interface WorkerPort {
  post(message: ToWorker): void;
  onMessage(listener: (message: FromWorker) => void): void;
  /** The worker could not be started, or died. */
  onLost(listener: (why: string) => void): void;
  close(): void;
}

/** Train in a worker, which then holds the model; a stopped or failed one is closed. */
export function trainIn(port: WorkerPort, settings: WorkerTrainSettings): TrainingRun {
  return withEvents(async (emit) => {
    const { signal, attention = dense(), ...rest } = settings;
    const plan = specOf(typeof attention === "object" && "pattern" in attention ? attention : { pattern: attention });
    const caller = new Caller(port, emit);
    const stop = (): void => port.post({ type: "stop" });
    try {
      const answered = caller.ask({ type: "train", settings: { ...rest, attention: plan } });
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop, { once: true });
      const result = await answered;
      if (result) return { ...result, model: modelOf(caller, result, () => caller.close()) };
      caller.close();
      return null;
    } catch (error) {
      caller.close();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  });
}

/** Load a model in a worker. */
export async function loadModelIn(port: WorkerPort, files: ModelFiles, device?: Device): Promise<WebClassifier> {
  const caller = new Caller(port, () => {});
  try {
    return modelOf(caller, await caller.ask({ type: "load", files, device }), () => caller.close());
  } catch (error) {
    caller.close();
    throw error;
  }
}

/** Load an encoder in a worker, for models with adapters. */
export async function loadBaseIn(port: WorkerPort, files: ModelFiles, device?: Device): Promise<WebBase> {
  const caller = new Caller(port, () => {});
  try {
    await caller.ask({ type: "base", files, device });
  } catch (error) {
    caller.close();
    throw error;
  }
  return {
    async load(own) {
      const facts = await caller.ask({ type: "load", files: own });
      return modelOf(caller, facts, async () => void (await caller.ask({ type: "release", model: facts.model })));
    },
    close: async () => caller.close(),
  };
}

/** What a worker says of an encoder's config.json; the worker is closed. @throws `config/…`. */
export async function describeIn(port: WorkerPort, files: ModelFiles, where: string): Promise<EncoderFacts> {
  const caller = new Caller(port, () => {});
  try {
    return await caller.ask({ type: "describe", files, where });
  } finally {
    caller.close();
  }
}

function modelOf(caller: Caller, { model, labels, pairs, task }: ModelFacts, close: () => void | Promise<void>): WebClassifier {
  let open = true;
  const checkOpen = (): void => {
    if (!open) throw closed();
  };
  async function predict(texts: TextInput | readonly TextInput[], { topK }: { readonly topK?: number } = {}) {
    checkOpen();
    const list = (Array.isArray(texts) ? texts : [texts]) as readonly TextInput[];
    const ranked = await caller.ask({ type: "predict", model, texts: list, topK });
    return Array.isArray(texts) ? ranked : ranked[0];
  }
  return {
    labels,
    pairs,
    task,
    predict: predict as WebClassifier["predict"],
    async files() {
      checkOpen();
      return caller.ask({ type: "files", model });
    },
    async close() {
      if (!open) return;
      open = false;
      await close();
    },
  };
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Matches answers to calls. */
class Caller {
  readonly #port: WorkerPort;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  /** Why nothing can be asked any more. */
  #over: Error | undefined;

  constructor(port: WorkerPort, onEvent: (event: TrainEvent) => void) {
    this.#port = port;
    port.onMessage((message) => {
      if (message.type === "event") return onEvent(message.event);
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.type === "answer") waiting?.resolve(message.answer as never);
      else waiting?.reject(fromSent(message.error));
    });
    port.onLost((why) => this.#end(lost(why)));
  }

  async ask<Type extends Call["type"]>(call: Extract<Call, { type: Type }>): Promise<Answers[Type]> {
    if (this.#over) throw this.#over;
    const id = this.#calls++;
    this.#port.post({ type: "call", id, call });
    return new Promise((resolve, reject) => void this.#waiting.set(id, { resolve, reject }));
  }

  close(): void {
    this.#port.close();
    this.#end(closed());
  }

  #end(why: Error): void {
    this.#over ??= why;
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }
}

const closed = (): CrispError =>
  new CrispError("model/closed", "model: expected an open one, got one that was closed. Load it again.");

const lost = (why: string): CrispError =>
  new CrispError(
    "run/lost",
    `training: expected the worker to continue, got "${why}". Is all of the package served beside the page, and is there memory left?`,
  );
