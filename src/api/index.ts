export type { AdapterBase } from "./classifier/adapter-base.ts";
export {
  type CrispCard,
  type EncodedText,
  type ImageInputFile,
  type Prediction,
  TextClassifier,
  type TextInput,
} from "./classifier/classifier.ts";
export { classifierFromFiles } from "./classifier/classifier-files.ts";
export { demoEncoder, type FreshModel, type PreparedFreshModel, prepareFreshModel } from "./fresh-model.ts";
export type { NamedFiles } from "./input-files.ts";
export type { ModelFiles } from "./model-files.ts";
export { type Baseline, MAJORITY } from "./training/baselines.ts";
export { type LengthSettings, type LongTextFacts, readLongTexts } from "./training/choose-length.ts";
export { type ChosenRecipe, chooseRecipe, DEFAULT_TIME_BUDGET, type RecipeSettings } from "./training/choose-recipe.ts";
export type { FasterAttention } from "./training/faster-attention.ts";
export type { TextTrainResult, TextTrainSettings, TrainEvent } from "./training/train-settings.ts";
export { limited } from "./training/train-text.ts";
export { VERSION } from "./version.ts";
