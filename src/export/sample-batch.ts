import type { BatchContext } from "../batch/index.ts";
import { type AnyArray, allocate, bindShape, elements, type FedInput } from "../graph/index.ts";

/** A fed input that a function of the batch fills. */
export interface WrittenInput extends FedInput<BatchContext> {
  readonly fill: Extract<FedInput<BatchContext>["fill"], { kind: "values" }>;
}

/** A batch in evaluation, whose tokens follow from a number. */
export function sampleBatch(
  lengths: readonly number[],
  n: number,
  { salt = 1, withTokens = true }: { readonly salt?: number; readonly withTokens?: boolean } = {},
): BatchContext {
  const B = lengths.length;
  const tokens = (of: (at: number) => number): Int32Array =>
    withTokens ? Int32Array.from({ length: B * n }, (_, at) => of(at)) : new Int32Array(0);
  const real = (at: number): boolean => at % n < lengths[Math.floor(at / n)];
  return {
    bindings: { B, n },
    lengths: Int32Array.from(lengths),
    examples: Int32Array.from(lengths, (_, at) => 7919 * salt + 13 * at),
    inputIds: tokens((at) => (real(at) ? ((at * 31 + 17 * salt) % 97) + 1 : 0)),
    tokenTypeIds: tokens((at) => Number(real(at) && at % n > lengths[Math.floor(at / n)] / 2)),
    labels: new Int32Array(B),
    seed: salt,
    step: 0,
    training: false,
    strength: 1,
    labelSmoothing: 0,
    lossDivisor: B,
  };
}

/** What the input's own function writes for a batch. */
export function written({ node, fill }: WrittenInput, context: BatchContext): AnyArray {
  const out = allocate[node.dtype](elements(bindShape(node.shape, context.bindings)));
  fill.write(out, context);
  return out;
}
