import type { SpeedAtLength } from "./break-even.ts";
import type { MachineSpeed } from "./machine.ts";

/** A pattern at one length, in the same turns as dense attention. */
export interface SweepPoint extends SpeedAtLength {
  /** Texts of the batch. */
  readonly batch: number;
  readonly denseMs: number;
  readonly sparseMs: number;
  readonly effectiveSparsity: number;
  /** The core that `auto` takes at this length; null where there is nothing to choose. */
  readonly auto: string | null;
  /** See `SparseAttention.difference`. */
  readonly difference: number | null;
}

/** A pattern over the lengths. */
export interface SweepSeries {
  readonly pattern: string;
  /** The core that was measured: the one that skips work, where the pattern has a block form. */
  readonly core: string;
  /** By length; only measured ones. */
  readonly points: readonly SweepPoint[];
  /** Tokens from which it pays, see `breakEven`; null where it never does. */
  readonly breakEven: number | null;
}

/** Attention by pattern and length. */
export interface Sweep {
  /** Measured ones, in tokens. */
  readonly lengths: readonly number[];
  readonly skipped: readonly { readonly length: number; readonly why: string }[];
  readonly series: readonly SweepSeries[];
}

/** What `bench.json` holds. */
export interface BenchResults extends Sweep, MachineSpeed {
  /** ISO 8601. */
  readonly date: string;
  readonly crisp: string;
  readonly node: string;
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** Instruction sets, e.g. `avx2 fma`; empty where the system does not say. */
  readonly features: string;
  /** Mean number of processes that wanted to run in the minute before, at the start and at the end; zeros on Windows. */
  readonly loadAverage: readonly [start: number, end: number];
  readonly heads: number;
  readonly headWidth: number;
  readonly rounds: number;
}

/** What `crisp bench attention` and `crisp bench step` print as JSON. */
export interface OneResult {
  readonly subject: string;
  readonly pattern: string;
  /** Name of the core that computed the pattern. */
  readonly core: string;
  /** Why `auto` takes its core, where it had a choice. */
  readonly why?: string;
  readonly effectiveSparsity: number;
  /** Tokens a text. */
  readonly length: number;
  /** Texts. */
  readonly batch: number;
  readonly rounds: number;
  /** Medians; null where the pattern is dense. */
  readonly denseMs: number;
  readonly sparseMs: number | null;
  /** Dense over sparse time. */
  readonly speedup: number | null;
  readonly denseRangeMs: readonly [least: number, most: number];
  readonly sparseRangeMs: readonly [least: number, most: number] | null;
  readonly matmulGflops: number;
  readonly copyGigabytesPerSecond: number;
  /** Of the process that timed both sides. */
  readonly peakBytes: number;
  /** Of a process that ran one side alone. */
  readonly densePeakBytes: number;
  readonly sparsePeakBytes: number | null;
  readonly cpu: string;
  readonly threads: number;
  /** Name and version of what computed. */
  readonly runtime: string;
  readonly node: string;
  /** ISO 8601. */
  readonly date: string;
  /** As in `BenchResults`. */
  readonly loadAverage: readonly [start: number, end: number];
  readonly [more: string]: unknown;
}
