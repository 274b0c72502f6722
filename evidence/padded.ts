// "The other reading" of docs/claims.md: crisp study evidence/padded.ts --output_dir runs/padded
// topK over real tokens, beside which these arms are read, is that of the primary grid.
import sizes from "./sizes.ts";

export default {
  ...sizes,
  study: "padded",
  arms: [
    ...sizes.arms.filter(({ name }) => name === "dense"),
    { name: "padded128", pattern: "topK(sparsity=0.8, paddedTo=128)" },
    { name: "padded512", pattern: "topK(sparsity=0.8, paddedTo=512)" },
  ],
  claims: [],
  sizes: [1000],
};
