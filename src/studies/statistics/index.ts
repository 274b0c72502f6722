export { type AcrossTasks, acrossTasks } from "./across-tasks/across-studies.ts";
export { type FriedmanTest, friedmanTest } from "./across-tasks/friedman.ts";
export { type MeanEffect, randomEffects, type TaskEffect } from "./across-tasks/random-effects.ts";
export {
  type BootstrapOptions,
  type CrossedBootstrap,
  crossedBootstrap,
  type Interval,
  meanInterval,
  type Variant,
} from "./bootstrap.ts";
export { type Components, components } from "./components.ts";
export { equivalenceOverSeeds } from "./equivalence.ts";
export { furtherSeeds } from "./further-seeds.ts";
export { PLANNED_EFFECTS } from "./further-tests.ts";
export { type HolmClaim, holmLevels } from "./holm.ts";
export { type LookLevels, levelsAt } from "./looks.ts";
export { type McNemarOverSeeds, type McNemarTest, mcNemarOverSeeds, mcNemarTest } from "./mcnemar.ts";
export { type Outlook, outlook } from "./outlook.ts";
export { power, type Spread, seedsFor, smallestEffect } from "./power.ts";
export { critical, normalCdf, studentCdf, studentQuantile } from "./quantiles.ts";
export { type SignFlipTest, signFlipTest } from "./sign-flip-test.ts";
export { type StochasticOrder, stochasticOrder } from "./stochastic-order.ts";
export { overSeeds, type StudyMeta, studyResults } from "./study-results.ts";
export { type DecidedWord, decide, FEWEST_SEEDS, points, verdictOn, ZONE } from "./verdict.ts";
