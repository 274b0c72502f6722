import { readFileSync } from "node:fs";
import { parsePattern } from "../attention/index.ts";
import { CrispError, expectedGot } from "../errors/index.ts";
import type { PlanSpec } from "../runs/index.ts";
import type { Arm } from "./definition.ts";

/** A study's spec as JSON; command-line options of the same names override it. */
export interface StudyFile {
  readonly study?: string;
  readonly model?: string;
  readonly train_file?: string;
  readonly validation_file?: string;
  readonly arms?: readonly ({ readonly name: string } & PlanSpec)[];
  readonly seeds?: readonly number[];
  /** Arms named beforehand; the others stay exploratory. */
  readonly claims?: readonly string[];
  /** Planned numbers of seeds at which results are judged. */
  readonly looks?: readonly number[];
}

const kinds: Readonly<Record<keyof StudyFile, string>> = {
  study: "a name",
  model: "a model folder",
  train_file: "a file",
  validation_file: "a file",
  arms: 'a list of { "name", "pattern" }, with "normaliser", "dropout", "layers", "heads", "rampSteps" where wanted',
  seeds: "a list of whole numbers",
  claims: "a list of arm names",
  looks: "a list of whole numbers, ascending",
};

/**
 * Read a study's spec.
 *
 * @throws `study/bad-spec` for a key or value it cannot have; `pattern/…` for a bad pattern.
 * @example
 * readStudyFile("study.json").arms; // [{ name: "dense", pattern: "dense" }, …]
 */
export function readStudyFile(path: string): StudyFile {
  let spec: Record<string, unknown>;
  try {
    spec = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  } catch (error) {
    const hint = "Labelled texts go by another ending, such as .jsonl, or with --train_file.";
    throw new CrispError("study/bad-spec", `${path}: expected a study's spec in JSON, got ${(error as Error).message}. ${hint}`);
  }
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw expectedGot("study/bad-spec", path, "a JSON object", JSON.stringify(spec));
  }
  for (const [key, value] of Object.entries(spec)) {
    const rule = kinds[key as keyof StudyFile];
    if (!rule) throw expectedGot("study/bad-spec", path, `keys among ${Object.keys(kinds).join(", ")}`, key);
    if (!fits(key as keyof StudyFile, value)) throw expectedGot("study/bad-spec", `${path}, ${key}`, rule, JSON.stringify(value));
  }
  return spec as StudyFile;
}

const wholeNumbers = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger);

/** A misspelt key must not be passed over: the pattern would apply everywhere. */
const isArm = (arm: Readonly<Record<string, unknown>> | null): boolean =>
  typeof arm?.name === "string" &&
  typeof arm.pattern === "string" &&
  Object.keys(arm).every((key) => ["name", "pattern", "normaliser", "dropout", "layers", "heads", "rampSteps"].includes(key)) &&
  [arm.layers, arm.heads].every((list) => list === undefined || wholeNumbers(list)) &&
  [arm.normaliser, arm.dropout].every((name) => name === undefined || typeof name === "string") &&
  (arm.rampSteps === undefined || Number.isSafeInteger(arm.rampSteps));

function fits(key: keyof StudyFile, value: unknown): boolean {
  if (key === "arms") {
    return Array.isArray(value) && value.length > 0 && value.every(isArm);
  }
  if (key === "seeds" || key === "looks") return wholeNumbers(value);
  // it names the folder
  if (key === "study") return typeof value === "string" && /^[^/\\]+$/.test(value) && !/^\.+$/.test(value);
  if (key === "claims") return Array.isArray(value) && value.every((name) => typeof name === "string");
  return typeof value === "string" && value !== "";
}

/** The arms of a spec; each pattern is checked. */
export const armsOf = (arms: NonNullable<StudyFile["arms"]>): Arm[] =>
  arms.map(({ name, pattern, ...where }) => {
    const { id, nominalSparsity } = parsePattern(pattern);
    return { name, plan: { pattern: id, ...where }, nominalSparsity: nominalSparsity ?? 0 };
  });
