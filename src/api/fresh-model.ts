import { buildVocabulary, type Dataset, type TokenizerJson, textsOf } from "../data/index.ts";
import { jsonBytes } from "../files/index.ts";
import { demoEncoderConfig } from "../studies/index.ts";

/** An encoder to be trained from nothing; plain data, so that it crosses to a worker. */
export interface FreshModel {
  readonly kind: "fresh";
  /** The content of a Hugging Face `config.json`, without `vocab_size`: the vocabulary comes from the training texts. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Most entries of that vocabulary. */
  readonly vocabularySize: number;
}

/**
 * The demonstration's encoder for texts of one's own: BERT, 2 layers, D = 64, 128 positions; no download, seconds an epoch.
 *
 * It knows no language beforehand, so train it with a higher rate than a pretrained one, e.g. `learningRate: 2e-3`.
 *
 * @param options.vocabularySize - Most entries; default 8,000.
 * @example
 * train({ data: "tickets.csv", model: demoEncoder(), learningRate: 2e-3, numTrainEpochs: 10 });
 */
export function demoEncoder({ vocabularySize = 8000 }: { readonly vocabularySize?: number } = {}): FreshModel {
  const { vocab_size: _, id2label: __, label2id: ___, ...config } = demoEncoderConfig();
  return { kind: "fresh", config: { ...config, max_position_embeddings: 128 }, vocabularySize };
}

/** What a model folder would hold beside the weights, and what `ModelSource` of kind `fresh` takes. */
export interface PreparedFreshModel extends TokenizerJson {
  /** The content of `config.json`, `vocab_size` included. */
  readonly config: Readonly<Record<string, unknown>>;
  /** `tokenizer.json` and `tokenizer_config.json` as bytes, as they are saved with the model. */
  readonly tokenizerFiles: ReadonlyMap<string, readonly Uint8Array[]>;
}

/**
 * Give a fresh model its vocabulary.
 *
 * @param train - The training split alone.
 * @throws As `buildVocabulary`.
 */
export function prepareFreshModel({ config, vocabularySize }: FreshModel, train: Dataset): PreparedFreshModel {
  const texts = train.examples.flatMap(textsOf);
  const maxLength = config.max_position_embeddings;
  const files = buildVocabulary(texts, { size: vocabularySize, ...(typeof maxLength === "number" && { maxLength }) });
  const { vocab } = (files.tokenizerJson as { model: { vocab: object } }).model;
  return {
    ...files,
    config: { ...config, vocab_size: Object.keys(vocab).length },
    tokenizerFiles: new Map([
      ["tokenizer.json", [jsonBytes(files.tokenizerJson)]],
      ["tokenizer_config.json", [jsonBytes(files.tokenizerConfig)]],
    ]),
  };
}
