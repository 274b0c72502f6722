import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parsePattern } from "../../attention/index.ts";
import { CrispError, expectedGot, nearest } from "../../errors/index.ts";
import { apiName, type TrainingOptions } from "../../training/index.ts";
import type { Arm } from "../definition.ts";
import type { ArmSpec, OptionsSpec, StudySpec } from "./schema.ts";

/** Endings of files that hold a spec: JSON, or a module whose default export it is. */
export const SPEC_FILE = /\.(json|[cm]?[jt]s)$/;

/**
 * Read a study's spec, from JSON or from a module of TypeScript or JavaScript, which is run.
 *
 * @throws `study/bad-spec` for a key or value it cannot have.
 * @example
 * (await readStudySpec("study.json")).arms; // [{ name: "dense", pattern: "dense" }, …]
 */
export const readStudySpec = async (path: string): Promise<StudySpec> => checkSpec(path, await contentOf(path), await schema());

// some 90 ms of every start otherwise, which few need
const schema = async (): Promise<Schema> => (await import("./schema.ts")).studySchema;
type Schema = typeof import("./schema.ts").studySchema;

/** See `studyJsonSchema` in schema.ts. */
export const studyJsonSchema = async (): Promise<object> => (await import("./schema.ts")).studyJsonSchema();

async function contentOf(path: string): Promise<unknown> {
  const hint = "Labelled texts go by another ending, such as .jsonl, or with --train_file.";
  const what = path.endsWith(".json") ? "a study's spec in JSON" : "a module whose default export is a study's spec";
  try {
    if (path.endsWith(".json")) return JSON.parse(readFileSync(path, "utf8"));
    const module: { readonly default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    return module.default;
  } catch (error) {
    throw new CrispError("study/bad-spec", `${path}: expected ${what}, got ${(error as Error).message}. ${hint}`);
  }
}

/** @param where - For messages. @throws `study/bad-spec`, naming the first key at fault. */
function checkSpec(where: string, content: unknown, studySchema: Schema): StudySpec {
  const { success, data, error } = studySchema.safeParse(content);
  if (!success) {
    // a misspelt key is the reason why another one is missing
    const issue = error.issues.find(({ code }) => code === "unrecognized_keys") ?? error.issues[0];
    const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
    const at = `${where}${path && `, ${path.slice(1)}`}`;
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(issue.path, studySchema);
      const guess = nearest(issue.keys[0], known);
      throw expectedGot("study/bad-spec", at, `keys among ${known.join(", ")}`, issue.keys[0], guess && `Did you mean ${guess}?`);
    }
    const got = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], content);
    const rule = issue.message
      .replace(/^Invalid input: /, "")
      .replace(/, received .*$/, "")
      .replace(/^expected /, "");
    throw expectedGot("study/bad-spec", at, rule, JSON.stringify(got) ?? "nothing");
  }
  const { model, models, train_file, validation_file, tasks } = data;
  for (const [one, many, keys] of [
    [model, models, "model or models"],
    [train_file ?? validation_file, tasks, "train_file and validation_file, or tasks"],
  ] as const) {
    if (one !== undefined && many !== undefined) throw expectedGot("study/bad-spec", where, keys, "both");
  }
  const { tuning, seeds = [] } = data;
  const shared = tuning?.seeds.find((seed) => seeds.includes(seed));
  if (shared !== undefined) {
    throw expectedGot("study/bad-spec", `${where}, tuning.seeds`, "seeds that no reported run has", shared);
  }
  return data;
}

/** Keys that a spec may have at a place. */
function keysAt(path: readonly PropertyKey[], whole: Schema): string[] {
  let schema: unknown = whole;
  const inner = (each: unknown): unknown => {
    const { def } = each as { def: { type: string; innerType?: unknown } };
    return def.innerType ? inner(def.innerType) : each;
  };
  for (const part of path) {
    const { def } = inner(schema) as { def: { element?: unknown; shape?: Record<PropertyKey, unknown> } };
    schema = typeof part === "number" ? def.element : def.shape?.[part];
  }
  return Object.keys((inner(schema) as { def: { shape: object } }).def.shape);
}

/** Training options under their API names. */
export const optionsOf = (spec: OptionsSpec = {}): Partial<TrainingOptions> =>
  Object.fromEntries(Object.entries(spec).map(([name, value]) => [apiName(name), value]));

/** The arms of a spec; each pattern is checked. */
export const armsOf = (arms: readonly ArmSpec[]): Arm[] =>
  arms.map(({ name, pattern, options, ...where }) => {
    const { id, nominalSparsity } = parsePattern(pattern);
    const plan = { pattern: id, ...where };
    return { name, plan, nominalSparsity: nominalSparsity ?? 0, ...(options && { options: optionsOf(options) }) };
  });
