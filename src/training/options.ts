import { expectedGot } from "../errors/index.ts";
import { apiName, fitsOption, type OptionSpec, type OptionValues, ruleOf } from "./option-spec.ts";
import { trainingOptionTable } from "./option-table.ts";
import { checkNames, checkRules, type SettingRules } from "./setting-rules.ts";

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

const CODE = "training/bad-option";

/**
 * Refuse a setting that nobody reads, or of another kind than it takes; training options are checked by {@link resolveOptions}.
 *
 * @param where - Whose settings, e.g. `train`.
 * @param own - Settings that are no training options.
 * @throws `training/bad-option`.
 */
export function checkSettings(where: string, settings: object, own: SettingRules): void {
  const owner = { name: where, code: CODE };
  checkNames(owner, settings, [...specs.keys(), ...Object.keys(own)], (unknown) => {
    const alias = [...specs].find(([, { aliases }]) => aliases?.some((name) => apiName(name) === apiName(unknown)));
    return alias?.[0];
  });
  checkRules(owner, settings, own);
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
    if (value !== undefined && !fitsOption(value, spec)) throw expectedGot(CODE, name, ruleOf(spec), value);
  }
  if (options.evalStrategy === "steps" && options.evalSteps === undefined) {
    throw expectedGot(CODE, "evalSteps", "updates between evaluations", "none", "evalStrategy is steps.");
  }
  for (const name of ["earlyStoppingPatience", "loadBestModelAtEnd"] as const) {
    if (!options[name] || options.evalStrategy !== "no") continue;
    const hint = `${name} needs evaluations to compare.`;
    throw expectedGot(CODE, "evalStrategy", "steps or epoch", "no", hint);
  }
  if (options.quantizationAware !== undefined && options.loraRank !== undefined) {
    const hint = "What is rounded are the weights with adapters merged in: train those for an epoch more.";
    throw expectedGot(CODE, "quantizationAware", "no loraRank beside it", options.loraRank, hint);
  }
  return options;
}
