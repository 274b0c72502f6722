import { type ImageInput, PREPROCESSOR_FILE } from "../runs/index.ts";

/** Files of a tokenizer that go along with a model, where the source has them. */
export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] as const;

/** Files that say how a model's input is read: those of its tokenizer, or of an encoder of images its preprocessor_config.json. */
export const INPUT_FILES = [...TOKENIZER_FILES, PREPROCESSOR_FILE] as const;

/** Content of files by name, in pieces to be written one after another. */
export type NamedFiles = ReadonlyMap<string, Iterable<Uint8Array>>;

/** Those of a model's files that are its tokenizer's. */
export const tokenizerFilesOf = (files: ReadonlyMap<string, Uint8Array>): NamedFiles =>
  new Map(TOKENIZER_FILES.flatMap((name) => (files.has(name) ? [[name, [files.get(name)!]] as const] : [])));

/** Those of a model's files that say how its input is read. */
export const inputFilesOf = (files: ReadonlyMap<string, Uint8Array>, images?: ImageInput): NamedFiles =>
  images ? new Map([[PREPROCESSOR_FILE, [files.get(PREPROCESSOR_FILE)!]]]) : tokenizerFilesOf(files);
