import type { OneResult } from "../../../bench/index.ts";

/** A result for people. */
export function resultLines(result: OneResult): string[] {
  const { pattern, core, why, length, batch, threads, cpu, runtime, node, sparsePeakBytes: sparsePeak } = result;
  const removed = `${(100 * result.effectiveSparsity).toFixed(1)} % of the pairs removed`;
  const lines = [
    `${result.subject}  ${batch} × ${length} tokens · ${threads} ${threads === 1 ? "thread" : "threads"} · ${cpu} · ${runtime} · Node ${node}`,
    `ceiling  MatMul 1024³ ${result.matmulGflops.toFixed(0)} GFLOP/s · copy ${result.copyGigabytesPerSecond.toFixed(1)} GB/s`,
    `dense   ${milliseconds(result.denseMs, result.denseRangeMs)} · peak ${gibibytes(result.densePeakBytes)}`,
  ];
  if (result.sparseMs === null || result.sparseRangeMs === null) return lines;
  return [
    ...lines,
    `sparse  ${milliseconds(result.sparseMs, result.sparseRangeMs)}${sparsePeak === null ? "" : ` · peak ${gibibytes(sparsePeak)}`} · ${pattern}, ${core}, ${removed}`,
    ...(why === undefined ? [] : [`auto    ${why}`]),
    verdict(result.speedup!),
  ];
}

function verdict(speedup: number): string {
  const times = `${speedup.toFixed(2)} times as fast as dense`;
  return speedup >= 1 ? `Sparse is ${times}.` : `Sparsity does not pay here: ${times}.`;
}

const milliseconds = (median: number, [least, most]: readonly [number, number]): string =>
  `${median.toFixed(1)} ms (${least.toFixed(1)} to ${most.toFixed(1)})`;

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
