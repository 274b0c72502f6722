// Step 8 of docs/claims.md, exploratory: crisp study evidence/long-texts.ts --output_dir runs/long-texts
// Reviews of more than 512 tokens, cut there, and documents of 2,048 tokens that are reviews of one label joined (synthetic).
// LONG: the folder that make-long-texts.ts wrote.
import { env } from "node:process";
import primary from "./primary.ts";

const folder = env.LONG ?? "data/long";
const task = (name: string, tokens: number) => ({
  name,
  train_file: `${folder}/${name}-train.jsonl`,
  validation_file: `${folder}/${name}-test.jsonl`,
  max_seq_length: tokens,
});

export default {
  ...primary,
  study: "long-texts",
  models: [{ name: "minilm", model_name_or_path: `${folder}/encoder-2048` }],
  tasks: [task("reviews", 512), task("documents", 2048)],
  arms: [
    { name: "dense", pattern: "dense" },
    { name: "block80", pattern: "block(sparsity=0.8, size=64)" },
    { name: "window", pattern: "anyOf(slidingWindow(radius=64), global(tokens=1))" },
  ],
  claims: [],
  sizes: [500],
  seeds: [1, 2, 3],
  options: { ...primary.options, num_train_epochs: 3, per_device_train_batch_size: 8 },
};
