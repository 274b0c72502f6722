import { CrispError } from "../errors/index.ts";
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
    text_column_name: { type: "list", unit: "column[,column]", help: "Text column, or two for pairs; left out, as in training." },
    label_column_name: { type: "string", unit: "column", help: "Label column; left out, as in training." },
    per_device_eval_batch_size: { type: "integer", unit: "examples", min: 1, default: 64, help: "Examples in a batch." },
    output_dir: { type: "string", unit: "folder", help: "Where errors.csv and predictions go; left out, none are written." },
  },
  examples: ["crisp eval tickets-model test.csv"],
  stopsOnSignal: true,
  run: () => Promise.reject(new CrispError("unfinished", "crisp eval: not built yet.")),
});
