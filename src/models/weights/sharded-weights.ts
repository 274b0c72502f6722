import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import { isObject } from "../config/config-reader.ts";
import { readSafetensors, type Safetensors, type StoredTensor } from "./safetensors.ts";

/** Says which tensor is in which file, where a model is too large for one. */
export const SHARD_INDEX = "model.safetensors.index.json";

/**
 * The tensors of a model that is stored in several files, by `model.safetensors.index.json`.
 *
 * @param index - The bytes of the index.
 * @param files.read - The bytes of a file beside the index; undefined where there is none.
 * @param files.label - How a file is called in messages.
 * @throws `safetensors/index` for an index that is none, names a file outside the folder, or a tensor that is not in its file;
 *   `model/no-weights` for a file that is missing; `safetensors/…`.
 */
export function readShards(
  index: Uint8Array,
  files: { read(name: string): Uint8Array | undefined; label(name: string): string },
): Safetensors["tensors"] {
  const where = files.label(SHARD_INDEX);
  const places = placesOf(index, where);
  const shards = new Map<string, Safetensors["tensors"]>();
  for (const name of new Set(places.values())) {
    const bytes = files.read(name);
    if (!bytes)
      throw expectedGot("model/no-weights", where, `the file ${name} beside it`, "none", "Download all files of the model.");
    shards.set(name, readSafetensors(bytes, files.label(name)).tensors);
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [tensor, shard] of places) {
    const stored = shards.get(shard)!.get(tensor);
    if (!stored) throw expectedGot("safetensors/index", where, `${tensor} in ${shard}`, "none", "Take all files from one model.");
    tensors.set(tensor, stored);
  }
  return tensors;
}

/** `weight_map`: tensor → file. */
function placesOf(index: Uint8Array, where: string): Map<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(index));
  } catch (error) {
    const got = `${(error as Error).message}. The file is damaged; fetch it again.`;
    throw new CrispError("safetensors/index", `${where}: expected JSON, got ${got}`);
  }
  const map = isObject(json) ? json.weight_map : undefined;
  if (!isObject(map) || Object.keys(map).length === 0) {
    throw expectedGot("safetensors/index", where, "a weight_map from tensors to files", printedJson(map) ?? "none");
  }
  for (const file of Object.values(map)) {
    if (typeof file !== "string" || !isPlainName(file)) {
      const rule = "names of .safetensors files in the same folder";
      throw expectedGot("safetensors/index", where, rule, printedJson(file), "Don't use this model.");
    }
  }
  return new Map(Object.entries(map as Record<string, string>));
}

/** No path, neither out of the folder nor into another; no drive, no hidden file. */
const isPlainName = (file: string): boolean => /^[^/\\:.\0][^/\\:\0]*\.safetensors$/.test(file);
