import { type Dataset, type DatasetOptions, readDataset } from "../data/index.ts";
import { CrispError } from "../errors/index.ts";
import { createRuntime, type WebDevice } from "../runtime/index-web.ts";
import { classifierFromFiles, TextClassifier } from "./classifier.ts";
import { executeRun } from "./execute-run.ts";
import { planOf } from "./plan-of.ts";
import { webEnvironment } from "./run-web.ts";
import { prepareTraining, startFromFiles, trainPrepared } from "./train-text.ts";
import type { FromWorker, ModelFiles, ToWorker, WireError, WireSettings } from "./train-web.ts";

/** A worker's own scope; TypeScript's library for pages has none. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const post = (message: FromWorker): void => scope.postMessage(message);

let stop = new AbortController();
let model: TextClassifier | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "stop") stop.abort();
  else
    void answer(data).catch((error: unknown) =>
      post({ type: "failed", error: wireError(error), ...("id" in data && { id: data.id }) }),
    );
};

async function answer(message: Exclude<ToWorker, { type: "stop" }>): Promise<void> {
  if (message.type === "train") await train(message.settings);
  else if (message.type === "load") await load(message.files, message.device);
  else if (message.type === "predict") {
    const value = await model!.predict(message.texts, { topK: message.topK });
    post({ type: "reply", id: message.id, value });
  } else {
    const files = new Map(Array.from(model!.files(), ([name, chunks]) => [name, joined(chunks)] as const));
    const buffers = new Set(Array.from(files.values(), ({ buffer }) => buffer as ArrayBuffer));
    scope.postMessage({ type: "reply", id: message.id, value: files }, [...buffers]);
  }
}

async function train(settings: WireSettings): Promise<void> {
  stop = new AbortController();
  const { signal } = stop;
  const { model: start, maxLength } = settings;
  const prepared = await prepareTraining(
    { ...settings, attention: planOf(settings.attention) },
    {
      open: () => ("kind" in start ? start : startFromModelFiles(start, maxLength)),
      read: readBlob,
    },
  );
  const emit = (event: Extract<FromWorker, { type: "event" }>["event"]): void => post({ type: "event", event });
  const done = await trainPrepared(
    prepared,
    settings,
    (spec) => executeRun(spec, webEnvironment, { signal, onEvent: emit }),
    emit,
  );
  if (!done) {
    post({ type: "stopped" });
    return;
  }
  const { card, weights, ...result } = done;
  const { config, tokenizer, tokenizerFiles } = prepared;
  model = new TextClassifier({ config, card, tokenizer, weights, tokenizerFiles, createRuntime: runtimeFor(settings.device) });
  post({ type: "trained", result, labels: config.labels });
}

async function load(files: ModelFiles, device?: WebDevice): Promise<void> {
  model = await classifierFromFiles(await bytesOfAll(files), { createRuntime: runtimeFor(device) });
  post({ type: "loaded", labels: model.config.labels });
}

const runtimeFor = (device?: WebDevice) => () => createRuntime({ device });

const startFromModelFiles = async (files: ModelFiles, maxLength?: number) =>
  startFromFiles(await bytesOfAll(files), { where: "model", maxLength });

async function readBlob(source: Blob, options: DatasetOptions): Promise<Dataset> {
  const name = source instanceof File ? source.name : "data.csv";
  return readDataset(await bytesOf(source), name, options);
}

const bytesOf = async (content: Blob | Uint8Array): Promise<Uint8Array> =>
  content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());

async function bytesOfAll(files: ModelFiles): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const [name, content] of files) read.set(name, await bytesOf(content));
  return read;
}

/** A copy, so that it can be handed to the page while the model stays. */
function joined(chunks: Iterable<Uint8Array>): Uint8Array {
  const all = [...chunks];
  const out = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of all) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function wireError(error: unknown): WireError {
  const { message } = error as Error;
  return error instanceof CrispError
    ? { message, code: error.code, details: plain(error.details) }
    : { message: message ?? String(error) };
}

/** Details that cannot be cloned must not hide the error. */
function plain(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
