import type { TrainingOptions } from "../../training/index.ts";

/** Of the memory that is free: other processes take some meanwhile, and evaluations come on top. */
const SHARE = 0.8;

/** What a run would take, and what there is. */
export interface BatchMemory {
  /** Bytes of a training step by the examples of a batch, and how many batches make an update. */
  bytesOf(examples: number, steps: number): number;
  /** Bytes that are free; undefined where nobody knows. */
  readonly available: number | undefined;
  /** The loss is a sum over the examples of a batch. */
  readonly divisible: boolean;
}

/** Options of a run whose batches fit, and what was changed, in one line. */
export interface FittedBatch {
  readonly options: TrainingOptions;
  readonly note?: string;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * Divide the batches of a run until a step fits in memory, and accumulate as many more: an update sees the same examples.
 *
 * Not as transformers' option of that name, which runs out of memory first and then trains smaller updates.
 */
export function fitBatch(options: TrainingOptions, { bytesOf, available, divisible }: BatchMemory): FittedBatch {
  if (!options.autoFindBatchSize) return { options };
  const { perDeviceTrainBatchSize: whole, gradientAccumulationSteps: steps } = options;
  const unchanged = (why: string): FittedBatch => ({ options, note: `--auto_find_batch_size changes nothing: ${why}` });
  if (available === undefined) return unchanged("how much memory is free is not known here");
  const room = SHARE * available;
  /** Of batches that a whole one is divided into. */
  const bytesIn = (size: number): number => bytesOf(size, (steps * whole) / size);
  const fits = (size: number): boolean => bytesIn(size) <= room;
  if (fits(whole)) return { options };
  if (!divisible) return unchanged("the loss of this task compares the examples of a batch, which must stay together");
  const sizes = Array.from({ length: whole }, (_, at) => whole - at).filter((size) => whole % size === 0);
  const size = sizes.find(fits) ?? 1;
  const pieces = whole / size;
  const needed = `batches of ${whole} would take ${gigabytes(bytesIn(whole))} of ${gigabytes(available)} that are free`;
  return {
    options: { ...options, perDeviceTrainBatchSize: size, gradientAccumulationSteps: steps * pieces },
    note: fits(size)
      ? `${needed}; training in batches of ${size}, ${pieces} times as many an update (${gigabytes(bytesIn(size))})`
      : notEvenOne(bytesIn(1), available, options),
  };
}

/** Training starts all the same: what is free changes, and a machine may swap. */
function notEvenOne(bytes: number, available: number, { gradientCheckpointing }: TrainingOptions): string {
  const ways = ["a shorter --max_seq_length", ...(gradientCheckpointing ? [] : ["--gradient_checkpointing"])].join(", ");
  return (
    `not even one example fits: a batch of 1 would take ${gigabytes(bytes)}, ${gigabytes(available)} are free, and a fifth of that ` +
    `is left alone; training in batches of 1 may run out of memory. Take ${ways} or a smaller model.`
  );
}
