import fs, { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import { parseEncoderConfig, toHuggingFaceConfig } from "../../../src/models/index.ts";
import { loadModelFolder } from "../../../src/models/index-node.ts";

import { mutateJson } from "../mutate-json.ts";
import { oddPath } from "../odd-paths.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";
import { fileOf } from "./safetensors.ts";

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const shard = (tensor: string): Uint8Array =>
  fileOf({ [tensor]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4));

let folder: string | undefined;
let touched: string[] = [];

/** A model folder with files beside it that no index may reach, and a record of every file that is asked for. */
function modelFolder(): string {
  if (folder) return folder;
  const outside = mkdtempSync(join(tmpdir(), "crisp-fuzz-shards-"));
  process.on("exit", () => fs.rmSync(outside, { recursive: true, force: true }));
  folder = join(outside, "model");
  mkdirSync(join(folder, "sub"), { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(toHuggingFaceConfig(parseEncoderConfig({ model_type: "bert" }))));
  for (const [path, tensor] of [
    ["a.safetensors", "a"],
    ["b.safetensors", "b"],
    ["sub/secret.safetensors", "secret"],
    ["../secret.safetensors", "secret"],
    ["../model.safetensors", "secret"],
  ]) {
    writeFileSync(join(folder, path), shard(tensor));
  }
  for (const name of ["readFileSync", "existsSync", "statSync"] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (path: unknown, ...rest: unknown[]) => {
        if (name !== "statSync" || path !== folder) touched.push(String(path));
        return original(path, ...rest);
      },
    });
  }
  syncBuiltinESMExports();
  return folder;
}

const seeds = (): Uint8Array[] => [
  encode({ metadata: { total_size: 8 }, weight_map: { a: "a.safetensors", b: "b.safetensors" } }),
  encode({ weight_map: { a: "a.safetensors" } }),
  encode({ weight_map: { secret: "../secret.safetensors", a: "sub/secret.safetensors" } }),
];

function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.5)) return mutateJson(random, bytes, other);
  const path = oddPath(random, ["a.safetensors", "b.safetensors", "secret.safetensors"]);
  return encode({ weight_map: { a: "a.safetensors", [random.pick(["secret", "a", "b", "__proto__"])]: path } });
}

/** Nothing but files of the folder itself is touched, and nothing that stands elsewhere comes back. */
function run(bytes: Uint8Array): void {
  const root = modelFolder();
  writeFileSync(join(root, "model.safetensors.index.json"), bytes);
  touched = [];
  let names: string[] = [];
  let refused: unknown;
  try {
    names = [...loadModelFolder(root).tensors.keys()];
  } catch (error) {
    refused = error;
  }
  for (const path of touched) {
    const rest = resolve(path).slice(root.length + 1);
    // what a killed save has staged is looked for in any model folder
    const isOwn = !rest.includes(sep) || rest === join(".crisp-next", ".crisp-files.json");
    check(resolve(path).startsWith(root + sep) && isOwn, `touched ${path}, outside the folder`);
  }
  if (refused) throw refused;
  check(
    names.every((name) => name === "a" || name === "b"),
    "a tensor from outside the folder",
  );
}

export const shards: Target = { name: "shards", seeds, mutate, run, memory: { floor: 4 << 20, factor: 200 } };
