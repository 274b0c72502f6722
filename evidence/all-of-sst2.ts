// Step 7 of docs/claims.md: crisp study evidence/all-of-sst2.ts --output_dir runs/all-of-sst2
import sizes from "./sizes.ts";

export default { ...sizes, study: "all-of-sst2", claims: [], sizes: ["all"], seeds: [1, 2, 3, 4, 5] };
