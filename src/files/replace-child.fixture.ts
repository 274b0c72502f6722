import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** Two models, of which the second lacks a file of the first, and has one that the first lacks. */
export const MODELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  A: { "config.json": "A", "model.safetensors": "weights of A", "vocab.txt": "words of A", "onnx/model.onnx": "graph of A" },
  B: {
    "config.json": "B!",
    "model.safetensors": "weights of B",
    "tokenizer.json": "words of B",
    "onnx/model.onnx": "graph of B",
  },
};
/** All names of either. */
export const NAMES = [...new Set(Object.values(MODELS).flatMap((files) => Object.keys(files)))];

export const contentOf = (model: string): Map<string, Uint8Array[]> =>
  new Map(Object.entries(MODELS[model]).map(([name, text]) => [name, [new TextEncoder().encode(text)]]));

/** Steps that change the disk. */
const STEPS = ["openSync", "writeSync", "fsyncSync", "renameSync", "mkdirSync", "rmSync", "rmdirSync", "unlinkSync"] as const;

// Spawned with a folder and a number: it replaces the model there by B, and dies before that step, of one kind if it is named. Imported by the test, it does nothing.
const [what, folder, last, only] = process.argv.slice(2);
if (what === "replace") {
  let left = Number(last);
  for (const step of only === undefined ? STEPS : [only as (typeof STEPS)[number]]) {
    const real = fs[step] as (...all: unknown[]) => unknown;
    Object.assign(fs, {
      [step]: (...all: unknown[]) => {
        if (--left === 0) process.kill(process.pid, "SIGKILL");
        return real(...all);
      },
    });
  }
  syncBuiltinESMExports();
  const { writeOwnFiles } = await import("./own-files-node.ts");
  writeOwnFiles(folder, contentOf("B"), { obsolete: NAMES });
}
