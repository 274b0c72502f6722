import { type Dataset, type DatasetOptions, readDataset } from "../../data/index.ts";
import { storedModel } from "../../models/index.ts";
import type { Device, RunEnvironment } from "../../runs/index.ts";
import { executeRun, planOf, toSent } from "../../runs/index.ts";
import { AdapterBase } from "../classifier/adapter-base.ts";
import { TextClassifier } from "../classifier/classifier.ts";
import { classifierFromFiles } from "../classifier/classifier-files.ts";
import { bytesOf, bytesOfAll, type ModelFiles } from "../model-files.ts";
import { startFromFiles } from "../start-model.ts";
import { asPhase, type ExecuteRun } from "../training/phases.ts";
import { trainPrepared } from "../training/train-prepared.ts";
import { prepareTraining } from "../training/train-text.ts";
import type { Answers, Call, FromWorker, ModelFacts, SentSettings, ToWorker } from "./messages.ts";

/** Hand a message to the page; what is in `transfer` moves there without a copy. */
export type Post = (message: FromWorker, transfer?: ArrayBuffer[]) => void;

/**
 * The worker's end of training in a browser: one training, or loaded models, and then their predictions.
 *
 * @returns Takes each message of the page.
 */
export function trainingSession(environment: RunEnvironment, post: Post): (message: ToWorker) => Promise<void> {
  const stop = new AbortController();
  // by number; one that was released leaves its place empty
  const models: (TextClassifier | undefined)[] = [];
  let base: AdapterBase | undefined;
  const hold = (model: TextClassifier): ModelFacts => {
    models.push(model);
    return { model: models.length - 1, ...factsOf(model) };
  };

  async function train({ attention, ...settings }: SentSettings): Promise<Answers["train"]> {
    const { model: start, maxLength, device } = settings;
    const onEvent = (event: Extract<FromWorker, { type: "event" }>["event"]): void => post({ type: "event", event });
    const prepared = await prepareTraining(
      { ...settings, attention: planOf(attention) },
      {
        open: () => ("kind" in start ? start : startFromModelFiles(start, maxLength)),
        read: readBlob,
        onNote: (text) => onEvent({ type: "note", text }),
      },
    );
    const run = { signal: stop.signal, onEvent };
    const execute: ExecuteRun = (spec, phase) =>
      executeRun(spec, environment, phase === undefined ? run : { ...run, onEvent: asPhase(phase, onEvent) });
    const done = await trainPrepared(prepared, settings, execute, onEvent);
    if (!done) return null;
    const { card, config, weights, adapter, ...result } = done;
    const { tokenizer, images, tokenizerFiles } = prepared;
    const parts = { config, card, tokenizer, images, imageReader: environment.images, weights, adapter, tokenizerFiles };
    const model = new TextClassifier({ ...parts, createRuntime: runtimeOn(device) });
    return { ...result, ...hold(model) };
  }

  const runtimeOn = (device?: Device) => () => environment.createRuntime({ device, onNote: () => {} });

  async function answer(call: Call): Promise<Answers[keyof Answers]> {
    if (call.type === "train") return train(call.settings);
    if (call.type === "predict") return models[call.model]!.predict(call.texts, { topK: call.topK });
    if (call.type === "files") return models[call.model]!.files();
    if (call.type === "release") {
      await models[call.model]!.release();
      models[call.model] = undefined;
      return null;
    }
    const files = await bytesOfAll(call.files);
    if (call.type === "describe") {
      const { family, layers, hiddenSize, image } = storedModel(files, call.where).config;
      return { family, layers, hiddenSize, reads: image ? "images" : "texts" };
    }
    const createRuntime = runtimeOn(call.device);
    if (call.type === "base") {
      base = new AdapterBase(storedModel(files, "the base"), createRuntime);
      return null;
    }
    return hold(await classifierFromFiles(files, { createRuntime, imageReader: environment.images, base }));
  }

  return async (message) => {
    if (message.type === "stop") return stop.abort();
    const { id, call } = message;
    try {
      const given = await answer(call);
      post({ type: "answer", id, answer: given }, given instanceof Map ? buffersOf(given) : undefined);
    } catch (error) {
      post({ type: "failed", id, error: toSent(error) });
    }
  };
}

const factsOf = ({ config, card }: TextClassifier): Omit<ModelFacts, "model"> => ({
  labels: config.labels,
  pairs: card.columns?.pair !== undefined,
  task: config.task,
});

const buffersOf = (files: ReadonlyMap<string, Uint8Array>): ArrayBuffer[] =>
  Array.from(files.values(), ({ buffer }) => buffer as ArrayBuffer);

const startFromModelFiles = async (files: ModelFiles, maxLength?: number) =>
  startFromFiles(await bytesOfAll(files), { where: "model", maxLength });

const readBlob = async (source: Blob, options: DatasetOptions): Promise<Dataset> =>
  readDataset(await bytesOf(source), source instanceof File ? source.name : "data", options);
