import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { expectedGot } from "../../errors/index.ts";
import { isParquetName, openParquet } from "../parquet/parquet.ts";
import { openImageRows } from "../parquet/parquet-images.ts";
import { fileSource } from "../table/byte-source-node.ts";
import { joinDatasets } from "../table/join-datasets.ts";
import type { Dataset, Example } from "../types.ts";
import { imageKind } from "./decode-image-node.ts";
import { type ImageFile, loadImageFolder } from "./image-folder-node.ts";
import { contentHash, imageBytes } from "./image-reader-node.ts";

/** Labelled images by split; all is `train` where the source has no splits. */
export interface ImageSplits {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test?: Dataset;
}

export interface ImageOptions {
  readonly imageColumn?: string;
  readonly labelColumn?: string;
  /** Classes in order, where they are known from training. */
  readonly labels?: readonly string[];
}

/** The first of the wanted splits that there is, else all of `train`. */
export function splitOf(splits: ImageSplits, wanted: readonly ("validation" | "test")[]): Dataset {
  const found = wanted.find((split) => splits[split] !== undefined);
  return found === undefined ? splits.train : splits[found]!;
}

/** Whether a path is a folder. */
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * Load labelled images: a folder with a folder for each class (see `loadImageFolder`), or Parquet files with a column of images.
 *
 * Every file is read once, for its hash: exact copies must be known before a split. Files that are no images are found by their first
 * bytes. Images of a folder stay on disk as paths, those
 * of Parquet files are held in memory as they are stored, compressed; none is decoded.
 *
 * @param paths - One folder, or Parquet files in order.
 * @throws `data/not-images` for data of another kind; `data/bad-image` for such a file in a folder; as `loadImageFolder` and `openImageRows`.
 * @example
 * const { train, validation } = await loadImages(["animals"]);
 */
export async function loadImages(paths: readonly string[], options: ImageOptions = {}): Promise<ImageSplits> {
  const [first] = paths;
  if (paths.length === 1 && isFolder(first)) return fromFolder(first, options);
  const parts: Dataset[] = [];
  for (const path of paths) {
    if (!isParquetName(path)) {
      const hint = "The model reads images; for texts take an encoder of texts.";
      const got = statSync(path, { throwIfNoEntry: false }) ? "another file" : "no such file or folder";
      throw expectedGot("data/not-images", path, "a folder with a folder of images for each class, or a Parquet file", got, hint);
    }
    parts.push(await fromParquet(path, options));
  }
  return { train: joinDatasets(parts) };
}

async function fromFolder(folder: string, { labels: known }: ImageOptions): Promise<ImageSplits> {
  const { labels, ...splits } = await loadImageFolder(folder, { labels: known });
  const name = basename(resolve(folder));
  const split = async (which: "train" | "validation" | "test"): Promise<Dataset> => {
    const whole = which === "train" && !splits.validation && !splits.test;
    return { name: whole ? name : `${name}/${which}`, labels, examples: await referred(splits[which] ?? []) };
  };
  return {
    train: await split("train"),
    ...(splits.validation && { validation: await split("validation") }),
    ...(splits.test && { test: await split("test") }),
  };
}

async function referred(files: readonly ImageFile[]): Promise<Example[]> {
  const examples: Example[] = [];
  for (const [index, { path, label }] of files.entries()) {
    const bytes = await imageBytes(path);
    imageKind(bytes, path);
    examples.push({ index, text: path, label, image: { path, hash: contentHash(bytes) } });
  }
  return examples;
}

/** Whether all images of a Parquet file have labels; undefined where it holds no images. */
export async function imagesLabelled(path: string, options: ImageOptions = {}): Promise<boolean | undefined> {
  if (!isParquetName(path)) return undefined;
  const source = await fileSource(path);
  try {
    const { imageColumns } = await openParquet(source);
    return imageColumns.length === 0 ? undefined : (await openImageRows(source, options)).classes.every((label) => label >= 0);
  } finally {
    await source.close();
  }
}

/** Rows read at once: images are large. */
const ROWS = 256;

async function fromParquet(path: string, options: ImageOptions): Promise<Dataset> {
  const source = await fileSource(path);
  try {
    const { name, rows, labels, columns, read } = await openImageRows(source, options);
    const examples: Example[] = [];
    for (let start = 0; start < rows; start += ROWS) {
      for (const { index, name: text, bytes, label } of await read(start, Math.min(rows, start + ROWS)))
        examples.push({ index, text, label, image: { bytes: bytes.slice(), name: text, hash: contentHash(bytes) } });
    }
    return { name, labels, examples, columns: { text: columns.image, label: columns.label } };
  } finally {
    await source.close();
  }
}
