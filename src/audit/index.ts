export { type AcrossLabels, findAcrossLabels } from "./across-labels.ts";
export { type AuditInput, auditRows, type UnlabelledTexts } from "./audit-rows.ts";
export { findLabelErrors, type LabelErrors } from "./confident-learning.ts";
export { type JudgedRows, judgedRows } from "./judged-rows.ts";
export { chooseNext, type NextToLabel } from "./label-next.ts";
export type { UnitVector } from "./nearest.ts";
export { findOutliers, type Outliers } from "./outliers.ts";
export type {
  Audit,
  AuditedClass,
  AuditedRow,
  AuditMethod,
  FoundLabelError,
  FoundNearDuplicate,
  FoundOutlier,
  FoundToLabel,
  RowScores,
} from "./records.ts";
export { byQuarter, judgeSlices, type Slice, type SliceKind } from "./slices.ts";
export { fitTexts, predictFolds, type ReadTexts } from "./text-regression.ts";
