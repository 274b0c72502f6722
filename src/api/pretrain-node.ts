import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { dense } from "../attention/index.ts";
import { createTokenizer, decodeText, readDocuments, readTokenizerJson, type Tokenizer, textBlocks } from "../data/index.ts";
import { counted, expectedGot } from "../errors/index.ts";
import { jsonBytes, writeOwnFiles } from "../files/index-node.ts";
import { type EncoderConfig, modelFiles, parseEncoderConfig, TOKENIZER_FILES, withLabels } from "../models/index.ts";
import { loadModelFolder } from "../models/index-node.ts";
import { permutation } from "../random/index.ts";
import type { CurvePoint, ModelSource, RunEvent, RunResult, RunSpec } from "../runs/index.ts";
import { runLogged, specOf } from "../runs/index.ts";
import { startRunWorker } from "../runs/index-node.ts";
import { checkMasking } from "../tasks/index.ts";
import { resolveOptions, type TrainingOptions, trainingOptionsIn } from "../training/index.ts";
import { OTHER_MODELS_FILES, readModelFiles } from "./classifier/classifier-node.ts";
import { type EventsWithResult, withEvents } from "./event-queue.ts";
import { modelFolderOf } from "./hub-sources-node.ts";
import { inCheckpoints } from "./in-checkpoints-node.ts";
import { tokenizerFilesOf } from "./input-files.ts";
import { checkPretrainSettings, type PretrainSettings } from "./pretrain-settings-node.ts";
import { trainingTrackers } from "./training-trackers-node.ts";
import { VERSION } from "./version.ts";

export type PretrainEvent =
  | {
      readonly type: "text";
      readonly documents: number;
      readonly blocks: number;
      readonly tokens: number;
      readonly heldOut: number;
    }
  | RunEvent;

/** What a pre-training leaves. */
export interface PretrainResult {
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** With the head for masked tokens. */
  readonly config: EncoderConfig;
  /** Mean cross-entropy of the held-out text's masked tokens, in nats, attention as trained and dense. */
  readonly loss: number;
  readonly lossSparsityOff: number;
  readonly steps: number;
  readonly seconds: number;
  readonly curve: readonly CurvePoint[];
  /** Parts of the head that the model lacked; empty where all of it was drawn. */
  readonly freshParameters: readonly string[];
}

/** An encoder that was trained to fill in masked tokens. */
export interface PretrainedModel extends PretrainResult {
  /** Write a Hugging Face model folder (`…ForMaskedLM`) with its tokenizer and `crisp.json`. */
  save(folder: string): void;
}

/** Where pre-training differs from `defaultOptions`: from nothing, or on new text, the rate is higher than for a classifier. */
export const pretrainingDefaults = { learningRate: 5e-5 } as const satisfies Partial<TrainingOptions>;

/**
 * Train an encoder to fill in masked tokens of plain text, so that it knows the language of one's own texts before it is fine-tuned.
 *
 * @returns Events to iterate over, and `result`, null when the signal stopped it.
 * @throws Through both: `data/…`, `model/…`, `config/…`, `training/…`; `pretrain/no-mask` for a tokenizer without a mask token;
 *   `pretrain/vocabulary` for one with more tokens than the model; `pretrain/no-model`.
 * @example
 * const run = pretrain({ data: "manuals.txt", model: "distilbert", numTrainEpochs: 3, learningRate: 5e-5 });
 * for await (const event of run) if (event.type === "evaluated") console.log(Math.exp(event.point.evalLoss!)); // perplexity
 * (await run.result)?.save("manuals-encoder");
 * @see Devlin et al., arXiv 1810.04805; `run_mlm.py` in transformers.
 */
export const pretrain = (settings: PretrainSettings): EventsWithResult<PretrainEvent, PretrainedModel | null> =>
  withEvents(async (emit) => {
    checkPretrainSettings(settings);
    return inCheckpoints(settings.checkpoints, () => execute(settings, emit));
  });

