import { isDense } from "../attention/index.ts";
import { checkDataset } from "../data/index.ts";
import { expectedGot } from "../errors/index.ts";
import { settingRules } from "../training/index.ts";
import type { StudyDefinition } from "./definition.ts";

const { isObject } = settingRules;

/** The arm that the others are compared to. */
export const BASELINE = "dense";
/** Names become file names, on every system. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Find out before the first run what would only be noticed after the last one.
 *
 * @throws `study/bad-spec` for parts that are missing, names that are no file names or stand twice, a missing baseline or one that is not
 *   dense, seeds given twice, claims about no arm, looks out of order; `data/bad-dataset`.
 */
export function checkStudy(definition: StudyDefinition): void {
  checkParts(definition);
  const { study, arms, seeds, claims = [], looks = [], draw, data } = definition;
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw expectedGot("study/bad-spec", `study ${study}, ${what}`, expected, got);
  };
  const names = arms.map(({ name }) => name);
  const baseline = arms.find(({ name }) => name === BASELINE);
  if (!baseline) refuse("arms", `one named ${BASELINE}, which the others are compared to`, names.join(", "));
  else if (!isDense(baseline.plan)) refuse(`arm ${BASELINE}`, "the pattern dense", baseline.plan.pattern);
  for (const name of names) {
    if (!NAME.test(name)) refuse("arms", "names of letters, digits, - _ and .", name);
    if (names.filter((other) => other === name).length > 1) refuse("arms", "names that differ", `${name} twice`);
  }
  if (seeds.length === 0) refuse("seeds", "at least one seed", "none");
  seeds.forEach((seed, at) => {
    if (!(Number.isSafeInteger(seed) && seed >= 0)) refuse("seeds", "whole numbers of at least 0", seed);
    if (seeds.indexOf(seed) !== at) refuse("seeds", "each seed once", `${seed} twice`);
  });
  for (const claim of claims) {
    if (!names.includes(claim)) refuse("claims", `names of arms (${names.join(", ")})`, claim);
    if (claims.filter((other) => other === claim).length > 1) refuse("claims", "each name once", `${claim} twice`);
  }
  const rows = data.train.examples.length;
  if (draw?.rows !== undefined && !(Number.isInteger(draw.rows) && draw.rows >= 1 && draw.rows <= rows)) {
    refuse("rows", `at most ${rows}, the training examples beside those held out`, draw.rows);
  }
  looks.forEach((look, at) => {
    const before = at === 0 ? 0 : looks[at - 1];
    if (!(Number.isSafeInteger(look) && look > before)) refuse("looks", "numbers of seeds, ascending", looks.join(", "));
  });
}

/** A definition that was written by hand may lack anything. */
function checkParts(definition: StudyDefinition): void {
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw expectedGot("study/bad-spec", what, expected, got === undefined ? "none" : got);
  };
  if (!isObject(definition)) refuse("study", "a definition, such as demoStudies() or a spec gives", definition);
  const { study, arms, seeds, data, model, tokenizer, options } = definition;
  if (typeof study !== "string") refuse("study", "a name", study);
  if (!Array.isArray(arms)) refuse(`study ${study}, arms`, "a list of arms", arms);
  if (!Array.isArray(seeds)) refuse(`study ${study}, seeds`, "a list of seeds", seeds);
  for (const [name, part] of Object.entries({ data, model, tokenizer, options })) {
    if (!isObject(part)) refuse(`study ${study}, ${name}`, "an object", part);
  }
  for (const name of ["train", "reported"] as const) {
    if (!isObject(data[name])) refuse(`study ${study}, data.${name}`, "a data set", data[name]);
  }
  for (const dataset of [data.train, data.selection, data.reported]) if (dataset) checkDataset(dataset);
}
