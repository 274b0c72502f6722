import type { Cell, RunRow } from "../../evidence/cell-files.ts";
import { hash32 } from "../../src/random/index.ts";

/** How the runs of a made-up arm answer. */
export interface MadeUpArm {
  /** Chance of a right answer; default 0.8. */
  readonly accuracy?: number;
  /** Probability that it gives to its answer; default 0.9. */
  readonly confidence?: number;
  readonly temperature?: number;
  readonly trainLoss?: number;
  readonly pattern?: string;
  readonly effectiveSparsity?: number;
}

const TEXTS = 300;
const chance = (site: string, step: number, at: number): number => hash32({ seed: 7, step, site }, at) / 0x1_0000_0000;

/**
 * A cell whose truth is known. All arms of a seed share a draw for each text, so arms of the same accuracy answer alike, and an arm of higher
 * accuracy is right wherever the other is.
 */
export function madeUpCell(name: string, arms: Readonly<Record<string, MadeUpArm>>, seedCount = 10): Cell {
  const seeds = Array.from({ length: seedCount }, (_, at) => at + 1);
  const labels = Array.from({ length: TEXTS }, (_, at) => at % 2);
  const all = Object.entries(arms).flatMap(([arm, of]) => seeds.map((seed) => ({ arm, of, seed })));
  const right = (seed: number, e: number, accuracy = 0.8): boolean => chance("made-up", seed, e) < accuracy;
  return {
    name,
    facts: {
      ...{ study: name.replaceAll("/", "."), seeds, hiddenSize: 384, intermediateSize: 1536, layers: 6 },
      ...{ meanTokens: 20, cpu: "made up", node: "24.0.0" },
    },
    runs: all.map(
      ({ arm, of, seed }): RunRow => ({
        ...{ arm, pattern: of.pattern ?? arm, seed, updates: 10, trainLoss: (of.trainLoss ?? 0.1) + seed / 1000 },
        ...{ temperature: of.temperature ?? 1, effectiveSparsity: of.effectiveSparsity ?? 0, accuracy: 0, loss: 0.5 },
        ...{ seconds: 100, diverged: false, runtime: "onnxruntime-node 1.0.0", threads: 1 },
      }),
    ),
    labels,
    positive: all.map(({ of, seed }) =>
      Float64Array.from(labels, (label, e) => {
        const answer = right(seed, e, of.accuracy) ? label : 1 - label;
        const confidence = of.confidence ?? 0.9;
        return answer === 1 ? confidence : 1 - confidence;
      }),
    ),
  };
}

/** The arms of the primary grid, all alike but for what is said. */
export const primaryArms = (of: Readonly<Record<string, MadeUpArm>> = {}): Record<string, MadeUpArm> =>
  Object.fromEntries(
    ["dense", "topk40", "topk60", "topk80", "block80", "random80", "bottomk80"].map((arm) => [arm, of[arm] ?? {}]),
  );
