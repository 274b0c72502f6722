// Claim 7 of docs/claims.md:
//   node evidence/make-robustness-data.ts
//   crisp study evidence/robustness.ts --long_texts head_tail --output_dir runs/robustness
//   node evidence/collect.ts runs/robustness robustness --parts imdb=2000,typos=872
// A study keeps no weights, so these runs train those of the primary grid again, to the same training losses bit for bit on the same kind
// of machine; evidence/judge.ts refuses others. Each is read on both sets at once. ROBUSTNESS: the folder that make-robustness-data.ts wrote.
import { env } from "node:process";
import sizes from "./sizes.ts";

const [sst2] = sizes.tasks;

export default {
  ...sizes,
  study: "robustness",
  tasks: [{ ...sst2, name: "robustness", validation_file: `${env.ROBUSTNESS ?? "data/robustness"}/robustness.jsonl` }],
  sizes: [1000],
};
