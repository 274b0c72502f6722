export { centredRegression } from "./centred.ts";
export { crossPredicted } from "./cross-predicted.ts";
export { type Fold, folds } from "./folds.ts";
export {
  classify,
  type LinearClassifier,
  type LogisticOptions,
  logisticRegression,
  probabilitiesOf,
} from "./logistic-regression.ts";
export { type MinimiseOptions, minimise, type Objective } from "./minimise.ts";
export { denseRows, type FeatureRows } from "./rows.ts";
export { fitTfIdf, type TfIdf } from "./tf-idf.ts";
