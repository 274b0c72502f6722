import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Dataset, type Encoded, encodeDataset, loadTokenizer, type Tokenizer } from "../data/index-node.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import type { EncoderConfig } from "../models/index.ts";
import { loadModelFolder, modelFiles, weightsFrom } from "../models/index-node.ts";
import { hash32 } from "../random/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { dense } from "../sparsity/index.ts";
import { type Chunks, writeFilesAtomically } from "../training/index-node.ts";
import { createForward, type Evaluated, type Forward, weightTensors } from "./forward.ts";
import { planOf } from "./plan-of.ts";
import type { PlanSpec } from "./run-spec.ts";

/** What `crisp.json` of a saved folder holds, beside what Hugging Face's own files say. */
export interface CrispCard {
  readonly crisp: string;
  /** Attention as it was trained; evaluation uses it too unless told otherwise. */
  readonly attention: PlanSpec;
  /** Most tokens a text. */
  readonly maxLength: number;
  readonly seed: number;
  readonly padTokenId: number;
  /** Columns the training file had, so that an evaluation file is read alike. */
  readonly columns?: Dataset["columns"];
  /** On the held-out split, sparsity on and off; accuracy in [0, 1]. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A text to classify, or a pair of texts for a model that was trained on pairs. */
export type TextInput = string | { readonly text: string; readonly pair?: string };

/** One label with its probability. */
export interface Prediction {
  readonly label: string;
  readonly score: number;
}

/** Files of a tokenizer that go along with a model, where the source has them. */
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] as const;

/**
 * A text classifier that is ready to use.
 *
 * @example
 * const model = await Classifier.load("tickets-model");
 * await model.predict("where is my refund?"); // [{ label: "billing", score: 0.97 }]
 */
export class Classifier {
  readonly config: EncoderConfig;
  readonly card: CrispCard;
  readonly tokenizer: Tokenizer;
  readonly #weights: ReadonlyMap<string, Float32Array>;
  readonly #tokenizerFiles: ReadonlyMap<string, Chunks>;
  #forwards = new Map<string, Promise<Forward>>();

  constructor(parts: {
    readonly config: EncoderConfig;
    readonly card: CrispCard;
    readonly tokenizer: Tokenizer;
    readonly weights: ReadonlyMap<string, Float32Array>;
    /** By name, as they go into a saved folder. */
    readonly tokenizerFiles: ReadonlyMap<string, Chunks>;
  }) {
    this.config = parts.config;
    this.card = parts.card;
    this.tokenizer = parts.tokenizer;
    this.#weights = parts.weights;
    this.#tokenizerFiles = parts.tokenizerFiles;
  }

  /**
   * Load a folder that `save` wrote.
   *
   * @throws `model/not-trained` when the folder has no crisp.json; what loading weights and tokenizer throws.
   */
  static async load(folder: string): Promise<Classifier> {
    const { config, tensors } = loadModelFolder(folder);
    const file = join(folder, "crisp.json");
    if (!existsSync(file)) {
      throw expectedGot(
        "model/not-trained",
        folder,
        "a folder that crisp train saved",
        "no crisp.json in it",
        "Train first: crisp train <data>",
      );
    }
    const card = parseCard(file);
    const { weights, fresh } = weightsFrom(config, { tensors }, { seed: 0, where: join(folder, "model.safetensors") });
    if (fresh.length > 0) {
      throw expectedGot(
        "model/not-trained",
        folder,
        "a trained classifier",
        `none for ${fresh.join(", ")}`,
        "Train first: crisp train <data>",
      );
    }
    const tokenizer = await loadTokenizer(folder, { maxLength: card.maxLength });
    return new Classifier({ config, card, tokenizer, weights, tokenizerFiles: readTokenizerFiles(folder) });
  }

  /** The most probable labels of one text, or of each of several; `topK` of them, best first (default 1). */
  async predict(text: TextInput, options?: { readonly topK?: number }): Promise<Prediction[]>;
  async predict(texts: readonly TextInput[], options?: { readonly topK?: number }): Promise<Prediction[][]>;
  async predict(
    texts: TextInput | readonly TextInput[],
    { topK = 1 }: { readonly topK?: number } = {},
  ): Promise<Prediction[] | Prediction[][]> {
    const list = isList(texts) ? texts : [texts];
    const { probabilities } = await this.evaluate(list.map((text) => this.encodeText(text)));
    const ranked = probabilities.map((row) => this.rank(row, topK));
    return isList(texts) ? ranked : ranked[0];
  }

