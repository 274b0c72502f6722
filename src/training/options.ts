import { expectedGot, nearest } from "../errors/index.ts";
import { apiName, fitsOption, type OptionSpec, type OptionValues, ruleOf } from "./option-spec.ts";
import { trainingOptionTable } from "./option-table.ts";

type Table = typeof trainingOptionTable;
type Optional = {
  [Name in keyof Table]: Table[Name] extends { readonly default: unknown } | { readonly type: "boolean" } ? never : Name;
}[keyof Table];

/** How to train; names are Hugging Face's, in camelCase. Types, defaults and ranges are those of `trainingOptionTable`. */
export type TrainingOptions = OptionValues<Omit<Table, Optional>> & Partial<OptionValues<Pick<Table, Optional>>>;

const specs: ReadonlyMap<string, OptionSpec> = new Map(
  Object.entries(trainingOptionTable).map(([name, spec]) => [apiName(name), spec]),
);

/** The usual recipe for fine-tuning encoders on GLUE. */
export const defaultOptions = Object.fromEntries(
  [...specs].flatMap(([name, spec]) => {
    const value = spec.default ?? (spec.type === "boolean" ? false : undefined);
    return value === undefined ? [] : [[name, value]];
  }),
) as TrainingOptions;

/** Those of some settings that are training options. */
export const trainingOptionsIn = (settings: object): Partial<TrainingOptions> =>
  Object.fromEntries(Object.entries(settings).filter(([name, value]) => specs.has(name) && value !== undefined));

/**
 * Refuse a setting that nobody reads: a misspelt one would be passed over.
 *
 * @param own - Settings that are no training options.
 * @throws `training/bad-option`.
 */
export function checkSettings(where: string, settings: object, own: Readonly<Record<string, true>>): void {
  const known = [...specs.keys(), ...Object.keys(own)];
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const alias = [...specs].find(([, { aliases }]) => aliases?.some((name) => apiName(name) === apiName(unknown)));
  const guess = alias?.[0] ?? nearest(unknown, known);
  throw expectedGot(
    "training/bad-option",
    where,
    `options among ${known.join(", ")}`,
    unknown,
    guess && `Did you mean ${guess}?`,
  );
}

/**
 * Fill in the defaults and check every option.
 *
 * @param given - Undefined means the default, as for an option that is left out.
 * @throws `training/bad-option`, naming the option; also for options that need another one, or exclude it.
 * @example
 * resolveOptions({ learningRate: 5e-5 }).perDeviceTrainBatchSize; // 32
 */
export function resolveOptions(given: Partial<TrainingOptions>): TrainingOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<TrainingOptions>;
  const options = { ...defaultOptions, ...set };
  checkSettings("train", options, {});
  for (const [name, spec] of specs) {
    const value = options[name as keyof TrainingOptions];
    if (value !== undefined && !fitsOption(value, spec)) throw expectedGot("training/bad-option", name, ruleOf(spec), value);
  }
  if (options.evalStrategy === "steps" && options.evalSteps === undefined) {
    throw expectedGot("training/bad-option", "evalSteps", "updates between evaluations", "none", "evalStrategy is steps.");
  }
  for (const name of ["earlyStoppingPatience", "loadBestModelAtEnd"] as const) {
    if (!options[name] || options.evalStrategy !== "no") continue;
    const hint = `${name} needs evaluations to compare.`;
    throw expectedGot("training/bad-option", "evalStrategy", "steps or epoch", "no", hint);
  }
  if (options.quantizationAware !== undefined && options.loraRank !== undefined) {
    const hint = "What is rounded are the weights with adapters merged in: train those for an epoch more.";
    throw expectedGot("training/bad-option", "quantizationAware", "no loraRank beside it", options.loraRank, hint);
  }
  return options;
}
