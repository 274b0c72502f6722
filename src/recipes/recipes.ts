import { expectedGot, nearest } from "../errors/index.ts";
import { few } from "./few.ts";
import { huggingface } from "./huggingface.ts";
import { many } from "./many.ts";
import { pairs } from "./pairs.ts";
import type { Recipe, RecipeFacts } from "./recipe.ts";
import { some } from "./some.ts";

/** Every recipe, in the order in which they are asked whether they fit. */
export const recipes: readonly Recipe[] = [pairs, few, some, many, huggingface];

/**
 * The recipe of a name, or the one that fits the data.
 *
 * @param preset - A recipe's name, or `auto`.
 * @throws `training/bad-option` for another name.
 */
export function recipeFor(preset: string, facts: RecipeFacts): Recipe {
  if (preset === "auto") return recipes.find((recipe) => recipe.fits(facts))!;
  const named = recipes.find(({ name }) => name === preset);
  if (named) return named;
  const names = ["auto", ...recipes.map(({ name }) => name)];
  const guess = nearest(preset, names);
  throw expectedGot("training/bad-option", "preset", `one of ${names.join(", ")}`, preset, guess && `Did you mean ${guess}?`);
}
