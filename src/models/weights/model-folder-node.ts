import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { readStoredModel, type StoredModel } from "./stored-model.ts";

/**
 * Read a Hugging Face model folder: `config.json` at once, `model.safetensors` (or its parts, by
 * `model.safetensors.index.json`) when its tensors are asked for.
 *
 * @throws `model/no-folder`, `model/no-config`, `model/no-weights`, `config/…`, `safetensors/…`.
 * @example
 * const { config, tensors } = loadModelFolder("models/minilm");
 */
export function loadModelFolder(folder: string): StoredModel {
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
  return readStoredModel({
    where: folder,
    label: (name) => join(folder, name),
    has: (name) => existsSync(join(folder, name)),
    read: (name) => readFileSync(join(folder, name)),
  });
}
