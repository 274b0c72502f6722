// The primary grid of docs/claims.md: crisp study evidence/primary.ts --output_dir runs/primary
// MINILM: the folder of all-MiniLM-L6-v2. GLUE: a folder with SST-2, CoLA, RTE and MRPC as published.
import { env } from "node:process";

const glue = env.GLUE ?? "data/glue";
const task = (name: string, folder: string, columns: object = {}) => ({
  name,
  train_file: `${glue}/${folder}/train.tsv`,
  validation_file: `${glue}/${folder}/dev.tsv`,
  ...columns,
});

export default {
  study: "primary",
  models: [{ name: "minilm", model_name_or_path: env.MINILM ?? "models/all-MiniLM-L6-v2" }],
  tasks: [task("sst2", "SST-2"), task("cola", "CoLA"), task("rte", "RTE"), task("mrpc", "MRPC")],
  arms: [
    { name: "dense", pattern: "dense" },
    { name: "topk40", pattern: "topK(sparsity=0.4)" },
    { name: "topk60", pattern: "topK(sparsity=0.6)" },
    { name: "topk80", pattern: "topK(sparsity=0.8)" },
    { name: "block80", pattern: "block(sparsity=0.8, size=16)" },
    { name: "random80", pattern: "random(sparsity=0.8)" },
    { name: "bottomk80", pattern: "bottomK(sparsity=0.8)" },
  ],
  claims: ["topk40", "topk60", "topk80"],
  sizes: [1000],
  seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  options: {
    num_train_epochs: 5,
    per_device_train_batch_size: 16,
    learning_rate: 5e-5,
    warmup_steps: 0.1,
    weight_decay: 0.01,
    eval_strategy: "no",
  },
};