async function execute(settings: PretrainSettings, emit: (event: PretrainEvent) => void): Promise<PretrainedModel | null> {
  const { seed = 42, mlmProbability = 0.15, checkpoints, log, device, threads, signal } = settings;
  const options = { ...pretrainingDefaults, ...trainingOptionsIn(settings) };
  resolveOptions(options);
  checkMasking({ probability: mlmProbability });
  const trackers = trainingTrackers(settings, "pretrain", emit);
  const { source, where, tokenizerFolder, files, maxPositions, vocabSize } = await startFrom(settings);
  const maxLength = Math.min(settings.maxLength ?? 128, maxPositions);
  const tokenizer = createTokenizer({ ...readTokenizerJson(files, tokenizerFolder), maxLength });
  const { maskTokenId, specialIds, vocabularySize, padTokenId } = tokenizer;
  if (maskTokenId === undefined)
    throw expectedGot(
      "pretrain/no-mask",
      tokenizerFolder,
      "a tokenizer with a mask token",
      "none",
      "Set mask_token in tokenizer_config.json.",
    );
  if (vocabSize < vocabularySize) {
    const hint = "Take the tokenizer that belongs to it, or a larger vocab_size for a fresh encoder.";
    throw expectedGot(
      "pretrain/vocabulary",
      where,
      `vocab_size at least ${vocabularySize}, as the tokenizer has`,
      vocabSize,
      hint,
    );
  }

  const all = await documentsOf(settings.data);
  const split = settings.validation
    ? { train: all, heldOut: await documentsOf(settings.validation) }
    : holdOut(all, settings.validationShare ?? 0.01, settings.data);
  const { lineByLine } = settings;
  const train = textBlocks(split.train, tokenizer, { lineByLine });
  const selection = textBlocks(split.heldOut, tokenizer, { lineByLine });
  const tokens = train.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
  emit({ type: "text", documents: split.train.length, blocks: train.length, tokens, heldOut: selection.length });

  const attention = settings.attention ?? dense();
  const plan = specOf("pattern" in attention ? attention : { pattern: attention });
  const spec: RunSpec = {
    arm: plan.pattern,
    model: fitVocabulary(source, vocabularySize),
    task: "masked_lm",
    labels: [],
    masking: { probability: mlmProbability, maskTokenId, vocabularySize, specialIds },
    padTokenId,
    plan,
    data: { train, selection, reported: selection },
    options,
    seed,
    checkpoints,
    keepWeights: true,
    device,
    threads,
    estimate: true,
  };
  const worker = startRunWorker("thread");
  try {
    trackers.starts(spec);
    const train = () => runLogged(worker, spec, { log, onEvent: trackers.onEvent, signal });
    const run = await trackers.during(train, finalFigures);
    if (!run) return null;
    const result = pretrained(run);
    const card = {
      crisp: VERSION,
      task: spec.task,
      attention: plan,
      maxLength,
      seed,
      padTokenId,
      metrics: metricsOf(result),
      options,
    };
    return {
      ...result,
      save(folder) {
        const pieces: (readonly [string, Iterable<Uint8Array>])[] = [
          ...tokenizerFilesOf(files),
          ...modelFiles(result.config, result.weights),
          ["crisp.json", [jsonBytes(card)]],
        ];
        writeOwnFiles(folder, new Map(pieces), { obsolete: OTHER_MODELS_FILES });
      },
    };
  } finally {
    await worker.close();
  }
}

const pretrained = ({ record, config, weights, figures, figuresSparsityOff, freshParameters }: RunResult): PretrainResult => ({
  weights: weights!,
  config,
  loss: figures.loss,
  lossSparsityOff: figuresSparsityOff.loss,
  steps: record.steps,
  seconds: record.seconds,
  curve: record.curve,
  freshParameters,
});

const finalFigures = (run: RunResult) => ({ ...metricsOf(pretrained(run)), effectiveSparsity: run.record.effectiveSparsity });

const metricsOf = ({ loss, lossSparsityOff, seconds }: PretrainResult) => ({
  loss,
  perplexity: Math.exp(loss),
  lossSparsityOff,
  seconds,
});

const documentsOf = async (path: string): Promise<string[]> =>
  readDocuments(await decodeText(readBytes(path), basename(path)), basename(path));

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw expectedGot("data/unreadable", path, "a readable file", (error as Error).message);
  }
}

async function startFrom({ model: named, config, tokenizer, revision, onDownload, signal }: PretrainSettings) {
  if (named !== undefined && config === undefined) {
    const model = await modelFolderOf(named, { ...onDownload, revision, signal });
    const tokenizerFolder = tokenizer ?? model;
    const source: ModelSource = { kind: "folder", path: model };
    const { maxPositions, vocabSize } = loadModelFolder(model).config;
    const files = readModelFiles(tokenizerFolder, TOKENIZER_FILES);
    return { source, where: model, tokenizerFolder, files, maxPositions, vocabSize };
  }
  if (named === undefined && config !== undefined && tokenizer !== undefined) {
    const files = readModelFiles(tokenizer, TOKENIZER_FILES);
    const json = withTokenizerIds(parseJson(config), createTokenizer(readTokenizerJson(files, tokenizer)));
    const { maxPositions, vocabSize } = withLabels(parseEncoderConfig(json, config), [], "masked_lm");
    const source: ModelSource = { kind: "fresh", config: json };
    return { source, where: config, tokenizerFolder: tokenizer, files, maxPositions, vocabSize };
  }
  const got = named !== undefined ? "model and config" : config !== undefined ? "config without tokenizer" : "neither";
  const hint = "A model folder is trained further; a config and a tokenizer start from nothing.";
  throw expectedGot("pretrain/no-model", "pretrain", "model, or config and tokenizer", got, hint);
}

/** What a fresh encoder's config leaves out of these is the tokenizer's, not the default of its family. */
const withTokenizerIds = (json: Record<string, unknown>, { vocabularySize, padTokenId }: Tokenizer) => ({
  vocab_size: vocabularySize,
  pad_token_id: padTokenId,
  ...json,
});

function parseJson(path: string): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(readBytes(path))) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw expectedGot("config/type", path, "JSON", error.message);
  }
}

/** A fresh encoder has as many embeddings as its tokenizer has ids. */
const fitVocabulary = (source: ModelSource, vocabularySize: number): ModelSource =>
  source.kind === "fresh" ? { kind: "fresh", config: { ...source.config, vocab_size: vocabularySize } } : source;

/** Always the same documents, whatever the seed, so that losses of several runs compare. */
function holdOut(documents: readonly string[], share: number, name: string) {
  const count = Math.max(1, Math.round(share * documents.length));
  if (!(share > 0 && share < 1) || count >= documents.length) {
    const got = `${share} of ${counted(documents.length, "document")}`;
    const hint = "Give a validation file, or separate documents by empty lines.";
    throw expectedGot("data/split", name, "a share in (0, 1) that leaves documents on both sides", got, hint);
  }
  const held = new Set(permutation({ seed: 0, step: 0, site: "held-out documents" }, documents.length).subarray(0, count));
  return { train: documents.filter((_, at) => !held.has(at)), heldOut: documents.filter((_, at) => held.has(at)) };
}
