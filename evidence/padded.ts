// "The other reading" of docs/claims.md: crisp study evidence/padded.ts --output_dir runs/padded
import sizes from "./sizes.ts";

export default {
  ...sizes,
  study: "padded",
  arms: [
    ...sizes.arms,
    { name: "padded128", pattern: "topK(sparsity=0.8, paddedTo=128)" },
    { name: "padded512", pattern: "topK(sparsity=0.8, paddedTo=512)" },
  ],
  claims: [],
  sizes: [1000],
};
