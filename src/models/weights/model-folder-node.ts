import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { checkWhole } from "../../files/index-node.ts";
import { BESIDE_WEIGHTS } from "./file-names.ts";
import { readStoredModel, type StoredModel } from "./stored-model.ts";

/** In one file, or in several with their index. */
const WEIGHTS = /^[^/]*\.safetensors(\.index\.json)?$/;

/** What is read of a model's folder: its config, weights and tokenizer, and crisp.json. All else may be edited or moved away. */
export const isModelFile = (name: string): boolean => WEIGHTS.test(name) || (BESIDE_WEIGHTS as readonly string[]).includes(name);

/**
 * Read a Hugging Face model folder: `config.json` at once, `model.safetensors` (or its parts, by
 * `model.safetensors.index.json`) when its tensors are asked for.
 *
 * One that Crisp saved is refused where its files do not belong together, see `checkWhole`.
 *
 * @param options.verify - Compare the hashes of all its files.
 * @throws `file/changed`, `file/half-written`, `model/no-folder`, `model/no-config`, `model/no-weights`, `model/unreadable`, `config/…`,
 *   `safetensors/…`.
 * @example
 * const { config, tensors } = loadModelFolder("models/minilm");
 */
export function loadModelFolder(folder: string, { verify }: { readonly verify?: boolean } = {}): StoredModel {
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
  checkWhole(folder, { names: isModelFile, verify });
  return readStoredModel({
    where: folder,
    label: (name) => join(folder, name),
    has: (name) => existsSync(join(folder, name)),
    read: (name) => readModelFile(join(folder, name)),
  });
}

/** The bytes of a file of a model folder; throws `model/unreadable`, e.g. for a folder of its name. */
export function readModelFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = code === "EISDIR" ? "a folder" : message;
    throw expectedGot("model/unreadable", path, "a readable file", got, "Download the model again.");
  }
}
