import { expectedGot } from "../errors/index.ts";

/** How to train; names are Hugging Face's, in camelCase. Defaults and their reasons stand in `defaultOptions`. */
export interface TrainingOptions {
  /** Peak learning rate. */
  readonly learningRate: number;
  readonly perDeviceTrainBatchSize: number;
  readonly perDeviceEvalBatchSize: number;
  /** Batches whose gradients are added up before each update. */
  readonly gradientAccumulationSteps: number;
  /** Passes over the training examples; fractions are allowed. */
  readonly numTrainEpochs: number;
  /** Updates in all; above 0 it overrides the epochs. */
  readonly maxSteps: number;
  /** Updates of linear warm-up; below 1, a share of all, rounded up. */
  readonly warmupSteps: number;
  readonly lrSchedulerType: "linear" | "constant";
  /** Decoupled; not applied to biases and LayerNorm. */
  readonly weightDecay: number;
  /** Global gradient norm is clipped to this; 0 turns clipping off. */
  readonly maxGradNorm: number;
  /** Share of each label spread over all classes, in [0, 1). */
  readonly labelSmoothingFactor: number;
  readonly adamBeta1: number;
  readonly adamBeta2: number;
  readonly adamEpsilon: number;
  /** Seed of the data order alone; left out, the run's seed. */
  readonly dataSeed?: number;
  readonly evalStrategy: "no" | "steps" | "epoch";
  /** Updates between evaluations, with `evalStrategy: "steps"`. */
  readonly evalSteps?: number;
  /** Stop after so many evaluations without a better one. */
  readonly earlyStoppingPatience?: number;
  /** Keep the best evaluated weights, not the last. */
  readonly loadBestModelAtEnd: boolean;
  /** Updates between checkpoints; left out, one an epoch. */
  readonly saveSteps?: number;
  /** Older checkpoints are deleted. */
  readonly saveTotalLimit: number;
}

/** The usual recipe for fine-tuning encoders on GLUE. */
export const defaultOptions: TrainingOptions = {
  learningRate: 2e-5, // the low, stable end of BERT's own range (Mosbach 2021)
  perDeviceTrainBatchSize: 32,
  perDeviceEvalBatchSize: 64,
  gradientAccumulationSteps: 1,
  numTrainEpochs: 3,
  maxSteps: -1,
  warmupSteps: 0.1, // no warm-up is the commonest cause of failed BERT runs (Mosbach 2021)
  lrSchedulerType: "linear",
  weightDecay: 0.01,
  maxGradNorm: 1,
  labelSmoothingFactor: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  evalStrategy: "epoch",
  loadBestModelAtEnd: false,
  saveTotalLimit: 1,
};

const atLeast =
  (least: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && value >= least && value < Infinity;
const whole =
  (least: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= least;
const share = (value: unknown): boolean => typeof value === "number" && value >= 0 && value < 1;

const rules: Readonly<Record<keyof TrainingOptions, readonly [rule: string, fits: (value: unknown) => boolean]>> = {
  learningRate: ["a number of at least 0", atLeast(0)],
  perDeviceTrainBatchSize: ["a whole number of examples, at least 1", whole(1)],
  perDeviceEvalBatchSize: ["a whole number of examples, at least 1", whole(1)],
  gradientAccumulationSteps: ["a whole number of batches, at least 1", whole(1)],
  numTrainEpochs: ["a number of at least 0", atLeast(0)],
  maxSteps: ["a whole number of updates, or -1", whole(-1)],
  warmupSteps: ["updates, or a share below 1", atLeast(0)],
  lrSchedulerType: ["linear or constant", (value) => value === "linear" || value === "constant"],
  weightDecay: ["a number of at least 0", atLeast(0)],
  maxGradNorm: ["a number of at least 0", atLeast(0)],
  labelSmoothingFactor: ["a share in [0, 1)", share],
  adamBeta1: ["a number in [0, 1)", share],
  adamBeta2: ["a number in [0, 1)", share],
  adamEpsilon: ["a number of at least 0", atLeast(0)],
  dataSeed: ["a whole number of at least 0", (value) => value === undefined || whole(0)(value)],
  evalStrategy: ["no, steps or epoch", (value) => ["no", "steps", "epoch"].includes(value as string)],
  evalSteps: ["a whole number of updates, at least 1", (value) => value === undefined || whole(1)(value)],
  earlyStoppingPatience: ["a whole number of evaluations, at least 1", (value) => value === undefined || whole(1)(value)],
  loadBestModelAtEnd: ["true or false", (value) => typeof value === "boolean"],
  saveSteps: ["a whole number of updates, at least 1", (value) => value === undefined || whole(1)(value)],
  saveTotalLimit: ["a whole number of checkpoints, at least 1", whole(1)],
};

/**
 * Fill in the defaults and check every option.
 *
 * @param given - Undefined means the default, as for an option that is left out.
 * @throws `training/bad-option`, naming the option; also for options that need another one.
 * @example
 * resolveOptions({ learningRate: 5e-5 }).perDeviceTrainBatchSize; // 32
 */
export function resolveOptions(given: Partial<TrainingOptions>): TrainingOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<TrainingOptions>;
  const options = { ...defaultOptions, ...set };
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name as keyof TrainingOptions] : undefined;
    if (!rule) throw expectedGot("training/bad-option", "train", `options among ${Object.keys(rules).join(", ")}`, name);
    if (!rule[1](value)) throw expectedGot("training/bad-option", name, rule[0], value);
  }
  if (options.evalStrategy === "steps" && options.evalSteps === undefined) {
    throw expectedGot("training/bad-option", "evalSteps", "updates between evaluations", "none", "evalStrategy is steps.");
  }
  for (const name of ["earlyStoppingPatience", "loadBestModelAtEnd"] as const) {
    if (!options[name] || options.evalStrategy !== "no") continue;
    const hint = `${name} needs evaluations to compare.`;
    throw expectedGot("training/bad-option", "evalStrategy", "steps or epoch", "no", hint);
  }
  return options;
}
