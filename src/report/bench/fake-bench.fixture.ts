import { type BenchResults, breakEven } from "../../bench/index.ts";

const LENGTHS = [128, 512, 2048];

const series = (pattern: string, core: string, speedups: readonly number[]): BenchResults["series"][number] => {
  const points = speedups.map((speedup, at) => ({
    ...{ length: LENGTHS[at], batch: 4096 / LENGTHS[at], denseMs: 100, sparseMs: 100 / speedup, speedup },
    ...{ effectiveSparsity: 0.75, auto: core === "masked" ? null : at < 2 ? "masked" : core, difference: null },
  }));
  return { pattern, core, points, breakEven: breakEven(points) };
};

/** Made-up figures: one pattern pays from 256 tokens on, one always, one never. */
export const fakeBench: BenchResults = {
  ...{ date: "2030-01-02T03:04:05.000Z", crisp: "1.2.3", node: "24.0.0", cpu: "Made-up <CPU>", cores: 4, features: "avx2" },
  ...{ threads: 2, runtime: "onnxruntime-node 1.0.0", loadAverage: [0.1, 2.5], heads: 12, headWidth: 64, rounds: 3 },
  ...{ matmulGflops: 451.2, copyGigabytesPerSecond: 12.3, lengths: LENGTHS },
  skipped: [{ length: 4096, why: "about 90 s more, beyond the time budget" }],
  series: [
    series("block(sparsity=0.8, size=128)", "gathered", [0.5, 2, 3.456]),
    series("block(sparsity=0.8, size=64)", "gathered", [1.1, 1.5, 2]),
    series("topK(sparsity=0.8)", "masked", [0.8, 0.6, 0.7]),
  ],
};
