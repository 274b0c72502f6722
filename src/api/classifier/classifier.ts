import { dense } from "../../attention/index.ts";
import { type Dataset, type Encoded, type Encoding, encodeWords, type Tokenizer } from "../../data/index.ts";
import { CrispError, expectedGot } from "../../errors/index.ts";
import type { ExportOptions, exportFiles } from "../../export/index.ts";
import { joined, jsonBytes } from "../../files/index.ts";
import { type EncoderConfig, mergeAdapters, modelFiles, peftFiles, readsTokenTypes } from "../../models/index.ts";
import { hash32 } from "../../random/index.ts";
import {
  attentionRows,
  createForward,
  type Evaluated,
  encodeFor,
  type Forward,
  imageLoader,
  onItsDevice,
  planOf,
  readsImages,
  readsTexts,
  unlabelledImage,
  weightTensors,
} from "../../runs/index.ts";
import type { Runtime, Tensor } from "../../runtime/index.ts";
import { type Prediction, type TaskAnswer, tasks } from "../../tasks/index.ts";
import type { Digest } from "../../training/index.ts";
import type { ClassifierParts, EncodedText, ImageInputFile, TextInput } from "./classifier-parts.ts";
import type { CrispCard } from "./crisp-card.ts";
import { hashOfAnswers } from "./hash-of-answers.ts";
import { configFile, type SavedModel, setPreprocessor, tokenizerConfigFile } from "./saved-json.ts";

export type { Prediction } from "../../tasks/index.ts";
export type { ClassifierParts, EncodedText, ImageInputFile, TextInput } from "./classifier-parts.ts";
export type { CrispCard } from "./crisp-card.ts";

/**
 * A classifier of texts, or of images, that is ready to use.
 *
 * @example
 * const model = await classifierFromFiles(files, { createRuntime });
 * await model.predict("where is my refund?"); // [{ label: "billing", score: 0.97 }]
 */
export class TextClassifier {
  readonly config: EncoderConfig;
  readonly card: CrispCard;
  readonly #parts: ClassifierParts;
  #runtime: Promise<Runtime> | undefined;
  #parameters: Promise<Readonly<Record<string, Tensor>>> | undefined;
  #forwards = new Map<string, Promise<Forward>>();

  constructor(parts: ClassifierParts) {
    this.#parts = parts;
    this.config = parts.config;
    this.card = parts.card;
  }

  /** What it reads. */
  get reads(): "texts" | "images" {
    return this.#parts.images ? "images" : "texts";
  }

