import { expectedGot } from "../errors/index.ts";
import type { StudyDefinition } from "./definition.ts";

/** The configuration that the others are compared to. */
const BASELINE = "dense";
/** Names become file names, on every system. */
const NAME = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Find out before the first run what would only be noticed after the last one.
 *
 * @throws `study/bad-spec` for names that are no file names or stand twice, a missing baseline or one that is not dense, seeds given
 *   twice, claims about no configuration, looks out of order.
 */
export function checkStudy({ study, configurations, seeds, claims = [], looks = [] }: StudyDefinition): void {
  const refuse = (what: string, expected: string, got: unknown): never => {
    throw expectedGot("study/bad-spec", `study ${study}, ${what}`, expected, got);
  };
  const names = configurations.map(({ name }) => name);
  const baseline = configurations.find(({ name }) => name === BASELINE);
  if (!baseline) refuse("configurations", `one named ${BASELINE}, which the others are compared to`, names.join(", "));
  else if (baseline.plan.pattern !== "dense") refuse(`configuration ${BASELINE}`, "the pattern dense", baseline.plan.pattern);
  for (const name of names) {
    if (!NAME.test(name)) refuse("configurations", "names of letters, digits, - _ and .", name);
    if (names.filter((other) => other === name).length > 1) refuse("configurations", "names that differ", `${name} twice`);
  }
  if (seeds.length === 0) refuse("seeds", "at least one seed", "none");
  seeds.forEach((seed, at) => {
    if (!(Number.isSafeInteger(seed) && seed >= 0)) refuse("seeds", "whole numbers of at least 0", seed);
    if (seeds.indexOf(seed) !== at) refuse("seeds", "each seed once", `${seed} twice`);
  });
  for (const claim of claims) {
    if (!names.includes(claim)) refuse("claims", `names of configurations (${names.join(", ")})`, claim);
    if (claims.filter((other) => other === claim).length > 1) refuse("claims", "each name once", `${claim} twice`);
  }
  looks.forEach((look, at) => {
    const before = at === 0 ? 0 : looks[at - 1];
    if (!(Number.isSafeInteger(look) && look > before)) refuse("looks", "numbers of seeds, ascending", looks.join(", "));
  });
}
