// Claim 6 of docs/claims.md, label noise: crisp study evidence/noise.ts --output_dir runs/noise
// The runs without noise are those of the primary grid.
import sizes from "./sizes.ts";

export default { ...sizes, study: "noise", sizes: [1000], label_noise: [0.2] };
