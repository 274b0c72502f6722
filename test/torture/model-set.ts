import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";

// This checks Crisp's files and so knows nothing of how Crisp writes them: only what docs/files.md promises, and what transformers reads.

/** All that makes a model; its card and reports are people's to edit. */
const MODEL_FILES = [
  ...["config.json", "model.safetensors", "crisp.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"],
  ...["vocab.txt", "merges.txt", "spiece.model", "onnx/model.onnx", "onnx/model_quantized.onnx", "crisp_attention.py"],
];

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") throw error;
    return undefined; // a person's file where a folder would be
  }
}

/** SHA-256 of a file, a word for what is none, and undefined where nothing is. */
export function hashAt(path: string): string | undefined {
  const found = statOf(path);
  if (!found?.isFile()) return found && (found.isDirectory() ? "a folder" : `neither file nor folder`);
  return sha256(readFileSync(path));
}

/** A training's seconds are the one thing that differs between two saves of one model. */
const withoutSeconds = (text: string): string => text.replace(/"seconds": [\d.e-]+/, '"seconds": 0');

/**
 * SHA-256 over the names and hashes of a model's files.
 *
 * @param strangers - Paths inside the folder that are somebody else's.
 * @returns Undefined where it has none of them.
 */
export function modelSet(folder: string, strangers: ReadonlySet<string>): string | undefined {
  const lines = MODEL_FILES.filter((name) => !strangers.has(name)).flatMap((name) => {
    const path = join(folder, name);
    const hash = hashAt(path);
    if (hash === undefined) return [];
    return [`${name} ${name === "crisp.json" && hash.length === 64 ? sha256(withoutSeconds(readFileSync(path, "utf8"))) : hash}`];
  });
  return lines.length === 0 ? undefined : sha256(lines.join("\n"));
}

/** Every path in a folder with its hash; folders as such. */
export function treeOf(folder: string, leaveOut: (path: string) => boolean = () => false): ReadonlyMap<string, string> {
  const tree = new Map<string, string>();
  const walk = (inside: string): void => {
    for (const name of readdirSync(join(folder, inside)).sort()) {
      const path = inside === "" ? name : `${inside}/${name}`;
      if (leaveOut(path)) continue;
      const hash = hashAt(join(folder, path));
      if (hash === undefined) continue;
      tree.set(path, hash);
      if (hash === "a folder") walk(path);
    }
  };
  if (hashAt(folder) === "a folder") walk("");
  return tree;
}
