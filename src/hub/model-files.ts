import { CrispError, expectedGot } from "../errors/index.ts";
import type { RepositoryFile } from "./repository.ts";

/** What Crisp reads of a model, where it exists. */
const OPTIONAL = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "preprocessor_config.json",
  "crisp.json",
];
const CONFIG = "config.json";
const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** A model's repository at one commit. */
export interface ModelRepository {
  readonly id: string;
  /** Where people see its files. */
  readonly page: string;
  readonly files: readonly RepositoryFile[];
  /** Whether `files` are all files of the commit. */
  readonly isListed: boolean;
  /** The text of a file; throws where there is none. */
  read(path: string): Promise<string>;
}

/**
 * Paths of what Crisp reads of a model: config.json, the weights (model.safetensors, or its index and all parts), and what there is of
 * tokenizer files, preprocessor_config.json and crisp.json.
 *
 * @throws `hub/no-config`, `hub/no-safetensors`, `hub/bad-index`; what reading a file throws.
 */
export async function modelFiles(repository: ModelRepository): Promise<string[]> {
  const { id, page, files, isListed, read } = repository;
  const has = (path: string): boolean => files.some((file) => file.path === path);
  if (!has(CONFIG)) {
    // without a listing, what is not in the cache may exist all the same
    if (!isListed) await read(CONFIG);
    const hint = `Is it a model of the Transformers library? See ${page}.`;
    throw expectedGot("hub/no-config", id, "a config.json", "none", hint);
  }
  return [CONFIG, ...OPTIONAL.filter(has), ...(await weightFiles(repository, has))];
}

async function weightFiles(
  { id, files, isListed, read }: ModelRepository,
  has: (path: string) => boolean,
): Promise<readonly string[]> {
  if (has(WEIGHTS)) return [WEIGHTS];
  if (has(INDEX)) return [INDEX, ...partsOf(await read(INDEX), id)];
  if (!isListed) await read(WEIGHTS);
  if (!has("pytorch_model.bin")) {
    const listed = files.some(({ path }) => /\.(bin|h5|msgpack|onnx|gguf)$/.test(path));
    throw expectedGot(
      "hub/no-safetensors",
      id,
      `a ${WEIGHTS}`,
      listed ? "only weights of other formats" : "no weights",
      "Choose another model.",
    );
  }
  // as in src/models/weights/stored-model.ts: save_pretrained would drop the classifier of an AutoModel, or draw one for an encoder without it
  const convert = `save_file({k: v.clone().contiguous() for k, v in torch.load("pytorch_model.bin", weights_only=True).items()}, "${WEIGHTS}", {"format": "pt"})`;
  const hint = `Fetch and convert it once: hf download ${id} --local-dir model && cd model && python -c 'import torch; from safetensors.torch import save_file; ${convert}', then give the folder model instead of the name.`;
  throw expectedGot("hub/no-safetensors", id, `a ${WEIGHTS}`, "only pytorch_model.bin", hint);
}

function partsOf(index: string, id: string): string[] {
  try {
    const { weight_map } = JSON.parse(index) as { weight_map: Record<string, string> };
    const parts = [...new Set(Object.values(weight_map))].sort();
    // a name that is a path could lead out of the folder that the parts are read from
    if (parts.length > 0 && parts.every((part) => typeof part === "string" && !/[/\\]/.test(part))) return parts;
  } catch {
    // told below
  }
  throw new CrispError(
    "hub/bad-index",
    `${id}/${INDEX}: expected names of parts of the weights beside it under weight_map, got none, or paths. Choose another model.`,
  );
}