  /** @throws `model/reads-images` where there is none. */
  get tokenizer(): Tokenizer {
    if (this.#parts.tokenizer) return this.#parts.tokenizer;
    throw readsImages("tokenizer", "texts");
  }

  /**
   * What the model says of one text or image, or of each of several: the most probable labels, `topK` of them, best first (default 1).
   *
   * A model of images takes the path of a file or its bytes.
   *
   * Multi-label: the labels with a probability of at least ½, or `topK` of them. Regression: the number, as the only label's score.
   * Token classification: a label for each word, words being parted by spaces. Embedding: a number for each dimension; `embed` gives
   * them plainly.
   *
   * @throws `data/unreadable` or `model/reads-images` for a text that is given to a model of images; `model/reads-texts` the other
   *   way round; `data/bad-image` for a damaged image.
   */
  async predict(text: TextInput | ImageInputFile, options?: { readonly topK?: number }): Promise<Prediction[]>;
  async predict(texts: readonly (TextInput | ImageInputFile)[], options?: { readonly topK?: number }): Promise<Prediction[][]>;
  async predict(
    texts: TextInput | ImageInputFile | readonly (TextInput | ImageInputFile)[],
    { topK }: { readonly topK?: number } = {},
  ): Promise<Prediction[] | Prediction[][]> {
    const list = isList(texts) ? texts : [texts];
    const encoded: EncodedText[] = [];
    for (const input of list) encoded.push(this.reads === "images" ? await this.encodeImage(input) : this.encodeText(input));
    const { probabilities } = await this.evaluate(encoded);
    const said = probabilities.map((row, at) => this.answer(row, encoded[at], topK));
    return isList(texts) ? said : said[0];
  }

  /**
   * The embedding of each text, [texts][D] of length 1: the cosine of two is the sum of their products.
   *
   * @throws `model/no-embedding` for a model that was not trained for embeddings.
   * @example
   * const [question, answer] = await model.embed(["where is my refund?", "Refunds take five days."]);
   */
  async embed(texts: readonly TextInput[]): Promise<number[][]> {
    const { task } = this.config;
    const hint = "Train one: crisp train pairs.csv --task embedding";
    if (!tasks[task].head.pooling) throw expectedGot("model/no-embedding", "embed", "a model of embeddings", task, hint);
    return (await this.evaluate(texts.map((text) => this.encodeText(text)))).probabilities;
  }

  /** What its outputs mean. */
  get answers(): TaskAnswer {
    return tasks[this.config.task].outputs!.answer;
  }

  /** One row of `evaluate` as `predict` gives it. */
  answer(row: readonly number[], { words }: Pick<EncodedText, "words">, topK?: number): Prediction[] {
    return this.answers.of(row, this.config.labels, { topK, words });
  }

  /**
   * A text without a label as `evaluate` takes it. Its tokens name it, so that a random pattern treats it alike wherever it stands.
   *
   * @throws `model/needs-pairs` for a single text where the model was trained on pairs; `model/reads-texts` for an image.
   */
  encodeText(input: TextInput | ImageInputFile): EncodedText {
    if (input instanceof Uint8Array) throw readsTexts("predict", `${input.length} bytes`);
    const { text, pair, words: given }: Exclude<TextInput, string> = typeof input === "string" ? { text: input } : input;
    const { ofPairs, ofWords } = tasks[this.config.task].labels!;
    if (pair === undefined && this.card.columns?.pair !== undefined && !ofPairs) {
      const { text: first, pair: second } = this.card.columns;
      const rule = `pairs of texts, as the model was trained on (${first}, ${second})`;
      throw expectedGot("model/needs-pairs", "predict", rule, `"${text.slice(0, 40)}" alone`, "Give JSONL with both columns.");
    }
    const named = (encoding: Encoding): Encoded => ({
      ...encoding,
      index: hash32({ seed: 0, step: 0, site: encoding.inputIds.join(" ") }, 0) >>> 1,
      label: -1,
    });
    if (!ofWords) return named(this.tokenizer.encode(text, ofPairs ? undefined : pair));
    const words = given ?? text.split(/\s+/).filter((word) => word !== "");
    const { wordOf, labels: _, ...encoding } = encodeWords(this.tokenizer, words);
    return { ...named(encoding), words: wordOf.flatMap((word, token) => (word < 0 ? [] : [{ word: words[word], token }])) };
  }

  /**
   * An image without a label as `evaluate` takes it; decoded when it is evaluated.
   *
   * @throws `data/unreadable` where there is no such file; `model/reads-images` for a pair of texts.
   */
  async encodeImage(input: TextInput | ImageInputFile): Promise<Encoded> {
    const { images, imageReader } = this.#parts;
    if (!images || !imageReader) throw readsTexts("predict", "an image");
    if (typeof input === "string" || input instanceof Uint8Array) {
      try {
        return unlabelledImage(images, await imageReader.open(input));
      } catch (error) {
        if (!(error instanceof CrispError && error.code === "data/unreadable")) throw error;
        const { got } = error.details;
        throw expectedGot("data/unreadable", `"${input.slice(0, 80)}"`, "the path of an image, as the model reads images", got);
      }
    }
    throw readsImages("predict", `the text "${input.text.slice(0, 40)}"`);
  }

  encode(dataset: Dataset): Encoded[] {
    return encodeFor(this.#parts, dataset);
  }

  /** Class probabilities of tokenised examples; `attention: "dense"` switches the sparsity off. */
  async evaluate(
    examples: readonly Encoded[],
    { attention = "trained", batchSize = 64 }: { readonly attention?: "trained" | "dense"; readonly batchSize?: number } = {},
  ): Promise<Evaluated> {
    return (await this.#forwardFor(attention, batchSize)).evaluate(examples);
  }

  /** Of one example, in the last layer, as it was trained: see `attentionRows`. */
  async attention(example: Encoded): Promise<Float32Array[] | null> {
    return attentionRows(await this.#forwardFor("trained", 64), example);
  }

  /**
   * Attention probabilities of one example in all layers: [layers] of [H, n, n], row = query; a pair that was removed has exactly 0.
   *
   * @param options.attention - `dense` switches the sparsity off; default as it was trained.
   * @returns No layer where attention is computed without such a matrix.
   */
  async attentionMaps(
    example: Encoded,
    { attention = "trained" }: { readonly attention?: "trained" | "dense" } = {},
  ): Promise<Float32Array[]> {
    return (await this.#forwardFor(attention, 64)).attention(example, "all");
  }

  /**
   * Hash of all that its answers follow from but the inputs: config, weights, tokenizer, attention and lengths. The same on every machine.
   *
   * @param digest - Of SHA-256.
   */
  hash(digest: Digest): string {
    return hashOfAnswers(this.#parts, digest);
  }

  /** Give back the memory of what was compiled; whatever is computed next compiles it again. */
  async release(): Promise<void> {
    const forwards = [...this.#forwards.values()];
    this.#forwards.clear();
    this.#parameters = undefined;
    for (const forward of forwards) await (await forward).release();
  }

  #forwardFor(attention: "trained" | "dense", batchSize: number): Promise<Forward> {
    const key = `${attention} ${batchSize}`;
    const forward = this.#forwards.get(key) ?? this.#forward(attention, batchSize);
    this.#forwards.set(key, forward);
    return forward;
  }

  async #forward(attention: "trained" | "dense", batchSize: number): Promise<Forward> {
    this.#runtime ??= this.#parts.createRuntime();
    const runtime = await this.#runtime;
    const { weights, upload = onItsDevice } = this.#parts;
    this.#parameters ??= upload(runtime, weightTensors(this.config, weights));
    const parameters = await this.#parameters;
    const { images, imageReader } = this.#parts;
    return createForward({
      runtime,
      config: this.config,
      plan: attention === "trained" ? planOf(this.card.attention) : { pattern: dense() },
      parameters: () => parameters,
      seed: this.card.seed,
      batchSize,
      longest: this.card.maxLength,
      padTokenId: this.card.padTokenId,
      loadImages: images && imageReader && imageLoader(images, imageReader),
    });
  }

  /**
   * A Hugging Face model folder with `crisp.json` and what other libraries load, in pieces that share memory with the model.
   *
   * @param options - See `ExportOptions`.
   * @param exporter - `exportFiles`: whoever only trains and predicts need not load it.
   */
  saved(options: ExportOptions, exporter: typeof exportFiles): SavedModel {
    const { card } = this;
    const { tokenizer, images, tokenizerFiles, adapter } = this.#parts;
    const { lora, ...config } = this.config;
    const weights = lora ? mergeAdapters(this.#parts.weights, lora) : this.#parts.weights;
    const closing = tokenizer?.encode("").inputIds ?? [];
    const closingTokenId = closing.length > 1 ? closing[closing.length - 1] : undefined;
    const exported = exporter({ config, plan: planOf(card.attention), weights, card, closingTokenId }, options);
    const files = new Map<string, Iterable<Uint8Array>>([...tokenizerFiles, ...modelFiles(config, weights)]);
    if (images) setPreprocessor(files, images);
    if (tokenizer)
      files.set("tokenizer_config.json", [
        tokenizerConfigFile(files.get("tokenizer_config.json"), tokenizer, readsTokenTypes(config)),
      ]);
    files.set("config.json", [configFile(files.get("config.json")!, exported.config)]);
    for (const [name, pieces] of exported.files) files.set(name, pieces);
    if (adapter) {
      const { baseModel, startModel = null } = card.about ?? {};
      for (const [name, pieces] of peftFiles(config, adapter, baseModel ?? startModel)) files.set(name, pieces);
    }
    return { files: files.set("crisp.json", [jsonBytes(card)]), notes: exported.notes };
  }

  /** The files of a Hugging Face model folder, as `saved`, by name; see `modelZip`. */
  async files(options: ExportOptions = {}): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
    const { exportFiles } = await import("../../export/index.ts");
    return new Map(Array.from(this.saved(options, exportFiles).files, ([name, pieces]) => [name, joined(pieces)] as const));
  }
}

const isList = <Input>(texts: Input | readonly Input[]): texts is readonly Input[] => Array.isArray(texts);
