import { join } from "node:path";
import { Classifier, loadLabelledTexts } from "../../api/index-node.ts";
import { isDense } from "../../attention/index.ts";
import { readAsTrained, sameClasses } from "../../data/index.ts";
import { loadImages, splitOf } from "../../data/index-node.ts";
import { counted } from "../../errors/index.ts";
import { writeOwnFiles } from "../../files/index-node.ts";
import { classMetrics } from "../../metrics/index.ts";
import { type Device, taskFigures } from "../../runs/index.ts";
import { tasks } from "../../tasks/index.ts";
import { inOutputFolder } from "../in-output-folder.ts";
import { columnOptions, evaluationData, fetchListener, readingOptions, sayAsked } from "../read-options.ts";
import { sayCut } from "../serving/answer-rows.ts";
import { type Context, defineVerb, type OptionTable } from "../verb.ts";
import { classTable, confusionTable, figuresLine } from "./class-tables.ts";
import { ANSWER_FILES, answerFiles, predictionLine } from "./error-tables.ts";
import { BATCH_OPTION, DATA_OPTIONS, DEVICE_OPTION, READING_OPTIONS, VERIFY_OPTION } from "./training-options.ts";

const OPTIONS = {
  text_column_name: DATA_OPTIONS.text_column_name,
  label_column_name: DATA_OPTIONS.label_column_name,
  ...READING_OPTIONS,
  dataset_name: {
    ...DATA_OPTIONS.dataset_name,
    help: "Data set on the Hub; its validation split is evaluated, else its test split.",
  },
  dataset_config_name: DATA_OPTIONS.dataset_config_name,
  dataset_revision: DATA_OPTIONS.dataset_revision,
  verify_model: VERIFY_OPTION,
  device: DEVICE_OPTION,
  per_device_eval_batch_size: BATCH_OPTION,
  output_dir: {
    type: "string",
    unit: "folder",
    help: "Where errors.csv, right-answers.json and predictions.jsonl go; left out, none are written.",
  },
} as const satisfies OptionTable;

const EVALUATION_FILES = [...ANSWER_FILES, "predictions.jsonl"];

export const evaluate = defineVerb({
  name: "eval",
  summary: "evaluate a saved model on labelled texts or images, sparsity on and off",
  usage: "<model> [data] [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    { name: "data", help: "Labelled texts: TSV, CSV, JSONL, gzip of each, or Parquet; a folder of images; or --dataset_name." },
  ],
  options: OPTIONS,
  examples: ["crisp eval tickets-model test.csv"],
  async run(context) {
    const { outputDir } = context.options;
    return inOutputFolder(outputDir, { what: "evaluation", files: EVALUATION_FILES }, () => evaluateModel(context));
  },
});

async function evaluateModel({ options, output, positionals: [folder, file] }: Context<typeof OPTIONS>): Promise<number> {
  const source = await evaluationData(file, options, fetchListener(output));
  const device = options.device as Device | undefined;
  sayAsked(output, device);
  const note = (text: string): void => output.note(text);
  const model = await Classifier.load(folder, { device, verify: options.verifyModel, onNote: note });
  const { labels: known, task: readAs } = model.config;
  const reading = readingOptions(options, output);
  const read = await readAsTrained(columnOptions(options), model.card.columns, note, async (columns) => {
    if (model.reads === "texts") return loadLabelledTexts(source.data, { ...columns, ...reading, task: readAs, labels: known });
    const { textColumn: imageColumn, labelColumn } = columns;
    return splitOf(await loadImages(source.data, { imageColumn, labelColumn, labels: known }), ["test", "validation"]);
  });
  const dataset = sameClasses(read, known, readAs);
  const examples = model.encode(dataset);
  const { task, labels } = model.config;
  const rules = { task, labels, glue: model.card.glue };
  const batchSize = options.perDeviceEvalBatchSize;
  const sparse = !isDense(model.card.attention);
  const on = await model.evaluate(examples, { batchSize });
  const off = sparse ? await model.evaluate(examples, { attention: "dense", batchSize }) : on;
  const { figures: own, loss } = taskFigures(rules, on, examples);
  const { figures: ownOff, loss: lossOff } = taskFigures(rules, off, examples);
  const classes = tasks[task].hasOneClass
    ? classMetrics(
        on.probabilities,
        examples.map(({ label }) => label),
        labels,
      )
    : null;
  const figures = {
    examples: examples.length,
    ...own,
    loss,
    ...Object.fromEntries(Object.entries(ownOff).map(([name, value]) => [`${name}SparsityOff`, value])),
    lossSparsityOff: lossOff,
    effectiveSparsity: 1 - on.pairs.kept / on.pairs.valid,
  };
  const { pattern } = model.card.attention;
  output.record({
    model: folder,
    data: source.name,
    attention: model.card.attention,
    ...figures,
    ...(classes && { classes: classes.classes }),
  });
  if (classes) {
    output.print(`${classTable(classes)}\n`);
    if (labels.length <= 10) output.print(`${confusionTable(classes)}\n`);
  }
  const what =
    model.reads === "images" ? `${counted(examples.length, "image")} of ${dataset.name}` : counted(examples.length, "example");
  output.say(`${figuresLine({ ...own, loss })} · ${what}`);
  if (sparse) {
    const effective = `effective sparsity ${(100 * figures.effectiveSparsity).toFixed(1)} %`;
    output.say(`sparsity off: ${figuresLine({ ...ownOff, loss: lossOff })} (${pattern}, ${effective})`);
  }
  const cut = examples.filter(({ truncated }) => truncated).length;
  sayCut(output, model, cut, examples.length);
  if (options.outputDir !== undefined) {
    const evaluated = { dataset, probabilities: on.probabilities, encoded: examples };
    const lines = dataset.examples.map((_, at) => predictionLine(evaluated, labels, at));
    const files = answerFiles(evaluated, labels).set("predictions.jsonl", [new TextEncoder().encode(`${lines.join("\n")}\n`)]);
    writeOwnFiles(options.outputDir, files, { obsolete: EVALUATION_FILES });
    const [first, ...others] = files.keys();
    output.print(`wrote ${join(options.outputDir, first)}, ${others.join(" and ")}`);
  }
  return 0;
}
