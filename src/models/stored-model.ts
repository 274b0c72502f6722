import { CrispError, expectedGot } from "../errors/index.ts";
import { parseEncoderConfig, toHuggingFaceConfig } from "./config.ts";
import type { EncoderConfig } from "./encoder-config.ts";
import { parameterSpecs } from "./initialise.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";

const LFS_POINTER = "version https://git-lfs.github.com/spec/";

/** What stands in a folder instead of `model.safetensors`, and the way from there. */
const SUBSTITUTES = [
  {
    name: "pytorch_model.bin",
    // save_pretrained would drop the classifier of an AutoModel, or draw one for an encoder without it.
    hint: `Convert it once, in that folder: python -c 'import torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load("pytorch_model.bin", weights_only=True).items()}, "model.safetensors", {"format": "pt"})'`,
  },
  {
    name: "model.safetensors.index.json",
    hint: 'Join the parts once in Python: save_pretrained("<folder>", max_shard_size="100GB").',
  },
] as const;

/** A Hugging Face model as it is stored: `config.json` is read at once, `model.safetensors` when its tensors are asked for. */
export interface StoredModel {
  readonly config: EncoderConfig;
  readonly tensors: Safetensors["tensors"];
  /** For messages. */
  readonly weightsFile: string;
}

/** Files of a model, wherever they are. */
export interface ModelFileReader {
  /** The folder or archive, for messages. */
  readonly where: string;
  /** How a file is called in messages. */
  label(name: string): string;
  has(name: string): boolean;
  read(name: string): Uint8Array;
}

/**
 * Read a model from the files of its folder, by name.
 *
 * @param where - For messages.
 * @throws `model/no-config`, `model/no-weights`, `config/…`, `safetensors/…`.
 */
export const storedModel = (files: ReadonlyMap<string, Uint8Array>, where = "model"): StoredModel =>
  readStoredModel({
    where,
    label: (name) => `${where}/${name}`,
    has: (name) => files.has(name),
    read: (name) => files.get(name)!,
  });

/** As `storedModel`, for any kind of place. */
export function readStoredModel(files: ModelFileReader): StoredModel {
  const { where, label } = files;
  if (!files.has("config.json"))
    throw expectedGot("model/no-config", where, "a config.json", "none", "Is this a Hugging Face model folder?");
  const config = parseEncoderConfig(parseJson(files), label("config.json"));
  const weightsFile = label("model.safetensors");
  let tensors: Safetensors["tensors"] | undefined;
  return {
    config,
    weightsFile,
    get tensors() {
      tensors ??= readSafetensors(readWeights(files), weightsFile).tensors;
      return tensors;
    },
  };
}

function readWeights({ where, label, has, read }: ModelFileReader): Uint8Array {
  if (has("model.safetensors")) {
    const bytes = read("model.safetensors");
    if (new TextDecoder().decode(bytes.subarray(0, LFS_POINTER.length)) !== LFS_POINTER) return bytes;
    const hint = "Run git lfs install and git lfs pull in that folder.";
    throw expectedGot(
      "model/no-weights",
      label("model.safetensors"),
      "the weights themselves",
      "a Git LFS pointer to them",
      hint,
    );
  }
  const present = SUBSTITUTES.find(({ name }) => has(name));
  const got = present ? `only ${present.name}` : "none";
  throw expectedGot("model/no-weights", where, "a model.safetensors", got, present?.hint ?? "Download all files of the model.");
}

function parseJson({ label, read }: ModelFileReader): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(read("config.json")));
  } catch (error) {
    throw new CrispError(
      "config/type",
      `${label("config.json")}: expected JSON, got ${(error as Error).message}. The file is damaged; fetch it again.`,
    );
  }
}

/** `config.json` and `model.safetensors` of a classifier, in pieces to be written one after another. */
export function modelFiles(config: EncoderConfig, weights: ReadonlyMap<string, Float32Array>): Map<string, Uint8Array[]> {
  const tensors = parameterSpecs(config).map(({ name, shape }) => [name, { shape, data: weights.get(name)! }] as const);
  const json = `${JSON.stringify(toHuggingFaceConfig(config), null, 2)}\n`;
  return new Map([
    ["model.safetensors", writeSafetensors(tensors, { format: "pt" })],
    ["config.json", [new TextEncoder().encode(json)]],
  ]);
}
