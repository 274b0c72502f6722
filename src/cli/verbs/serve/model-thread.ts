import { Worker } from "node:worker_threads";
import { expectedGot } from "../../../errors/index.ts";
import { fromSent } from "../../../runs/index.ts";
import { keepTelemetryOff } from "../../../runtime/index-node.ts";
import { HttpError } from "../../../server/index-node.ts";
import type { Asked, FromModel, ModelFacts, ModelSettings, Outcome } from "./model-messages.ts";

/** Models in a thread of their own, which computes one call at a time, in their order. */
export interface ModelThread {
  /** Of each folder's model. */
  readonly facts: readonly ModelFacts[];
  /** @throws HttpError 503 `serve/lost` once the thread has ended. */
  answer(asked: Asked): Promise<readonly Outcome[]>;
  /** Settles, with an error, when the thread ends by itself. */
  readonly lost: Promise<Error>;
  /** Waits for what is computed: to end a thread inside ONNX Runtime would end the process. */
  close(): Promise<void>;
}

const entry = new URL("./model-thread-entry.ts", import.meta.url);

/**
 * Load models in a thread, their files compared with their hashes where a folder has a list of them, and make them ready to answer at once.
 *
 * @throws What `Classifier.load` throws; `cli/bad-option` where a setting means nothing to a model.
 */
export async function startModels(settings: ModelSettings, onNote: (text: string) => void): Promise<ModelThread> {
  keepTelemetryOff();
  const worker = new Worker(entry, { workerData: settings });
  let waiting = Promise.withResolvers<readonly ModelFacts[] | readonly Outcome[]>();
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
  let facts: readonly ModelFacts[];
  try {
    facts = (await waiting.promise) as readonly ModelFacts[];
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let gone = false;
  void ended.promise.then(() => (gone = true));
  const ask = async (asked: Asked): Promise<readonly Outcome[]> => {
    if (gone) throw await ended.promise;
    waiting = Promise.withResolvers();
    worker.postMessage(asked);
    return (await waiting.promise) as readonly Outcome[];
  };
  let last: Promise<unknown> = Promise.resolve();
  return {
    facts,
    lost: ended.promise,
    answer(asked) {
      const answered = last.then(() => ask(asked));
      last = answered.catch(() => {});
      return answered;
    },
    async close() {
      await last;
      await worker.terminate();
    },
  };
}
