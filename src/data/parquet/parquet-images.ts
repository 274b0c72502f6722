import { expectedGot } from "../../errors/index.ts";
import { cellText } from "../../tasks/index.ts";
import type { ByteSource } from "../table/byte-source.ts";
import { chooseColumns } from "../table/columns.ts";
import { sortLabels, tidyLabel } from "../table/dataset.ts";
import { openParquet } from "./parquet.ts";

/** One image of a Parquet file, not decoded. */
export interface StoredImage {
  /** Of the row, from 0. */
  readonly index: number;
  /** Its path in the data it came from, or file and row; for messages. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Class index; -1 where the label is kept secret. */
  readonly label: number;
}

/** Labelled images in a Parquet file. */
export interface ImageRows {
  readonly name: string;
  readonly rows: number;
  readonly labels: readonly string[];
  readonly columns: { readonly image: string; readonly label: string };
  /** Class index of each row. */
  readonly classes: Int32Array;
  /** Read images from row `start` up to, not including, `end`. @throws `data/broken-row` for a row without an image. */
  read(start: number, end: number): Promise<StoredImage[]>;
}

/**
 * Open a Parquet file of labelled images, as the Hub has them: a column of structs `{ bytes, path }` and one of labels.
 *
 * The labels are read at once, the images when asked for.
 *
 * @param source - The file.
 * @param options - Column names, guessed by default; `labels`, the classes in order where they are known from training.
 * @returns The images. `decodeImage` decodes them.
 * @throws As `openParquet`; `data/columns` without a column of images or labels, or with several; `data/unknown-label`;
 * `data/broken-row` for a row without a label.
 * @example
 * const images = await openImageRows(await fileSource("train.parquet"));
 * const [first] = await images.read(0, 1);
 */
export async function openImageRows(
  source: ByteSource,
  options: { readonly imageColumn?: string; readonly labelColumn?: string; readonly labels?: readonly string[] } = {},
): Promise<ImageRows> {
  const file = await openParquet(source);
  const { name, rows } = file;
  if (rows === 0) throw expectedGot("data/empty", name, "at least one row", "none");
  const refuse = (expected: string, got: string): Error =>
    expectedGot("data/columns", name, expected, `${got}; columns: ${file.columns.join(", ")}`, "Name the column.");
  const { imageColumns } = file;
  const image = options.imageColumn ?? (imageColumns.length === 1 ? imageColumns[0] : undefined);
  if (image === undefined)
    throw refuse(
      "one column of images",
      imageColumns.length === 0 ? "none" : `${imageColumns.length}: ${imageColumns.join(", ")}`,
    );
  if (!imageColumns.includes(image)) throw refuse(`images in column "${image}"`, "something else");
  // The column of images stands in for the text, so that the label is found as it is beside texts.
  const label = file.columns[chooseColumns({ name, columns: file.columns, rows: [] }, { textColumn: image, ...options }).label];

  const cells = (await file.readRows(0, rows, [label])).map(([cell]) => cell);
  const classNames = file.classNames.get(label);
  const texts = cells.map((cell, at) => {
    if (classNames && cell === null) return "";
    const text = classNames ? cellText(cell) : tidyLabel(cellText(cell));
    if (text.trim() !== "") return text;
    const hint = "Fill the cell, or remove the row.";
    throw expectedGot("data/broken-row", `${name}:${at + 1}`, `a label in column "${label}"`, "nothing", hint);
  });
  const labels = options.labels ?? classNames ?? sortLabels(texts);
  const classOf = new Map(labels.map((one, at) => [one, at]));
  if (classNames) classOf.set("", -1);
  const classes = Int32Array.from(texts, (text, at) => {
    const known = classOf.get(text);
    if (known !== undefined) return known;
    const expected = `a label seen in training (${labels.join(", ")})`;
    throw expectedGot("data/unknown-label", `${name}:${at + 1}`, expected, `"${text}"`, "Remove the row.");
  });
  return {
    name,
    rows,
    labels,
    columns: { image, label },
    classes,
    async read(start, end) {
      return (await file.readRows(start, end, [image])).map(([cell], at): StoredImage => {
        const index = start + at;
        const { bytes, path } = (cell instanceof Uint8Array ? { bytes: cell } : (cell ?? {})) as {
          bytes?: unknown;
          path?: unknown;
        };
        const place = `${name}:${index + 1}`;
        if (!(bytes instanceof Uint8Array))
          throw expectedGot("data/broken-row", place, `the bytes of an image in column "${image}"`, "none", "Remove the row.");
        return {
          index,
          name: typeof path === "string" && path !== "" ? `${place} (${path})` : place,
          bytes,
          label: classes[index],
        };
      });
    },
  };
}
