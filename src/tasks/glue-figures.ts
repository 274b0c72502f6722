import { type GlueTask, glueMetrics, type TaskScores } from "../metrics/index.ts";

/** A task's own figures, and those of GLUE, which then choose the best model. */
export function withGlue(
  own: TaskScores,
  glue: GlueTask | undefined,
  predicted: readonly number[],
  actual: readonly number[],
): TaskScores {
  if (!glue) return own;
  const metric = glueMetrics[glue];
  const figures = metric.compute(predicted, actual);
  return { figures: { ...own.figures, ...figures }, primary: metric.primary, score: metric.score(figures) };
}
