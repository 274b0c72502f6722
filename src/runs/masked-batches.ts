import type { BatchContext } from "../batch/index.ts";
import {
  batchOrder,
  collate,
  type Encoded,
  type MaskedTokens,
  type MaskingRules,
  maskTokens,
  tokenCounts,
} from "../data/index.ts";
import type { RunBatches } from "./batches.ts";
import { batchContext, type ContextSettings } from "./forward.ts";

/** Which examples stand in which batch, and how their tokens are hidden. */
export interface MaskedBatchOptions {
  readonly blocks: readonly Encoded[];
  readonly masking: MaskingRules;
  readonly padTokenId: number;
  readonly batchSize: number;
  /** Of the masks, and of patterns that draw at random. */
  readonly seed: number;
}

/** The masked tokens of one batch as graph inputs are filled from them. */
export function maskedContext(
  { blocks, masking, padTokenId, seed }: MaskedBatchOptions,
  positions: ArrayLike<number>,
  epoch: number,
  settings: Omit<ContextSettings, "seed">,
): BatchContext {
  const hidden = hide({ blocks, masking, seed }, positions, epoch);
  const examples = Array.from(positions, (at, row) => ({ ...blocks[at], inputIds: hidden[row].inputIds }));
  const batch = collate(examples, padTokenId);
  const rows = hidden.flatMap(({ places }, row) => Array.from(places, (at) => row * batch.length + at));
  const labels = hidden.flatMap((tokens) => Array.from(tokens.labels));
  // a graph has no room for nothing: a batch without a masked token predicts its first one, for no loss
  if (rows.length === 0) [rows[0], labels[0]] = [0, -1];
  const context = batchContext(batch, { seed, ...settings });
  return {
    ...context,
    bindings: { ...context.bindings, M: rows.length },
    masked: { rows: Int32Array.from(rows), labels: Int32Array.from(labels) },
  };
}

const hide = (
  { blocks, masking, seed }: Pick<MaskedBatchOptions, "blocks" | "masking" | "seed">,
  positions: ArrayLike<number>,
  epoch: number,
): MaskedTokens[] =>
  Array.from(positions, (at) => {
    // the evaluation hides the same tokens whatever the seed, so that the losses of several runs compare
    const key = { seed: epoch < 0 ? 0 : seed, epoch, example: blocks[at].index };
    return maskTokens(blocks[at].inputIds, masking, key);
  });

const countMasked = (hidden: readonly MaskedTokens[]): number => hidden.reduce((sum, { places }) => sum + places.length, 0);

/** How many tokens of all blocks the evaluation predicts; its masks are those of epoch −1. */
export const evaluatedTokens = (options: Pick<MaskedBatchOptions, "blocks" | "masking" | "seed">): number =>
  countMasked(hide(options, [...options.blocks.keys()], -1));

/** Training batches of masked-language-model training; the loss is the mean over an update's masked tokens. */
export function maskedBatches(
  options: MaskedBatchOptions & { readonly dataSeed: number; readonly strengthAt: (step: number) => number },
): RunBatches {
  const { blocks, batchSize, dataSeed, strengthAt } = options;
  const lengths = tokenCounts(blocks);
  let known: { epoch: number; order: Uint32Array[] } | undefined;
  const orderOf = (epoch: number): Uint32Array[] => {
    if (known?.epoch !== epoch) known = { epoch, order: batchOrder({ lengths, batchSize, seed: dataSeed, epoch }) };
    return known.order;
  };
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  const largest = Math.min(batchSize, blocks.length) * longest;
  return {
    batchesPerEpoch: Math.ceil(blocks.length / batchSize),
    largest: [{ B: Math.min(batchSize, blocks.length), n: longest, M: largest }],
    size: (epoch, batch) => countMasked(hide(options, orderOf(epoch)[batch], epoch)),
    tokens() {
      const padded = (positions: Uint32Array): number =>
        positions.reduce((most, at) => Math.max(most, lengths[at]), 0) * positions.length;
      return { batch: padded(orderOf(0)[0]), epoch: orderOf(0).reduce((sum, positions) => sum + padded(positions), 0) };
    },
    context(epoch, batch, { step, lossDivisor }) {
      const settings = { step, training: true, strength: strengthAt(step), labelSmoothing: 0, lossDivisor };
      return maskedContext(options, orderOf(epoch)[batch], epoch, settings);
    },
  };
}
