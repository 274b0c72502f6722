import { CrispError } from "../errors/index.ts";
import { DATA_OPTIONS, MODEL_OPTIONS, TRAINING_OPTIONS } from "./training-options.ts";
import { defineVerb } from "./verb.ts";

// A study names its seeds and configurations itself.
const { seed: _seed, resume_from_checkpoint: _resume, ...SHARED } = TRAINING_OPTIONS;
const { attention: _attention, ...MODEL } = MODEL_OPTIONS;

export const study = defineVerb({
  name: "study",
  summary: "train several attention configurations over several seeds and say whether sparsity helped",
  usage: "[data | spec] [options]",
  positionals: [{ name: "data", help: "Labelled texts, or a study's spec (JSON); left out with --preset." }],
  options: {
    preset: { type: "string", choices: ["demo", "sst2"], help: "A ready-made study." },
    // Five is the least that gets a verdict (docs/statistics.md).
    seeds: { type: "integers", unit: "seed,seed", min: 0, default: [1, 2, 3, 4, 5], help: "Seeds of the paired runs." },
    configurations: { type: "list", unit: "name,name", help: "Attention configurations; left out, the paper's four." },
    quick: { type: "boolean", help: "A first look: fewer seeds and examples, no verdicts." },
    ...DATA_OPTIONS,
    ...MODEL,
    ...SHARED,
  },
  examples: ["crisp study --preset demo", "crisp study tickets.csv --quick", "crisp study tickets.csv --seeds 1,2,3,4,5"],
  stopsOnSignal: true,
  run: () => Promise.reject(new CrispError("unfinished", "crisp study: not built yet.")),
});
