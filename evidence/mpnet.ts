// Step 6 of docs/claims.md: crisp study evidence/mpnet.ts --output_dir runs/mpnet
// MPNET: the folder of all-mpnet-base-v2.
import { env } from "node:process";
import primary from "./primary.ts";

export default {
  ...primary,
  study: "mpnet",
  models: [{ name: "mpnet", model_name_or_path: env.MPNET ?? "models/all-mpnet-base-v2" }],
  tasks: primary.tasks.filter(({ name }) => ["sst2", "cola"].includes(name)),
  arms: primary.arms.filter(({ name }) => ["dense", "topk80", "random80"].includes(name)),
  claims: [],
  seeds: [1, 2, 3, 4, 5, 6],
};
