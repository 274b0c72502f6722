// Claim 6 of docs/claims.md, amount of data: crisp study evidence/sizes.ts --output_dir runs/sizes
// The 1,000 examples between these two sizes are those of the primary grid.
import primary from "./primary.ts";

export default {
  ...primary,
  study: "sizes",
  tasks: primary.tasks.filter(({ name }) => name === "sst2"),
  arms: primary.arms.filter(({ name }) => ["dense", "topk80"].includes(name)),
  claims: ["topk80"],
  sizes: [250, 4000],
};