  /**
   * A text without a label as `evaluate` takes it. Its tokens name it, so that a random pattern treats it alike wherever it stands.
   *
   * @throws `model/needs-pairs` for a single text where the model was trained on pairs.
   */
  encodeText(input: TextInput): Encoded {
    const { text, pair } = typeof input === "string" ? { text: input, pair: undefined } : input;
    if (pair === undefined && this.card.columns?.pair !== undefined) {
      const { text: first, pair: second } = this.card.columns;
      const rule = `pairs of texts, as the model was trained on (${first}, ${second})`;
      throw expectedGot("model/needs-pairs", "predict", rule, `"${text.slice(0, 40)}" alone`, "Give JSONL with both columns.");
    }
    const encoding = this.tokenizer.encode(text, pair);
    return { index: hash32({ seed: 0, step: 0, site: encoding.inputIds.join(" ") }, 0) >>> 1, label: -1, ...encoding };
  }

  /** Labels of one row of probabilities, best first. */
  rank(row: readonly number[], most = row.length): Prediction[] {
    const all = row.map((score, label) => ({ label: this.config.labels[label], score }));
    return all.sort((a, b) => b.score - a.score).slice(0, most);
  }

  encode(dataset: Dataset): Encoded[] {
    return encodeDataset(this.tokenizer, dataset);
  }

  /** Class probabilities of tokenised examples; `attention: "dense"` switches the sparsity off. */
  async evaluate(
    examples: readonly Encoded[],
    { attention = "trained", batchSize = 64 }: { readonly attention?: "trained" | "dense"; readonly batchSize?: number } = {},
  ): Promise<Evaluated> {
    const key = `${attention} ${batchSize}`;
    if (!this.#forwards.has(key)) this.#forwards.set(key, this.#forward(attention, batchSize));
    return (await this.#forwards.get(key)!).evaluate(examples);
  }

  async #forward(attention: "trained" | "dense", batchSize: number): Promise<Forward> {
    const parameters = weightTensors(this.config, this.#weights);
    return createForward({
      runtime: await createRuntime({ onNote: (text) => process.emitWarning(text) }),
      config: this.config,
      plan: attention === "dense" ? { pattern: dense() } : planOf(this.card.attention),
      parameters: () => parameters,
      seed: this.card.seed,
      batchSize,
      padTokenId: this.card.padTokenId,
    });
  }

  /** Write a Hugging Face model folder with `crisp.json`; all files are on the disk before the first takes its name. */
  save(folder: string): void {
    const text = `${JSON.stringify(this.card, null, 2)}\n`;
    const crisp = new Map<string, Chunks>([["crisp.json", [new TextEncoder().encode(text)]]]);
    writeFilesAtomically(folder, new Map([...this.#tokenizerFiles, ...modelFiles(this.config, this.#weights), ...crisp]));
  }
}

/** A tokenizer's files as they stand in a model folder. */
export function readTokenizerFiles(folder: string): Map<string, Chunks> {
  const present = TOKENIZER_FILES.filter((name) => existsSync(join(folder, name)));
  return new Map(present.map((name) => [name, [readFileSync(join(folder, name))]]));
}

const isList = (texts: TextInput | readonly TextInput[]): texts is readonly TextInput[] => Array.isArray(texts);

function parseCard(file: string): CrispCard {
  let card: Partial<CrispCard> | null;
  try {
    card = JSON.parse(readFileSync(file, "utf8")) as Partial<CrispCard> | null;
  } catch (error) {
    throw new CrispError("model/bad-card", `${file}: expected JSON, got ${(error as Error).message}. Save the model again.`);
  }
  const whole =
    typeof card?.attention?.pattern === "string" && [card.maxLength, card.seed, card.padTokenId].every(Number.isInteger);
  if (whole) return card as CrispCard;
  throw expectedGot(
    "model/bad-card",
    file,
    "attention, maxLength, seed and padTokenId",
    "a file without",
    "Save the model again.",
  );
}
