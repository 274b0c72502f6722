export { CONTRASTIVE, rateFor, secondsOf, secondsOfEpoch } from "./cost.ts";
export { huggingface } from "./huggingface.ts";
export type { ContrastiveSettings, Recipe, RecipeChoice, RecipeFacts } from "./recipe.ts";
export { recipeFor, recipes } from "./recipes.ts";
