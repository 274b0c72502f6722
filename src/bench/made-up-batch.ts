import type { BatchContext } from "../batch/index.ts";

/** B texts of n made-up words, without padding. */
export function madeUpBatch(B: number, n: number, vocabSize = 1): BatchContext {
  return {
    bindings: { B, n },
    lengths: new Int32Array(B).fill(n),
    examples: Int32Array.from({ length: B }, (_, at) => at),
    inputIds: Int32Array.from({ length: B * n }, (_, at) => (at * 7919) % vocabSize),
    tokenTypeIds: new Int32Array(B * n),
    labels: Int32Array.from({ length: B }, (_, at) => at % 2),
    seed: 1,
    step: 0,
    training: true,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
  };
}
