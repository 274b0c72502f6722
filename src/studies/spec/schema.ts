import { z } from "zod";
import { dropouts, normalisers } from "../../attention/index.ts";
import { type OptionSpec, trainingOptionTable } from "../../training/index.ts";

/** Names become names of files and folders, on every system. */
const name = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "expected letters, digits, - _ and .");
const file = z.string().min(1);
const places = z.array(z.int().min(0)).min(1);
const seeds = z.array(z.int().min(0)).min(1);

function ruleFor({ type, choices, min, max, below, help }: OptionSpec): z.ZodType {
  const number = (): z.ZodNumber => {
    let rule = type === "integer" ? z.int() : z.number();
    if (min !== undefined) rule = rule.min(min);
    if (max !== undefined) rule = rule.max(max);
    return below === undefined ? rule : rule.lt(below);
  };
  const text = (): z.ZodType => (choices ? z.enum(choices) : z.string());
  const rules: Readonly<Record<OptionSpec["type"], () => z.ZodType>> = {
    ...{ boolean: () => z.boolean(), string: text, list: () => z.array(text()) },
    ...{ number, numbers: () => z.array(number()), integer: number, integers: () => z.array(number()) },
  };
  return rules[type]().describe(help);
}

/** Training options by Hugging Face's names. Seeds, and what a study does by itself, are not among them. */
const { seed: _seed, ...table } = trainingOptionTable as Readonly<Record<string, OptionSpec>>;
const options = z
  .strictObject(Object.fromEntries(Object.entries(table).map(([key, spec]) => [key, ruleFor(spec).optional()])))
  .describe("Training options, by Hugging Face's names.");

const arm = z.strictObject({
  name,
  pattern: z.string().describe("dense, or a pattern such as topK(sparsity=0.8)."),
  normaliser: z.enum(Object.keys(normalisers)).optional().describe("In the place of the softmax."),
  dropout: z.enum(Object.keys(dropouts)).optional().describe("What dropout takes from attention."),
  layers: places.optional().describe("Layers it applies to, from 0; left out, all."),
  heads: places.optional().describe("Heads it applies to, from 0; left out, all."),
  rampSteps: z.int().min(1).optional().describe("Updates over which the sparsity grows."),
  options: options.optional().describe("What this arm trains with otherwise than the others do."),
});

const task = z.strictObject({
  name,
  train_file: file,
  validation_file: file.optional().describe("What verdicts are about; left out, a fifth of the training file is held out."),
  text_column_name: z.union([file, z.array(file).min(1).max(2)]).optional(),
  label_column_name: file.optional(),
  max_seq_length: z.int().min(4).optional(),
});

const model = z.strictObject({ name, model_name_or_path: file });

/** What a study compares, on what, how often; every list beside arms and seeds is an axis of the grid. */
export const studySchema = z.strictObject({
  $schema: z.string().optional(),
  study: name.optional().describe("Names the study, and its folder."),
  model: file.optional().describe("A model folder, or a name on the Hub; short for one of models."),
  models: z.array(model).min(1).optional(),
  train_file: file.optional().describe("With validation_file, short for one of tasks."),
  validation_file: file.optional(),
  tasks: z.array(task).min(1).optional(),
  arms: z.array(arm).min(1).optional().describe("One of them is named dense: the others are compared to it."),
  sizes: z
    .array(z.union([z.int().min(2), z.literal("all")]))
    .min(1)
    .optional()
    .describe("Training examples: drawn in proportion, nested, anew for each seed, the same for all arms. Left out, all."),
  label_noise: z.array(z.number().min(0).lt(1)).min(1).optional().describe("Shares of training labels that are wrong."),
  hyperparameters: z
    .array(z.strictObject({ name, options }))
    .min(1)
    .optional()
    .describe("Settings under which everything is run."),
  options: options.optional().describe("Training options of all runs."),
  seeds: seeds.optional(),
  claims: z.array(name).optional().describe("Arms named beforehand; the others stay exploratory. Left out, all."),
  looks: z.array(z.int().min(1)).min(1).optional().describe("Numbers of seeds at which results are judged, ascending."),
  tuning: z
    .strictObject({ trials: z.array(options).min(2), seeds })
    .optional()
    .describe("Each arm, dense too, tries all trials with seeds of their own, and keeps the best by the selection split."),
});

/** A study's spec, as it is written. */
export type StudySpec = z.infer<typeof studySchema>;
export type TaskSpec = z.infer<typeof task>;
export type ModelSpec = z.infer<typeof model>;
export type ArmSpec = z.infer<typeof arm>;
/** Training options under their Hugging Face names. */
export type OptionsSpec = Readonly<Record<string, unknown>>;

/** The schema as editors and other programs read it. */
export const studyJsonSchema = (): object => ({
  $id: "https://raw.githubusercontent.com/crisp-attention/crisp/main/schemas/study.schema.json",
  title: "A study of Crisp",
  ...z.toJSONSchema(studySchema),
});
