import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { nodeImages } from "../../data/index-node.ts";
import { expectedGot } from "../../errors/index.ts";
import { type ExportOptions, exportFiles, sentenceFiles } from "../../export/index.ts";
import { readWhole, type WholeOptions, writeOwnFiles } from "../../files/index-node.ts";
import { ADAPTER_FILES, BESIDE_WEIGHTS, isZip, readModelZip, WEIGHTS_FILE } from "../../models/index.ts";
import { isModelFile, loadModelFolder, readModelFile } from "../../models/index-node.ts";
import type { Device } from "../../runs/index.ts";
import { createRuntime } from "../../runtime/index-node.ts";
import { AdapterBase } from "./adapter-base.ts";
import { TextClassifier } from "./classifier.ts";
import { classifierParts } from "./classifier-files.ts";

const EXPORTED = ["onnx/model.onnx", "onnx/model_quantized.onnx", "crisp_attention.py", ...Object.keys(sentenceFiles(1, 1))];
const MODEL_FILES = [...BESIDE_WEIGHTS, WEIGHTS_FILE];

/** All that `save` may write. */
export const SAVED_FILES: readonly string[] = [...MODEL_FILES, ...EXPORTED, ...ADAPTER_FILES, "README.md"];
/** What goes where another model is saved into a folder, unless that has it too: its files, and what was said of it. */
export const OTHER_MODELS_FILES: readonly string[] = [
  ...SAVED_FILES,
  ...["errors.csv", "right-answers.json", "predictions.jsonl", "report.html"],
];

/**
 * A classifier of texts or of images on disk.
 *
 * @example
 * const model = await Classifier.load("tickets-model");
 * await model.predict("where is my refund?"); // [{ label: "billing", score: 0.97 }]
 */
export class Classifier extends TextClassifier {
  /**
   * Load a folder that `save` wrote, or a zip of one, as the browser gives it.
   *
   * @param options.base - The encoder beside which the folder's adapter is loaded, instead of the weights that the folder has; it computes
   *   where the base does.
   * @param options.device - What computes its predictions; default `cpu`.
   * @param options.verify - Compare the hashes of all its files, see `checkWhole`; default false.
   * @param options.onNote - Told what was chosen, when something is first computed; default: a warning of the process.
   * @throws `model/not-trained` when there is no crisp.json; `file/changed`, `file/half-written`; `zip/…`; what loading weights and tokenizer throws.
   */
  static async load(
    path: string,
    { device, onNote, verify, base }: DeviceChoice & { readonly verify?: boolean; readonly base?: AdapterBase } = {},
  ): Promise<Classifier> {
    if (typeof path !== "string") throw expectedGot("model/no-folder", "load", "the path of a model folder", path);
    const files = base ? readBesideBase(path, verify) : readFiles(path, verify);
    const place = { createRuntime: () => runtimeFor({ device, onNote }), imageReader: nodeImages, base };
    return new Classifier(await classifierParts(files, { where: path, ...place }));
  }

  /**
   * Load the encoder that adapters were trained beside, for several of them: see {@link AdapterBase}. Options as for `load`.
   *
   * @throws What loading a model folder throws.
   */
  static async loadBase(
    folder: string,
    { device, onNote, verify }: DeviceChoice & { readonly verify?: boolean } = {},
  ): Promise<AdapterBase> {
    return new AdapterBase(loadModelFolder(folder, { verify }), () => runtimeFor({ device, onNote }));
  }

  /**
   * Write a Hugging Face model folder with `crisp.json`, `onnx/model.onnx` for transformers.js, a Python module for sparse attention
   * and a model card. Whenever the process is killed, the folder holds the old model or this one, see `writeOwnFiles`.
   *
   * @param options.onnx - Default true; `options.quantize: "int8"` adds an 8-bit file.
   * @returns What people should know of the folder, e.g. why there is no ONNX file.
   * @throws `file/not-own` where the folder holds a file of such a name that somebody else made or changed; `file/…`.
   */
  save(folder: string, options: ExportOptions = {}): readonly string[] {
    const { files, notes } = this.saved({ name: basename(resolve(folder)), ...options }, exportFiles);
    writeOwnFiles(folder, files, { obsolete: OTHER_MODELS_FILES });
    return notes;
  }
}

export interface DeviceChoice {
  readonly device?: Device;
  readonly onNote?: (text: string) => void;
}

/** What a classifier of Node computes on. */
export const runtimeFor = ({ device, onNote = (text) => process.emitWarning(text) }: DeviceChoice) =>
  createRuntime({ device, onNote });

function readFiles(path: string, verify?: boolean): ReadonlyMap<string, Uint8Array> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const bytes = readFileSync(path);
    if (isZip(bytes)) return readModelZip(bytes, basename(path));
  }
  loadModelFolder(path, { verify }); // complains about what is no model folder
  return readModelFiles(path);
}

const BESIDE_BASE: readonly string[] = [...BESIDE_WEIGHTS, ...ADAPTER_FILES];

/** All but the weights, which may not have been copied along. */
function readBesideBase(folder: string, verify?: boolean): ReadonlyMap<string, Uint8Array> {
  const names = (name: string): boolean => BESIDE_BASE.includes(name);
  return readModelFiles(folder, BESIDE_BASE, { names, verify });
}

/** The files of a model folder that Crisp reads, by name; all of one model. @throws `model/unreadable`; as `readWhole`. */
export const readModelFiles = (
  folder: string,
  names: readonly string[] = MODEL_FILES,
  whole: WholeOptions = { names: isModelFile },
): Map<string, Uint8Array> =>
  readWhole(folder, whole, () => {
    const present = names.filter((name) => existsSync(join(folder, name)));
    return new Map(present.map((name) => [name, readModelFile(join(folder, name))]));
  });
