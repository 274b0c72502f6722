import { PREPROCESSOR_FILE, TOKENIZER_FILES } from "../models/index.ts";
import type { ImageInput } from "../runs/index.ts";

/** Content of files by name, in pieces to be written one after another. */
export type NamedFiles = ReadonlyMap<string, Iterable<Uint8Array>>;

/** Those of a model's files that are its tokenizer's. */
export const tokenizerFilesOf = (files: ReadonlyMap<string, Uint8Array>): NamedFiles =>
  new Map(TOKENIZER_FILES.flatMap((name) => (files.has(name) ? [[name, [files.get(name)!]] as const] : [])));

/** Those of a model's files that say how its input is read. */
export const inputFilesOf = (files: ReadonlyMap<string, Uint8Array>, images?: ImageInput): NamedFiles =>
  images ? new Map([[PREPROCESSOR_FILE, [files.get(PREPROCESSOR_FILE)!]]]) : tokenizerFilesOf(files);
