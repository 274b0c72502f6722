import { createTokenizer, type Dataset, readTokenizerJson, type Tokenizer } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { type EncoderConfig, parseEncoderConfig, storedModel } from "../models/index.ts";
import { type ImageInput, imageInputOf, type ModelSource } from "../runs/index.ts";
import { type FreshModel, prepareFreshModel } from "./fresh-model.ts";
import { inputFilesOf, type NamedFiles } from "./input-files.ts";

/** A model to start from: its config, what it reads, and where a run finds it. */
export interface StartModel {
  readonly source: ModelSource;
  readonly config: EncoderConfig;
  /** Of an encoder of texts. */
  readonly tokenizer?: Tokenizer;
  /** Of an encoder of images. */
  readonly images?: ImageInput;
  /** See `INPUT_FILES`. */
  readonly tokenizerFiles: NamedFiles;
}

/** Give a fresh model its vocabulary and tokenizer. */
export function freshStart(model: FreshModel, train: Dataset): StartModel {
  const { config, tokenizerFiles, ...tokenizer } = prepareFreshModel(model, train);
  const parsed = parseEncoderConfig(config);
  return {
    source: { kind: "fresh", config },
    config: parsed,
    tokenizer: createTokenizer({ ...tokenizer, maxLength: Math.min(MAX_LENGTH, parsed.maxPositions) }),
    tokenizerFiles,
  };
}

const MAX_LENGTH = 128;

/**
 * Start from the files of a model folder, by name; texts are cut to what the model takes. An encoder of images needs its
 * preprocessor_config.json instead of a tokenizer.
 *
 * @param where - The folder, for messages.
 * @param source - Left out, the files themselves go to the run.
 * @throws `model/tokenizer` when the tokenizer has ids that the model lacks; `model/no-preprocessor`; what loading either throws.
 */
export function startFromFiles(
  files: ReadonlyMap<string, Uint8Array>,
  {
    where,
    maxLength = MAX_LENGTH,
    source = { kind: "files", files },
  }: { readonly where: string; readonly maxLength?: number; readonly source?: ModelSource },
): StartModel {
  const { config } = storedModel(files, where);
  const images = imageInputOf(config, files, where);
  const tokenizerFiles = inputFilesOf(files, images);
  if (images) return { source, config, images, tokenizerFiles };
  const tokenizer = createTokenizer({
    ...readTokenizerJson(files, where),
    maxLength: Math.min(maxLength, config.maxPositions),
  });
  checkVocabulary(tokenizer, config, where);
  return { source, config, tokenizer, tokenizerFiles };
}

/** Every id that the tokenizer gives has a row in the model's table; throws `model/tokenizer`. */
export function checkVocabulary({ vocabularySize }: Tokenizer, { vocabSize }: EncoderConfig, where: string): void {
  if (vocabularySize <= vocabSize) return;
  const rule = `a tokenizer of at most ${vocabSize} ids, the model's vocabulary`;
  throw expectedGot("model/tokenizer", where, rule, vocabularySize, "Take both from one model.");
}
