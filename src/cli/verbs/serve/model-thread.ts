import { Worker } from "node:worker_threads";
import { expectedGot } from "../../../errors/index.ts";
import { fromSent } from "../../../runs/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import type { FromModel, ModelFacts, ModelSettings, Outcome, ServedInput } from "./model-messages.ts";

/** A model in a thread of its own. */
export interface ModelThread {
  readonly facts: ModelFacts;
  /** One call at a time. @throws HttpError 503 `serve/lost` once the thread has ended. */
  answer(inputs: readonly ServedInput[]): Promise<readonly Outcome[]>;
  /** Settles, with an error, when the thread ends by itself. */
  readonly lost: Promise<Error>;
  /** Waits for what is computed: to end a thread inside ONNX Runtime would end the process. */
  close(): Promise<void>;
}

const entry = new URL("./model-thread-entry.ts", import.meta.url);

/**
 * Load a model in a thread, its files compared with their hashes where the folder has a list of them, and make it ready to answer at once.
 *
 * @throws What `Classifier.load` throws; `cli/bad-option` where a setting means nothing to the model.
 */
export async function startModel(settings: ModelSettings, onNote: (text: string) => void): Promise<ModelThread> {
  const worker = new Worker(entry, { workerData: settings });
  let waiting = Promise.withResolvers<ModelFacts | readonly Outcome[]>();
  const ended = Promise.withResolvers<Error>();
  const end = (how: string): void => {
    const error = new HttpError(
      503,
      expectedGot("serve/lost", "the model", "a thread that answers", how, "Start the server again."),
    );
    waiting.reject(error);
    ended.resolve(error);
  };
  worker.on("error", (error) => end((error as Error).message));
  worker.on("exit", (code) => end(`exit code ${code}`));
  worker.on("message", (message: FromModel) => {
    if (message.type === "note") onNote(message.text);
    else if (message.type === "ready") waiting.resolve(message.facts);
    else if (message.type === "answered") waiting.resolve(message.outcomes);
    else waiting.reject(fromSent(message.error));
  });
  let facts: ModelFacts;
  try {
    facts = (await waiting.promise) as ModelFacts;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let gone = false;
  void ended.promise.then(() => (gone = true));
  return {
    facts,
    lost: ended.promise,
    async answer(inputs) {
      if (gone) throw await ended.promise;
      waiting = Promise.withResolvers();
      worker.postMessage(inputs);
      return (await waiting.promise) as readonly Outcome[];
    },
    async close() {
      await waiting.promise.catch(() => {});
      await worker.terminate();
    },
  };
}
