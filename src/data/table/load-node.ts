import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CrispError, expectedGot } from "../../errors/index.ts";
import { type ReadTable, readForInspection } from "../inspect/read-table.ts";
import { isParquet, isParquetName, parquetTable } from "../parquet/parquet.ts";
import { createTokenizer, type Tokenizer } from "../tokenize/tokenizer.ts";
import { readTokenizerJson } from "../tokenize/tokenizer-json.ts";
import type { Dataset, Table } from "../types.ts";
import { readAsTrained } from "./columns.ts";
import { type DatasetOptions, readDataset } from "./dataset.ts";
import { badGzip, decodeText, isGzip } from "./decode.ts";
import { joinDatasets } from "./join-datasets.ts";
import { type InputText, readTexts } from "./read-texts.ts";
import { parseTable } from "./table.ts";
import { MOST_TEXT_BYTES, textTooLarge } from "./table-bounds.ts";

async function readBytes(path: string, hint: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const got = { ENOENT: "no such file", EISDIR: "a folder", EACCES: "a file that may not be read" }[code ?? ""] ?? message;
    throw expectedGot("data/unreadable", path, "a readable file", got, hint);
  }
}

/**
 * The bytes of a data file. Gzip is inflated here, as zlib also reads gzip files put one behind the other, which DecompressionStream
 * refuses.
 *
 * @param most - Bytes, unpacked; default what a string can hold.
 * @throws `data/unreadable`, `data/bad-gzip`; `data/too-large` once more comes out, whatever is left.
 */
export async function readData(path: string, most: number = MOST_TEXT_BYTES): Promise<Uint8Array> {
  const bytes = await readBytes(path, "Check the path.");
  if (!isGzip(bytes)) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: most }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ERR_BUFFER_TOO_LARGE" ? textTooLarge(basename(path)) : badGzip(basename(path), error);
  });
}

/**
 * Load labelled examples from a TSV, CSV or JSONL file, gzipped or not.
 *
 * @param path - The file.
 * @param options - Column names, format, known labels; all guessed when left out.
 * @returns The dataset, named after the file.
 * @throws `data/unreadable`, and whatever `readDataset` throws.
 * @example
 * const train = await loadDataset("train.tsv");
 * const dev = await loadDataset("dev.tsv", { labels: train.labels });
 */
export async function loadDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  return readDataset(await readData(path), basename(path), options);
}

/** What can be read of a file, for `inspectData`; @throws `data/unreadable`, and whatever `readForInspection` throws. */
export async function loadForInspection(path: string, options: DatasetOptions = {}): Promise<ReadTable> {
  return readForInspection(await readData(path), basename(path), options);
}

/**
 * Load a TSV, CSV or JSONL file, gzipped or not, or a Parquet file, whatever its columns mean.
 *
 * @param columns - Names that its first row may have, by which it is told from data.
 * @throws `data/unreadable`, and whatever `decodeText`, `parseTable` and `parquetTable` throw.
 */
export async function loadTable(path: string, columns: readonly string[] = []): Promise<Table> {
  const [bytes, name] = [await readData(path), basename(path)];
  if (isParquet(bytes) || isParquetName(name)) return parquetTable(bytes, name);
  return parseTable(await decodeText(bytes, name), name, { expectedColumns: columns });
}

/** As `loadDataset`, for files of one data set in order, such as its shards. */
export async function loadDatasets(paths: readonly string[], options: DatasetOptions = {}): Promise<Dataset> {
  const parts: Dataset[] = [];
  for (const path of paths) {
    const read = readAsTrained(options, parts[0]?.columns, options.onNote, (columns) =>
      loadDataset(path, { ...options, ...columns }),
    );
    parts.push(await read);
  }
  return joinDatasets(parts);
}

/**
 * Load texts to classify from a file: one a line, or a TSV, CSV or JSONL file with a text column.
 *
 * @param path - The file.
 * @param options - See `readTexts`.
 * @returns Texts with the line each stood on.
 * @throws `data/unreadable`, and whatever `readTexts` throws.
 * @example
 * await loadTexts("questions.txt"); // [{ line: 1, text: "where is my refund?" }]
 */
export async function loadTexts(path: string, options: Parameters<typeof readTexts>[2] = {}): Promise<InputText[]> {
  return readTexts(await readData(path), basename(path), options);
}

/**
 * Load the tokenizer of a Hugging Face model folder: `tokenizer.json` and, if there is one, `tokenizer_config.json`.
 *
 * @param folder - The model folder.
 * @param options - `maxLength` in tokens, default 128.
 * @returns The tokenizer.
 * @throws `data/unreadable` without `tokenizer.json`; `tokenizer/bad-file` when a file is damaged; as `createTokenizer`.
 * @example
 * const tokenizer = await loadTokenizer("models/minilm", { maxLength: 64 });
 */
export async function loadTokenizer(folder: string, options: { readonly maxLength?: number } = {}): Promise<Tokenizer> {
  const files = new Map<string, Uint8Array>();
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    const hint = "Save the tokenizer again with save_pretrained, which writes tokenizer.json.";
    const bytes = await readBytes(join(folder, name), hint).catch((error: unknown) => {
      if (name !== "tokenizer.json" && error instanceof CrispError && error.details.got === "no such file") return undefined;
      throw error;
    });
    if (bytes) files.set(name, bytes);
  }
  return createTokenizer({ ...readTokenizerJson(files, folder), ...options });
}
