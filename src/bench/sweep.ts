import { gathered, masked, parsePattern } from "../attention/index.ts";
import type { AttentionJob, MeasuredAttention } from "./attention.ts";
import { withBlockWidth } from "./block-width.ts";
import { breakEven } from "./break-even.ts";
import type { Sweep, SweepPoint } from "./records.ts";

/** Lengths of a sweep, in tokens. */
export const LENGTHS: readonly number[] = [128, 256, 512, 1024, 2048, 4096];
const SPARSITIES = [0.5, 0.8];
const WIDTHS = [16, 64, 128];
/** A pattern of fewer blocks could not keep a share of them. */
const LEAST_BLOCKS = 4;
/** Held the same at every length, as a batch of short texts has more of them. */
const TOKENS = 2048;

/** Texts of a batch that hold 2,048 tokens together. */
export const batchOf = (length: number): number => Math.max(1, Math.round(TOKENS / length));

/** Patterns that are measured at a length: blocks of several widths, and one that ranks single pairs. */
const patternsAt = (length: number): string[] => [
  ...SPARSITIES.flatMap((sparsity) =>
    WIDTHS.filter((width) => width * LEAST_BLOCKS <= length).map((width) => `block(sparsity=${sparsity}, size=${width})`),
  ),
  "topK(sparsity=0.8)",
];

export interface SweepSettings {
  readonly heads: number;
  readonly headWidth: number;
  readonly rounds: number;
  /** Only this one; default the widths and sparsities above. */
  readonly pattern?: string;
  /** Default `LENGTHS`. */
  readonly lengths?: readonly number[];
  /** Texts a batch; default `batchOf`. */
  readonly batch?: number;
  /** A core's name; default the one that skips work where the pattern has a block form. */
  readonly core?: string;
  /** A length that is expected to end later is left out, and so are all longer ones. */
  readonly budgetMs: number;
}

/**
 * Measure attention over lengths and patterns, shortest texts first, as far as the time reaches.
 *
 * @param measure - Measures one length.
 * @param now - The clock, in ms.
 */
export async function sweep(
  measure: (job: AttentionJob) => Promise<MeasuredAttention>,
  settings: SweepSettings,
  { onLength = () => {}, now = () => performance.now() }: { onLength?: (length: number) => void; now?: () => number } = {},
): Promise<Sweep> {
  const { heads, headWidth, rounds, pattern, budgetMs } = settings;
  const start = now();
  const series = new Map<string, { pattern: string; core: string; points: SweepPoint[] }>();
  const lengths: number[] = [];
  const skipped: { length: number; why: string }[] = [];
  let previous: { readonly pairs: number; readonly ms: number } | undefined;
  for (const length of settings.lengths ?? LENGTHS) {
    const batch = settings.batch ?? batchOf(length);
    const pairs = batch * length ** 2;
    const expectedMs = previous ? (previous.ms * pairs) / previous.pairs : 0;
    if (now() - start + expectedMs > budgetMs) {
      skipped.push({ length, why: `about ${Math.ceil(expectedMs / 1000)} s more, beyond the time budget` });
      continue;
    }
    onLength(length);
    const begun = now();
    const chosen = pattern === undefined ? patternsAt(length) : [withBlockWidth(pattern, length)];
    const patterns = chosen.map((id) => ({ pattern: id, core: settings.core ?? coreThatSkips(id) }));
    try {
      const { dense, sparse } = await measure({ patterns, length, batch, heads, headWidth, rounds, dense: true, checks: true });
      lengths.push(length);
      // a width that follows the length makes one series of what was asked for
      for (const { pattern: id, core, timing, effectiveSparsity, auto, difference } of sparse) {
        const name = pattern ?? id;
        const [denseMs, sparseMs] = [dense!.medianMs, timing.medianMs];
        const point = {
          length,
          batch,
          denseMs,
          sparseMs,
          speedup: denseMs / sparseMs,
          effectiveSparsity: effectiveSparsity!,
          auto,
          difference,
        };
        const known = series.get(name) ?? { pattern: name, core, points: [] };
        known.points.push(point);
        series.set(name, known);
      }
    } catch (error) {
      if (lengths.length === 0) throw error;
      skipped.push({ length, why: (error as Error).message });
    }
    previous = { pairs, ms: now() - begun };
  }
  return { lengths, skipped, series: [...series.values()].map((each) => ({ ...each, breakEven: breakEven(each.points) })) };
}

const coreThatSkips = (pattern: string): string => (parsePattern(pattern).blocks ? gathered : masked).name;
