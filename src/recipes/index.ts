export { secondsOf } from "./cost.ts";
export type { ContrastiveSettings, Recipe, RecipeChoice, RecipeFacts } from "./recipe.ts";
export { recipeFor, recipes } from "./recipes.ts";
