export { BASELINE, checkStudy } from "./check-definition.ts";
export type { Arm, StudyDefinition } from "./definition.ts";
export { ceilingUnder, demoLayers, demoSparsities, reachOfCls, visibleOpinions } from "./demo/ceilings.ts";
export {
  type DemoCorpus,
  demoCorpora,
  demoSizes,
  type FreshSentence,
  type Planted,
  type PlantedVerdict,
  type WindowCeiling,
} from "./demo/corpora.ts";
export { demoEncoderConfig, demoTraining } from "./demo/settings.ts";
export { demoTokenizer, demoVocabulary } from "./demo/tokenizer.ts";
export type { StudyEnvironment } from "./environment.ts";
export { type PreparedStudy, prepareStudyIn } from "./prepare.ts";
export { arms } from "./presets/arms.ts";
export { demoStudies } from "./presets/demo.ts";
export { type TextStudy, textStudy } from "./presets/text.ts";
export type {
  ArmResult,
  AttentionMap,
  Calibration,
  Difference,
  ExploratoryDifference,
  OverSeeds,
  StudyResults,
  Verdict,
  VerdictWord,
} from "./records.ts";
export { type FinishedStudy, runStudyIn, type StudyEvent, type StudyOptions } from "./run-study.ts";
export {
  type BootstrapOptions,
  type CrossedBootstrap,
  crossedBootstrap,
  type Interval,
  meanInterval,
  type Variant,
} from "./statistics/bootstrap.ts";
export { type Components, components } from "./statistics/components.ts";
export { furtherSeeds } from "./statistics/further-seeds.ts";
export { holmLevels } from "./statistics/holm.ts";
export { type LookLevels, levelsAt } from "./statistics/looks.ts";
export { critical, studentCdf, studentQuantile } from "./statistics/quantiles.ts";
export { overSeeds, type StudyMeta, studyResults } from "./statistics/study-results.ts";
export { decide, FEWEST_SEEDS, points, verdictOn, ZONE } from "./statistics/verdict.ts";
export {
  idsOf,
  type KeptStudy,
  type RunKey,
  runName,
  type StoredRun,
  type StudyHeader,
  type StudyPlan,
  type StudyRun,
  type StudyStore,
  settleStudy,
} from "./stores/store.ts";
export { chooseTrials, type Tuned, type TuningPlan, tunedStudy, tuningStudy } from "./tuning.ts";
