// Claim 7 of docs/claims.md:
//   node evidence/make-robustness-data.ts
//   crisp study evidence/robustness.ts --long_texts head_tail --output_dir runs/robustness
// A study keeps no weights, so these runs train those of the primary grid again, to the same training losses bit for bit on the same kind
// of machine; evidence/judge.ts refuses others. ROBUSTNESS: the folder that make-robustness-data.ts wrote.
import { env } from "node:process";
import sizes from "./sizes.ts";

const folder = env.ROBUSTNESS ?? "data/robustness";
const [sst2] = sizes.tasks;

export default {
  ...sizes,
  study: "robustness",
  tasks: ["imdb", "typos"].map((name) => ({ ...sst2, name, validation_file: `${folder}/${name}.jsonl` })),
  sizes: [1000],
};
