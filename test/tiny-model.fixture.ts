import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { initialise, modelFiles, parseEncoderConfig } from "../src/models/index.ts";
import { demoCorpora, demoEncoderConfig, demoTokenizer } from "../src/studies/index.ts";

/**
 * A Hugging Face model folder with the demonstration's small encoder, at random weights.
 *
 * @param initializerRange - Their standard deviation; 0.3 makes texts differ before anything is learned.
 * @param layers - Fewer than the demonstration's are faster to compile.
 */
export function writeTinyModel(folder: string, initializerRange?: number, layers?: number): string {
  const demo = parseEncoderConfig(demoEncoderConfig());
  const config = { ...demo, initializerRange: initializerRange ?? demo.initializerRange, layers: layers ?? demo.layers };
  const { tokenizerJson, tokenizerConfig } = demoTokenizer();
  const json = (value: object): Uint8Array[] => [new TextEncoder().encode(JSON.stringify(value))];
  const tokenizer = new Map([
    ["tokenizer.json", json(tokenizerJson)],
    ["tokenizer_config.json", json(tokenizerConfig)],
  ]);
  writeFilesAtomically(folder, new Map([...modelFiles(config, initialise(config, 7)), ...tokenizer]));
  return folder;
}

/** Sentences of the demonstration as a TSV file; `rows` of them. */
export function writeReviews(folder: string, name: string, rows: number, split: "train" | "reported" = "train"): string {
  const { examples, labels } = demoCorpora()[0][split];
  const lines = examples.slice(0, rows).map(({ text, label }) => `${text}\t${labels[label]}`);
  const file = join(folder, name);
  writeFileSync(file, `sentence\tlabel\n${lines.join("\n")}\n`);
  return file;
}
