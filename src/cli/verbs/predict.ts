import { Classifier } from "../../api/index-node.ts";
import { counted, expectedGot } from "../../errors/index.ts";
import { growingFile } from "../../files/index-node.ts";
import { atTemperature } from "../../metrics/index.ts";
import type { Device } from "../../runs/index.ts";
import type { Output } from "../output.ts";
import { readingOptions, sayAsked } from "../read-options.ts";
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
  threshold: {
    type: "number",
    min: 0,
    max: 1,
    help: "Below it a row gets no label, and its score stays; scores are then calibrated, where the model was.",
  },
  top_k: {
    type: "integer",
    unit: "labels",
    min: 1,
    help: "Labels to print for each text, best first; left out, one, or all that hold.",
  },
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
    if (options.threshold === 0) throw expectedGot("cli/bad-option", "--threshold", "a probability in (0, 1]", 0);
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const model = await Classifier.load(folder, { device, verify: options.verifyModel, onNote: (text) => output.note(text) });
    checkAnswers(model, options);
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

/** @throws `cli/bad-option` for an option that means nothing to what the model says. */
function checkAnswers({ answers, config }: Classifier, { topK, threshold }: Context<typeof OPTIONS>["options"]): void {
  if (topK !== undefined && !answers.ranks) {
    const rule = "a model that gives a text one of several labels";
    throw expectedGot("cli/bad-option", "--top_k", rule, config.task, "Leave --top_k out.");
  }
  if (threshold !== undefined && !answers.abstained) {
    throw expectedGot("cli/bad-option", "--threshold", "a model of one class a row", config.task, "Leave --threshold out.");
  }
}

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
    const { probabilities } = await model.evaluate(
      group.map(({ encoded }) => encoded),
      { batchSize },
    );
    const scores = threshold === undefined ? probabilities : atTemperature(probabilities, card.temperature ?? 1);
    if (rows === 0 && lines.header !== undefined) write(lines.header);
    group.forEach(({ fields, where, encoded }, at) => {
      const said = model.answer(scores[at], encoded, topK);
      const unsure = threshold !== undefined && said[0].score < threshold;
      write(lines.line(fields, unsure ? answers.abstained!(said, topK) : answers.printed(said, topK), where));
      abstained += Number(unsure);
      cut += Number(encoded.truncated);
    });
    rows += group.length;
  }
  if (cut > 0) {
    output.note(
      `${cut} of ${counted(rows, "text")} ${cut === 1 ? "was" : "were"} cut at the model's ${card.maxLength} tokens: ${answers.lost}`,
    );
  }
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
