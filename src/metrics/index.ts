export {
  argmax,
  atTemperature,
  brierScore,
  expectedCalibrationError,
  fitTemperature,
  logLoss,
  negativeLogLikelihood,
  type ReliabilityBin,
  type Rows,
  reliabilityBins,
  softened,
} from "./calibration.ts";
export type { Classes, ClassLabel } from "./class-counts.ts";
export { type ClassMetrics, type ClassScores, classMetrics, classScores } from "./class-metrics.ts";
export { type Average, accuracy, f1Score, precision, recall, type ScoreOptions } from "./classification.ts";
export { averageRanks, pearson, spearman } from "./correlation.ts";
export { type GlueFigures, type GlueMetric, type GlueTask, glueMetrics } from "./glue.ts";
export { matthewsCorrelation } from "./matthews.ts";
export { hammingLoss, type LabelRows, multiLabelF1, subsetAccuracy } from "./multi-label.ts";
export { meanAbsoluteError, meanSquaredError, r2 } from "./regression.ts";
export { askedOf, type RetrievalScores, retrievalScores } from "./retrieval.ts";
export { areSpanTags, type Span, type SpanScores, spanScores, spansOf, type TagRows } from "./spans.ts";
export {
  classFigures,
  multiLabelFigures,
  numberFigures,
  type TaskMetrics,
  type TaskMetricsOptions,
  type TaskScores,
  tagFigures,
} from "./task-scores.ts";
export { type Interval, wilsonInterval } from "./wilson.ts";
