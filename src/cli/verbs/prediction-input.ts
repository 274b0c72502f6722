import { basename } from "node:path";
import type { Classifier } from "../../api/index-node.ts";
import { type Field, readAsTrained, type TextReading } from "../../data/index.ts";
import { IMAGE_NAME, imagesIn, isFolder, openTextFile, openTextStream } from "../../data/index-node.ts";
import { expectedGot } from "../../errors/index.ts";
import { readsTexts } from "../../runs/index.ts";
import { tasks } from "../../tasks/index.ts";
import type { Output } from "../output.ts";
import { columnOptions } from "../read-options.ts";
import type { EncodedRow } from "../serving/answer-rows.ts";

/** A text or image as a model takes it, and the row that it came in. */
export interface PredictionInput {
  readonly fields: readonly Field[];
  /** For messages: `texts.csv:12`, or the path of an image. */
  readonly where: string;
  readonly encoded: EncodedRow;
}

/** What is to be classified, read as it is needed. */
export interface PredictionSource {
  /** Names of the fields. */
  readonly fields: readonly string[];
  readonly inputs: AsyncIterable<PredictionInput>;
}

/** Images by path, all of folders, or those that standard input lists. */
export async function imageSource(model: Classifier, files: readonly string[]): Promise<PredictionSource> {
  const paths = await imagePaths(files);
  async function* inputs(): AsyncGenerator<PredictionInput> {
    for (const path of paths) yield { fields: [["image", path]], where: path, encoded: await model.encodeImage(path) };
  }
  return { fields: ["image"], inputs: inputs() };
}

async function imagePaths(files: readonly string[]): Promise<string[]> {
  if (files.length === 0) {
    let listed = "";
    for await (const chunk of fromPipe("paths of images", "ls *.jpg | crisp predict MODEL").setEncoding("utf8")) listed += chunk;
    return listed.split(/\r?\n/).filter((path) => path.trim() !== "");
  }
  const paths: string[] = [];
  for (const file of files) paths.push(...(isFolder(file) ? await imagesIn(file) : [file]));
  return paths;
}

/**
 * The texts of a file or of standard input. Of plain lines the row is number and text of the line.
 *
 * @param named - Columns that were asked for.
 * @param reading - Encoding, and what becomes of bad rows.
 */
export async function textSource(
  model: Classifier,
  [file, another]: readonly string[],
  named: readonly string[] | undefined,
  reading: TextReading,
  output: Pick<Output, "note">,
): Promise<PredictionSource> {
  if (another !== undefined) throw expectedGot("cli/extra-argument", "crisp predict", "one file of texts", `${file}, ${another}`);
  if (file !== undefined && (isFolder(file) || IMAGE_NAME.test(file))) throw readsTexts(file, "images");
  const source = await (file === undefined ? openTextStream(fromPipe(), "stdin", reading) : openTextFile(file, reading));
  const asked = columnOptions({ textColumnName: named, labelColumnName: undefined });
  // texts that were trained in pairs are read one by one
  const single = tasks[model.config.task].labels?.ofPairs;
  const note = (text: string): void => output.note(text);
  const { fields, parts } = await readAsTrained(asked, model.card.columns, note, ({ textColumn, pairColumn }) =>
    source.rows({ textColumn, pairColumn: single ? undefined : pairColumn }),
  );
  const name = file === undefined ? "stdin" : basename(file);
  const plain = fields.length === 0;
  async function* inputs(): AsyncGenerator<PredictionInput> {
    for await (const part of parts) {
      for (const row of part) {
        const own: readonly Field[] = plain
          ? [
              ["line", row.line],
              ["text", row.text],
            ]
          : row.fields;
        yield { fields: own, where: `${name}:${row.line}`, encoded: model.encodeText(row) };
      }
    }
  }
  return { fields: plain ? ["line", "text"] : fields, inputs: inputs() };
}

function fromPipe(what = "texts", example = 'echo "some text" | crisp predict MODEL'): typeof process.stdin {
  if (!process.stdin.isTTY) return process.stdin;
  const hint = `Pipe ${what} in, for example: ${example}`;
  throw expectedGot("cli/missing-argument", "crisp predict", `${what} on standard input, or a file`, "a terminal", hint);
}

/** Items in groups of `most`, so that neither the speed of a pipe nor the size of its chunks decides what is computed together. */
export async function* inGroups<Item>(items: AsyncIterable<Item>, most: number): AsyncGenerator<Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < most) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
