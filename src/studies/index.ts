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
export { disagreementsOf } from "./disagreements.ts";
export type { OtherStudy } from "./elsewhere.ts";
export type { StudyEnvironment } from "./environment.ts";
export { type FigureRow, figureRows, type PredictionRow, predictionRows } from "./long-format.ts";
export { type PreparedStudy, prepareStudyIn } from "./prepare.ts";
export { arms } from "./presets/arms.ts";
export { demoStudies } from "./presets/demo.ts";
export { type TextStudy, textStudy } from "./presets/text.ts";
export type {
  ArmResult,
  AttentionMap,
  Calibration,
  Difference,
  Disagreements,
  ExploratoryDifference,
  FurtherTests,
  NoVerdict,
  OverSeeds,
  StudyResults,
  Verdict,
  VerdictWord,
} from "./records.ts";
export { type FinishedStudy, runStudyIn, type StudyEvent, type StudyOptions, workOnStudyIn } from "./run-study.ts";
export { type AcrossTasks, acrossTasks } from "./statistics/across-tasks/across-studies.ts";
export { type FriedmanTest, friedmanTest } from "./statistics/across-tasks/friedman.ts";
export { type MeanEffect, randomEffects, type TaskEffect } from "./statistics/across-tasks/random-effects.ts";
export {
  type BootstrapOptions,
  type CrossedBootstrap,
  crossedBootstrap,
  type Interval,
  meanInterval,
  type Variant,
} from "./statistics/bootstrap.ts";
export { type Components, components } from "./statistics/components.ts";
export { equivalenceOverSeeds } from "./statistics/equivalence.ts";
export { furtherSeeds } from "./statistics/further-seeds.ts";
export { PLANNED_EFFECTS } from "./statistics/further-tests.ts";
export { type HolmClaim, holmLevels } from "./statistics/holm.ts";
export { type LookLevels, levelsAt } from "./statistics/looks.ts";
export { type McNemarOverSeeds, type McNemarTest, mcNemarOverSeeds, mcNemarTest } from "./statistics/mcnemar.ts";
export { type Outlook, outlook } from "./statistics/outlook.ts";
export { type PlannedLook, reachedLook, verdictsAt } from "./statistics/planned-look.ts";
export { power, type Spread, seedsFor, smallestEffect } from "./statistics/power.ts";
export { critical, normalCdf, studentCdf, studentQuantile } from "./statistics/quantiles.ts";
export { type SignFlipTest, signFlipTest } from "./statistics/sign-flip-test.ts";
export { type StochasticOrder, stochasticOrder } from "./statistics/stochastic-order.ts";
export { overSeeds, type StudyMeta, studyResults } from "./statistics/study-results.ts";
export { type DecidedWord, decide, FEWEST_SEEDS, points, verdictOn, ZONE } from "./statistics/verdict.ts";
export { type StudyStatus, secondsLeft, type WorkerStatus } from "./stores/status.ts";
export {
  type AskedRuns,
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
