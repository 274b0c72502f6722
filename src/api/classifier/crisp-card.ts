import { type Dataset, LONG_TEXTS, type LongTexts } from "../../data/index.ts";
import { CrispError, expectedGot, printedJson } from "../../errors/index.ts";
import type { EvaluatedSplit, ModelFacts } from "../../export/index.ts";
import type { GlueTask } from "../../metrics/index.ts";
import type { RecipeChoice } from "../../recipes/index.ts";
import type { PlanSpec, RunResult } from "../../runs/index.ts";
import { type TaskName, tasks } from "../../tasks/index.ts";

/** What `crisp.json` of a saved folder holds, beside what Hugging Face's own files say. */
export interface CrispCard {
  readonly crisp: string;
  /** What it predicts; left out by older versions, which knew but one. */
  readonly task?: TaskName;
  /** The GLUE task by whose figures it is evaluated. */
  readonly glue?: GlueTask;
  /** Attention as it was trained; evaluation uses it too unless told otherwise. */
  readonly attention: PlanSpec;
  /** Most tokens a text; tokens of each image. */
  readonly maxLength: number;
  /** What is read of longer texts; left out, their head. */
  readonly longTexts?: LongTexts;
  /** Of texts that are read in several windows, whose logits are averaged: tokens that two of them share, and most windows of a text. */
  readonly docStride?: number;
  readonly maxWindows?: number;
  readonly seed: number;
  readonly padTokenId: number;
  /** Columns the training file had, so that an evaluation file is read alike. */
  readonly columns?: Dataset["columns"];
  /** Of the softmax, fitted on held-out rows so that scores are shares of right answers; absent where there is none to fit. */
  readonly temperature?: number;
  /** Which examples `metrics` are about; left out by older versions. */
  readonly split?: EvaluatedSplit;
  /** Sparsity on and off; accuracy in [0, 1]. */
  readonly metrics: Readonly<Record<string, number>>;
  /** All training options, defaults filled in; older versions have those that were given. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How training went as a whole; left out by older versions. */
  readonly recipe?: RecipeChoice & { readonly name: string };
  /** Factor of each class in the loss. */
  readonly classWeights?: readonly number[];
  /** What computed. */
  readonly runtime?: RunResult["runtime"];
  /** What only the model card says: start model, data, licence. */
  readonly about?: ModelFacts;
}

type Rule = readonly [rule: string, fits: (value: unknown) => boolean];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
const isList = (value: unknown, fits: (value: unknown) => boolean): boolean => Array.isArray(value) && value.every(fits);
const optional = ([rule, fits]: Rule): Rule => [`${rule}, or nothing`, (value) => value === undefined || fits(value)];
const OBJECT: Rule = ["an object", isObject];
const COUNT: Rule = ["a whole number of at least 0", isCount];
const TEXT: Rule = ["a text", isText];
const NUMBERS: Rule = ["a list of numbers", (value) => isList(value, Number.isFinite)];
const COUNTS: Rule = ["a list of whole numbers", (value) => isList(value, isCount)];
const TEXTS: Rule = ["a list of texts", (value) => isList(value, isText)];
const oneOf = (...known: readonly string[]): Rule => [`one of ${known.join(", ")}`, (value) => known.includes(value as string)];

/** What is read of a card, by its place; where an object may be left out, so may what is in it. */
const RULES: Readonly<Record<string, Rule>> = {
  crisp: optional(TEXT),
  task: optional(oneOf(...Object.keys(tasks))),
  glue: optional(TEXT),
  attention: OBJECT,
  "attention.pattern": TEXT,
  "attention.layers": optional(COUNTS),
  "attention.heads": optional(COUNTS),
  "attention.rampSteps": optional(COUNT),
  "attention.normaliser": optional(TEXT),
  "attention.dropout": optional(TEXT),
  "attention.core": optional(TEXT),
  maxLength: COUNT,
  longTexts: optional(oneOf(...LONG_TEXTS)),
  docStride: optional(COUNT),
  maxWindows: optional(COUNT),
  seed: ["a whole number", Number.isSafeInteger],
  padTokenId: COUNT,
  columns: optional(OBJECT),
  "columns.text": optional(TEXT),
  "columns.pair": optional(TEXT),
  "columns.negative": optional(TEXT),
  "columns.label": optional(TEXT),
  temperature: optional(["a number above 0", (value) => Number.isFinite(value) && (value as number) > 0]),
  split: optional(oneOf("held out", "cross-validated", "test")),
  // JSON has no NaN, which a figure may be
  metrics: optional([
    "an object of numbers",
    (value) => isObject(value) && Object.values(value).every((figure) => figure === null || typeof figure === "number"),
  ]),
  options: optional(OBJECT),
  recipe: optional(OBJECT),
  classWeights: optional(NUMBERS),
  runtime: optional(OBJECT),
  "runtime.name": optional(TEXT),
  "runtime.version": optional(TEXT),
  "runtime.device": optional(TEXT),
  about: optional(OBJECT),
  "about.baseModel": optional(TEXT),
  "about.startModel": optional(TEXT),
  "about.teacher": optional(TEXT),
  "about.datasets": optional(TEXTS),
  "about.language": optional(TEXTS),
  "about.licence": optional(TEXT),
  "about.rows": optional(OBJECT),
  "about.files": optional(OBJECT),
  "about.files.train": optional(TEXT),
  "about.files.evaluated": optional(TEXT),
};

/** What stands at a place such as `about.files.train`. */
const at = (card: unknown, place: string): unknown =>
  place.split(".").reduce((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), card);

/** Read `crisp.json`; throws `model/bad-card`, naming the first field that is not what it must be. */
export function parseCard(bytes: Uint8Array, file: string): CrispCard {
  let card: Partial<CrispCard> | null;
  try {
    card = JSON.parse(new TextDecoder().decode(bytes)) as Partial<CrispCard> | null;
  } catch (error) {
    throw new CrispError("model/bad-card", `${file}: expected JSON, got ${(error as Error).message}. Save the model again.`);
  }
  const hint = "Save the model again.";
  if (!isObject(card)) throw expectedGot("model/bad-card", file, "a JSON object", printedJson(card), hint);
  for (const [place, [rule, fits]] of Object.entries(RULES)) {
    const value = at(card, place);
    if (!fits(value)) throw expectedGot("model/bad-card", file, `${place} to be ${rule}`, printedJson(value) ?? "nothing", hint);
  }
  return { metrics: {}, options: {}, ...card } as unknown as CrispCard;
}
