import { CrispError } from "../errors/index.ts";
import { DATA_OPTIONS, MODEL_OPTIONS, TRAINING_OPTIONS } from "./training-options.ts";
import { defineVerb } from "./verb.ts";

export const train = defineVerb({
  name: "train",
  summary: "fine-tune an encoder on a file of labelled texts",
  usage: "[data] [options]",
  positionals: [{ name: "data", help: "Labelled texts (the same as --train_file)." }],
  options: { ...DATA_OPTIONS, ...MODEL_OPTIONS, ...TRAINING_OPTIONS },
  examples: ["crisp train tickets.csv", "crisp train tickets.csv --attention 'topK(sparsity=0.8)' --num_train_epochs 4"],
  stopsOnSignal: true,
  run: () => Promise.reject(new CrispError("unfinished", "crisp train: not built yet.")),
});
