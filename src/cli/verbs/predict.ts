import { Classifier } from "../../api/index-node.ts";
import { counted } from "../../errors/index.ts";
import { growingFile } from "../../files/index-node.ts";
import type { Device } from "../../runs/index.ts";
import type { Output } from "../output.ts";
import { readingOptions, sayAsked } from "../read-options.ts";
import { answerRows, checkAsking, sayCut, THRESHOLD_OPTION, TOP_K_OPTION } from "../serving/answer-rows.ts";
import { type Context, defineVerb, type OptionTable } from "../verb.ts";
import { imageSource, inGroups, textSource } from "./prediction-input.ts";
import { type PredictionFormat, predictionFormat, predictionLines } from "./prediction-rows.ts";
import { BATCH_OPTION, DATA_OPTIONS, DEVICE_OPTION, READING_OPTIONS, VERIFY_OPTION } from "./training-options.ts";

const OPTIONS = {
  text_column_name: { ...DATA_OPTIONS.text_column_name, help: "Text column, or two for pairs; left out, as in training." },
  ...READING_OPTIONS,
  output_file: { type: "string", unit: "file", help: "Where the rows go; it must be new. Left out, standard output." },
  format: {
    type: "string",
    choices: ["jsonl", "csv"],
    help: "Of the output; left out, as --output_file ends, else jsonl.",
  },
  threshold: THRESHOLD_OPTION,
  top_k: TOP_K_OPTION,
  verify_model: VERIFY_OPTION,
  device: DEVICE_OPTION,
  per_device_eval_batch_size: BATCH_OPTION,
} as const satisfies OptionTable;

export const predict = defineVerb({
  name: "predict",
  summary: "classify the rows of a table, lines of text or images, from a file or a pipe",
  usage: "<model> [file …] [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    {
      name: "file",
      many: true,
      help: "Texts: CSV, TSV, JSONL, one a line, gzip of these, or Parquet; left out, lines or JSONL on standard input. For a model of images: images or folders of them; left out, paths on standard input.",
    },
  ],
  options: OPTIONS,
  examples: [
    'echo "where is my refund" | crisp predict tickets-model',
    "crisp predict tickets-model tickets.csv --output_file labelled.csv",
    "crisp predict tickets-model texts.jsonl --threshold 0.9 > labels.jsonl",
    "crisp predict photos-model cat.jpg",
  ],
  // else the unfinished output file would stay
  stopsOnSignal: true,
  async run({ options, output, signal, positionals: [folder, ...files] }) {
    const format = predictionFormat(options.format, options.outputFile);
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const model = await Classifier.load(folder, { device, verify: options.verifyModel, onNote: (text) => output.note(text) });
    checkAsking(model, options);
    const file = options.outputFile === undefined ? undefined : growingFile(options.outputFile);
    const encoder = new TextEncoder();
    const write = file ? (line: string) => file.write(encoder.encode(`${line}\n`)) : output.data;
    // a pipe may be silent for long
    signal.addEventListener("abort", () => process.stdin.destroy());
    try {
      await predictRows(model, files, options, format, output, (line) => {
        signal.throwIfAborted();
        write(line);
      });
      file?.finish();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      file?.discard();
    }
    return 0;
  },
});

async function predictRows(
  model: Classifier,
  files: readonly string[],
  options: Context<typeof OPTIONS>["options"],
  format: PredictionFormat,
  output: Output,
  write: (line: string) => void,
): Promise<void> {
  const { topK, threshold, perDeviceEvalBatchSize: batchSize, textColumnName: named } = options;
  const { answers, card } = model;
  const reading = readingOptions(options, output);
  const source = await (model.reads === "images" ? imageSource(model, files) : textSource(model, files, named, reading, output));
  const lines = predictionLines(format, source.fields, answers.fields(topK));
  let [rows, cut, abstained] = [0, 0, 0];
  // In pieces, so that a long file gives its first answers soon and needs no memory.
  for await (const group of inGroups(source.inputs, 16 * batchSize)) {
    const encoded = group.map((input) => input.encoded);
    const answered = await answerRows(model, encoded, { topK, threshold }, batchSize);
    if (rows === 0 && lines.header !== undefined) write(lines.header);
    group.forEach(({ fields, where }, at) => {
      write(lines.line(fields, answered[at].answer, where));
      abstained += Number(answered[at].abstained);
      cut += Number(encoded[at].truncated);
    });
    rows += group.length;
  }
  sayCut(output, model, cut, rows);
  if (threshold !== undefined) {
    const share = rows === 0 ? 0 : (100 * abstained) / rows;
    const how =
      card.temperature === undefined
        ? "scores are not calibrated: the model has no temperature"
        : `scores calibrated at temperature ${card.temperature.toFixed(2)}`;
    output.note(`no label for ${abstained} of ${counted(rows, "row")} (${share.toFixed(1)} %), below ${threshold}; ${how}`);
  }
  if (options.outputFile !== undefined) output.print(`wrote ${counted(rows, "row")} to ${options.outputFile}`);
}
