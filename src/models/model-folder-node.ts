import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { type EncoderConfig, parseEncoderConfig, toHuggingFaceConfig } from "./config.ts";
import { parameterSpecs } from "./initialise.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.ts";

const LFS_POINTER = Buffer.from("version https://git-lfs.github.com/spec/");

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

/**
 * Read a Hugging Face model folder: `config.json` at once, `model.safetensors` when its tensors are asked for.
 *
 * @throws `model/no-folder`, `model/no-config`, `model/no-weights`, `config/…`, `safetensors/…`.
 * @example
 * const { config, tensors } = loadModelFolder("models/minilm");
 */
export function loadModelFolder(folder: string): { readonly config: EncoderConfig; readonly tensors: Safetensors["tensors"] } {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    const hint = "Download the model first, for example with git clone https://huggingface.co/<model>.";
    throw expectedGot(
      "model/no-folder",
      folder,
      "a model folder (config.json, model.safetensors, tokenizer.json)",
      "no folder",
      hint,
    );
  }
  const configFile = join(folder, "config.json");
  if (!existsSync(configFile))
    throw expectedGot("model/no-config", folder, "a config.json", "none", "Is this a Hugging Face model folder?");
  const config = parseEncoderConfig(parseJson(configFile), configFile);
  let tensors: Safetensors["tensors"] | undefined;
  return {
    config,
    get tensors() {
      tensors ??= readSafetensors(readWeights(folder), join(folder, "model.safetensors")).tensors;
      return tensors;
    },
  };
}

function readWeights(folder: string): Uint8Array {
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) {
    const bytes = readFileSync(file);
    if (!bytes.subarray(0, LFS_POINTER.length).equals(LFS_POINTER)) return bytes;
    const hint = "Run git lfs install and git lfs pull in that folder.";
    throw expectedGot("model/no-weights", file, "the weights themselves", "a Git LFS pointer to them", hint);
  }
  const present = SUBSTITUTES.find(({ name }) => existsSync(join(folder, name)));
  const got = present ? `only ${present.name}` : "none";
  throw expectedGot("model/no-weights", folder, "a model.safetensors", got, present?.hint ?? "Download all files of the model.");
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CrispError(
      "config/type",
      `${file}: expected JSON, got ${(error as Error).message}. The file is damaged; fetch it again.`,
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
