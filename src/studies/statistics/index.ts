export {
  type BootstrapOptions,
  type CrossedBootstrap,
  crossedBootstrap,
  type Interval,
  meanInterval,
  type Variant,
} from "./bootstrap.ts";
export { type Components, components } from "./components.ts";
export { furtherSeeds } from "./further-seeds.ts";
export { holmLevels } from "./holm.ts";
export { type LookLevels, levelsAt } from "./looks.ts";
export { critical, studentCdf, studentQuantile } from "./quantiles.ts";
export { overSeeds, type StudyMeta, studyResults } from "./study-results.ts";
export { decide, FEWEST_SEEDS, points, verdictOn, ZONE } from "./verdict.ts";
