// Models and data of the golden set; see golden.ts. Everything follows from formulas.
import { mkdirSync, writeFileSync } from "node:fs";
import { pretrain, train } from "../src/api/index-node.ts";
import { parsePattern } from "../src/attention/index.ts";
import { bertTokenizerJson, createTokenizer, type Dataset, type Example } from "../src/data/index.ts";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { initialise, modelFiles, parseEncoderConfig } from "../src/models/index.ts";
import { uniform } from "../src/random/index.ts";
import { writeFruit, writeTinyVit } from "../src/runs/tiny-images.fixture.ts";
import { folderStore, prepareStudy, runStudy } from "../src/studies/index-node.ts";

export { pretrain, train };

const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const words = Array.from({ length: 40 }, (_, at) => `w${at}`);
const draw = (site: string, at: number, below: number): number => Math.floor(uniform({ seed: 5, step: 0, site }, at) * below);

/** Words of a sentence: those of class 1 come from the second half more often. */
function sentence(site: string, at: number, upper: boolean): string[] {
  const length = 5 + draw(`${site} length`, at, 14);
  return Array.from({ length }, (_, place) => words[draw(`${site} ${at}`, place, 20) + (upper && place % 2 === 0 ? 20 : 0)]);
}

const dataset = (name: string, labels: readonly string[], examples: readonly Example[], task?: Dataset["task"]): Dataset => ({
  name,
  labels,
  examples,
  ...(task && { task }),
});

/** Sixty examples of each task. */
export function goldenData() {
  const all = Array.from({ length: 60 }, (_, index) => index);
  const upper = (index: number): boolean => draw("class", index, 3) === 0;
  const text = (index: number): string => sentence("text", index, upper(index)).join(" ");
  return {
    single: dataset(
      "single",
      ["low", "high"],
      all.map((index) => ({ index, text: text(index), label: Number(upper(index)) })),
    ),
    pairs: dataset(
      "pairs",
      ["same", "other"],
      all.map((index) => ({
        index,
        text: text(index),
        pair: sentence("pair", index, index % 2 === 0).join(" "),
        label: Number(upper(index) !== (index % 2 === 0)),
      })),
    ),
    several: dataset(
      "several",
      ["a", "b", "c"],
      all.map((index) => ({
        index,
        text: text(index),
        label: -1,
        labels: [0, 1, 2].filter((c) => (c === 0 ? upper(index) : draw(`label ${c}`, index, 3) === 0)),
      })),
      "multi_label_classification",
    ),
    numbers: dataset(
      "numbers",
      ["score"],
      all.map((index) => ({ index, text: text(index), label: Number(upper(index)) + draw("number", index, 100) / 100 })),
      "regression",
    ),
    tags: dataset(
      "tags",
      ["O", "B-UP", "I-UP"],
      all.map((index) => {
        const own = sentence("text", index, upper(index));
        const labels = own.map((word, at) => (Number(word.slice(1)) < 20 ? 0 : at % 4 === 0 ? 1 : 2));
        return { index, text: own.join(" "), words: own, label: -1, labels };
      }),
      "token_classification",
    ),
  };
}

/** The same as a CSV file. */
export function textFile(path: string, { examples, labels }: Dataset): string {
  writeFileSync(path, `text,label\n${examples.map(({ text, label }) => `${text},${labels[label]}`).join("\n")}\n`);
  return path;
}

const tokenizerJson = bertTokenizerJson({
  vocabulary: [...special, ...words],
  specialTokens: special,
  model: { type: "WordLevel" },
  maxLength: 32,
});
const json = (value: object): Uint8Array[] => [new TextEncoder().encode(JSON.stringify(value))];
const tokenizerFiles = [
  ["tokenizer.json", json(tokenizerJson.tokenizerJson)],
  ["tokenizer_config.json", json(tokenizerJson.tokenizerConfig)],
] as const;

export function tokenizerFolder(folder: string): string {
  writeFilesAtomically(folder, new Map(tokenizerFiles));
  return folder;
}

const sizes = { hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 48 };
const bertLike = { ...sizes, max_position_embeddings: 40, initializer_range: 0.1 };
const configs = {
  bert: { ...bertLike, hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 },
  distilbert: { dim: 32, n_layers: 2, n_heads: 2, hidden_dim: 48, max_position_embeddings: 40, initializer_range: 0.1 },
  roberta: { ...bertLike, pad_token_id: 1, type_vocab_size: 1 },
  "xlm-roberta": { ...bertLike, pad_token_id: 1, type_vocab_size: 1 },
  electra: { ...bertLike, embedding_size: 16 },
  albert: { ...bertLike, embedding_size: 16, hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 },
  modernbert: {
    ...{ ...bertLike, num_hidden_layers: 3, local_attention: 6, global_attn_every_n_layers: 2, pad_token_id: 0 },
    ...{ attention_dropout: 0.1, mlp_dropout: 0.1, embedding_dropout: 0.1, classifier_pooling: "mean" },
  },
} as const;
type Family = keyof typeof configs;

export const families = {
  names: Object.keys(configs) as Family[],
  config: (family: Family) => ({ model_type: family, vocab_size: special.length + words.length, ...configs[family] }),
  pattern: parsePattern,
};

export function encoderFolder(folder: string, family: Family): string {
  const config = parseEncoderConfig(families.config(family));
  writeFilesAtomically(folder, new Map([...modelFiles(config, initialise(config, 7)), ...tokenizerFiles]));
  return folder;
}

export function vitFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return writeTinyVit(folder);
}

export const imageFolder = (folder: string): Promise<string> => writeFruit(folder, 24);

/** The predictions of a study of two arms and two seeds. */
export async function goldenStudy(folder: string): Promise<string> {
  const { single } = goldenData();
  const part = (from: number, to: number): Dataset => ({ ...single, examples: single.examples.slice(from, to) });
  const finished = await runStudy(
    prepareStudy({
      study: "golden",
      corpus: "golden",
      synthetic: true,
      model: { kind: "fresh", config: families.config("bert") },
      tokenizer: createTokenizer({ ...tokenizerJson, maxLength: 32 }),
      data: { train: part(0, 30), selection: part(30, 42), reported: part(42, 60) },
      arms: ["dense", "topK(sparsity=0.6)"].map((pattern, at) => ({
        name: pattern === "dense" ? "dense" : "sparse",
        plan: { pattern },
        nominalSparsity: 0.6 * at,
      })),
      seeds: [1, 2],
      options: { maxSteps: 6, perDeviceTrainBatchSize: 6, learningRate: 2e-3 },
      command: "golden",
    }),
    { store: folderStore(folder), parallelRuns: 2, device: "cpu" },
  );
  return finished!.predictions;
}
