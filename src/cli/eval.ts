import { join } from "node:path";
import { loadDataset } from "../data/index-node.ts";
import { Classifier, classMetrics, type Device, negativeLogLikelihood } from "../experiments/index-node.ts";
import { checkWritable, writeFilesAtomically } from "../training/index-node.ts";
import { classTable, confusionTable, errorsCsv } from "./class-tables.ts";
import { asTrained, columnOptions, sayAsked } from "./read-options.ts";
import { DEVICE_OPTION } from "./training-options.ts";
import { defineVerb } from "./verb.ts";

export const evaluate = defineVerb({
  name: "eval",
  summary: "evaluate a saved model on labelled texts, sparsity on and off",
  usage: "<model> <data> [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    { name: "data", help: "Labelled texts: TSV, CSV or JSONL, gzip of each.", required: true },
  ],
  options: {
    text_column_name: { type: "list", unit: "column[,column]", help: "Text column, or two for pairs; left out, guessed." },
    label_column_name: { type: "string", unit: "column", help: "Label column; left out, guessed." },
    device: DEVICE_OPTION,
    per_device_eval_batch_size: { type: "integer", unit: "examples", min: 1, default: 64, help: "Examples in a batch." },
    output_dir: {
      type: "string",
      unit: "folder",
      help: "Where errors.csv and predictions.jsonl go; left out, none are written.",
    },
  },
  examples: ["crisp eval tickets-model test.csv"],
  async run({ options, output, positionals: [folder, file] }) {
    if (options.outputDir !== undefined) checkWritable(options.outputDir);
    const device = options.device as Device | undefined;
    sayAsked(output, device);
    const model = await Classifier.load(folder, { device, onNote: (text) => output.note(text) });
    const { labels: known } = model.config;
    const dataset = await asTrained(columnOptions(options), model.card, (columns) =>
      loadDataset(file, { ...columns, labels: known }),
    );
    const examples = model.encode(dataset);
    const labels = dataset.examples.map(({ label }) => label);
    const batchSize = options.perDeviceEvalBatchSize;
    const sparse = model.card.attention.pattern !== "dense";
    const on = await model.evaluate(examples, { batchSize });
    const off = sparse ? await model.evaluate(examples, { attention: "dense", batchSize }) : on;
    const metrics = classMetrics(on.probabilities, labels, model.config.labels);
    const figures = {
      examples: labels.length,
      accuracy: metrics.accuracy,
      macroF1: metrics.macroF1,
      loss: negativeLogLikelihood(on.probabilities, labels),
      accuracySparsityOff: classMetrics(off.probabilities, labels, model.config.labels).accuracy,
      lossSparsityOff: negativeLogLikelihood(off.probabilities, labels),
      effectiveSparsity: 1 - on.pairs.kept / on.pairs.valid,
    };
    output.record({ model: folder, data: file, attention: model.card.attention, ...figures, classes: metrics.classes });
    output.print(classTable(metrics));
    output.print();
    if (metrics.classes.length <= 10) output.print(`${confusionTable(metrics)}\n`);
    output.print(`accuracy ${figures.accuracy.toFixed(4)} · loss ${figures.loss.toFixed(4)} · ${labels.length} examples`);
    if (sparse) {
      output.print(
        `sparsity off: accuracy ${figures.accuracySparsityOff.toFixed(4)} · loss ${figures.lossSparsityOff.toFixed(4)} (${model.card.attention.pattern}, effective sparsity ${(100 * figures.effectiveSparsity).toFixed(1)} %)`,
      );
    }
    if (options.outputDir !== undefined) {
      const evaluated = { dataset, probabilities: on.probabilities };
      const lines = dataset.examples.map(({ index, label }, at) =>
        JSON.stringify({ index, label: model.config.labels[label], probabilities: on.probabilities[at] }),
      );
      const bytes = (text: string): Uint8Array[] => [new TextEncoder().encode(text)];
      const files = new Map([
        ["errors.csv", bytes(errorsCsv(evaluated, model.config.labels))],
        ["predictions.jsonl", bytes(`${lines.join("\n")}\n`)],
      ]);
      writeFilesAtomically(options.outputDir, files);
      output.print(`wrote ${join(options.outputDir, "errors.csv")} and predictions.jsonl`);
    }
    return 0;
  },
});
