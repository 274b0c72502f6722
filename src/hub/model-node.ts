import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CrispError, expectedGot } from "../errors/index.ts";
import { pageOf, repository } from "./repository.ts";
import { hubSettings } from "./settings-node.ts";
import { type HubOptions, type Snapshot, withSnapshot } from "./snapshot-node.ts";

/** What Crisp reads of a model, where it exists. */
const OPTIONAL = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "vocab.txt",
  "preprocessor_config.json",
  "crisp.json",
];
const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * Have a model of the hub in the cache that Python's libraries share, and say where.
 *
 * Downloads config.json, the weights (model.safetensors, or its index and all parts), and what there is of tokenizer files,
 * preprocessor_config.json and crisp.json. With a filled cache it sends one request, for the commit of the revision; none when `revision` is
 * a commit, or offline.
 *
 * @param id - `owner/name`, e.g. `distilbert/distilbert-base-uncased`.
 * @returns the snapshot folder, a Hugging Face model folder.
 * @throws `hub/no-config`, `hub/no-safetensors`, `hub/bad-index`; `hub/no-repository`, `hub/no-revision`, `hub/gated`, `hub/bad-token`,
 *   `hub/unreachable`, `hub/server-error`, `hub/rate-limited`, `hub/not-cached`, `hub/wrong-hash`, `hub/wrong-size`, `hub/disk-full`,
 *   `hub/not-writable`, `hub/bad-name`.
 * @example
 * const folder = await downloadModel("microsoft/MiniLM-L12-H384-uncased", { onProgress: ({ file, bytes }) => show(file, bytes) });
 */
export async function downloadModel(id: string, options: HubOptions = {}): Promise<string> {
  const repo = repository("model", id);
  const settings = options.settings ?? hubSettings();
  return withSnapshot(repo, { ...options, settings }, async (snapshot) => {
    if (!snapshot.has("config.json")) {
      // without a listing, what is not in the cache may exist all the same
      if (!snapshot.isListed) await snapshot.fetch(["config.json"]);
      const hint = `Is it a model of the Transformers library? See ${pageOf(settings.endpoint, repo)}/tree/main.`;
      throw expectedGot("hub/no-config", id, "a config.json", "none", hint);
    }
    const weights = await weightFiles(id, snapshot);
    await snapshot.fetch(["config.json", ...OPTIONAL.filter(snapshot.has), ...weights]);
    return snapshot.folder;
  });
}

async function weightFiles(id: string, snapshot: Snapshot): Promise<string[]> {
  if (snapshot.has(WEIGHTS)) return [WEIGHTS];
  if (snapshot.has(INDEX)) {
    await snapshot.fetch([INDEX]);
    return [INDEX, ...partsOf(join(snapshot.folder, INDEX), id)];
  }
  if (!snapshot.isListed) await snapshot.fetch([WEIGHTS]);
  if (!snapshot.has("pytorch_model.bin")) {
    const listed = snapshot.files.some(({ path }) => /\.(bin|h5|msgpack|onnx|gguf)$/.test(path));
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

function partsOf(path: string, id: string): string[] {
  try {
    const { weight_map } = JSON.parse(readFileSync(path, "utf8")) as { weight_map: Record<string, string> };
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
