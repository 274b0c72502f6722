import { CrispError } from "../errors/index.ts";
import { defineVerb } from "./verb.ts";

export const predict = defineVerb({
  name: "predict",
  summary: "classify lines or JSONL, from a file or a pipe, as JSONL",
  usage: "<model> [file] [options]",
  positionals: [
    { name: "model", help: "Folder that crisp train saved.", required: true },
    { name: "file", help: "Texts, one a line, or JSONL; left out, standard input." },
  ],
  options: {
    top_k: { type: "integer", unit: "labels", min: 1, default: 1, help: "Labels to print for each text, best first." },
    per_device_eval_batch_size: { type: "integer", unit: "examples", min: 1, default: 64, help: "Examples in a batch." },
  },
  examples: ['echo "where is my refund" | crisp predict tickets-model', "crisp predict tickets-model texts.jsonl > labels.jsonl"],
  stopsOnSignal: true,
  run: () => Promise.reject(new CrispError("unfinished", "crisp predict: not built yet.")),
});
