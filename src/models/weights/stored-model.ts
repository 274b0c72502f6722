import { CrispError, expectedGot } from "../../errors/index.ts";
import { parseEncoderConfig } from "../config/config.ts";
import { configText } from "../config/config-text.ts";
import type { EncoderConfig } from "../config/encoder-config.ts";
import { parameterSpecs } from "../initialise.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";
import { readShards, SHARD_INDEX } from "./sharded-weights.ts";

const LFS_POINTER = "version https://git-lfs.github.com/spec/";

// save_pretrained would drop the classifier of an AutoModel, or draw one for an encoder without it.
const CONVERT = `Convert it once, in that folder: python -c 'import torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() for k, v in torch.load("pytorch_model.bin", weights_only=True).items()}, "model.safetensors", {"format": "pt"})'`;

/** A Hugging Face model as it is stored: `config.json` is read at once, `model.safetensors` or its parts when its tensors are asked for. */
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
  const weightsFile = label(files.has("model.safetensors") || !files.has(SHARD_INDEX) ? "model.safetensors" : SHARD_INDEX);
  let tensors: Safetensors["tensors"] | undefined;
  return {
    config,
    weightsFile,
    get tensors() {
      tensors ??= readTensors(files);
      return tensors;
    },
  };
}

function readTensors(files: ModelFileReader): Safetensors["tensors"] {
  const { where, label, has, read } = files;
  if (has("model.safetensors"))
    return readSafetensors(readWeights(files, "model.safetensors"), label("model.safetensors")).tensors;
  if (has(SHARD_INDEX)) {
    return readShards(read(SHARD_INDEX), { label, read: (name) => (has(name) ? readWeights(files, name) : undefined) });
  }
  const [got, hint] = has("pytorch_model.bin")
    ? ["only pytorch_model.bin", CONVERT]
    : ["none", "Download all files of the model."];
  throw expectedGot("model/no-weights", where, "a model.safetensors", got, hint);
}

function readWeights({ label, read }: ModelFileReader, name: string): Uint8Array {
  const bytes = read(name);
  if (new TextDecoder().decode(bytes.subarray(0, LFS_POINTER.length)) !== LFS_POINTER) return bytes;
  const hint = "Run git lfs install and git lfs pull in that folder.";
  throw expectedGot("model/no-weights", label(name), "the weights themselves", "a Git LFS pointer to them", hint);
}

function parseJson({ label, read }: ModelFileReader): unknown {
  const bytes = read("config.json");
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
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
  return new Map([
    ["model.safetensors", writeSafetensors(tensors, { format: "pt" })],
    ["config.json", [new TextEncoder().encode(configText(config))]],
  ]);
}
