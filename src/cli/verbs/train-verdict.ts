import { type Baseline, MAJORITY } from "../../api/index.ts";
import { counted } from "../../errors/index.ts";
import { argmax, type ClassMetrics, type ClassScores, wilsonInterval } from "../../metrics/index.ts";

/** What a training is judged by. */
export interface Judged {
  /** [examples][C]; at least one example. */
  readonly probabilities: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly classes: Pick<ClassMetrics, "accuracy" | "classes">;
  /** Best first. */
  readonly baselines: readonly Baseline[];
}

/**
 * Why a model may not be worth using, in one line; undefined where it is better than every simple method.
 *
 * @example
 * trainVerdict({ …, classes, baselines: [{ name: MAJORITY, score: 0.5 }] }); // "learned nothing: …"
 */
export function trainVerdict({ probabilities, labels, classes, baselines }: Judged): string | undefined {
  const rows = probabilities.length;
  const { accuracy } = classes;
  const asked = classes.classes.filter(({ support }) => support > 0);
  if (asked.length === 1)
    return `not judged: all ${counted(rows, "evaluated row")} ${rows === 1 ? "has" : "have"} the label "${asked[0].label}". Evaluate rows of other labels, too.`;
  const said = new Set(probabilities.map(argmax));
  if (said.size === 1)
    return `learned nothing: it says "${labels[[...said][0]]}" to everything. Try more rows of each label, or --preset few.`;
  const majority = baselines.find(({ name }) => name === MAJORITY);
  if (majority && accuracy <= majority.score)
    return `learned nothing: no better than always the same label (${majority.score.toFixed(3)}). Are the labels right? Try more rows.`;
  if (majority && wilsonInterval(Math.round(accuracy * rows), rows).low <= majority.score)
    return `perhaps learned nothing: ${counted(rows, "row")} cannot tell ${accuracy.toFixed(3)} from always the same label (${majority.score.toFixed(3)}). Try more rows.`;
  const [best] = baselines;
  if (!best || accuracy > best.score) return undefined;
  return `not better than ${best.name} (${best.score.toFixed(3)}). Try more rows, a larger --time_budget, or a larger model.`;
}

/** The class of the lowest F1 among those that evaluated rows have: of others nothing is known. */
export const weakestOf = ({ classes }: Pick<ClassMetrics, "classes">): ClassScores =>
  classes.filter(({ support }) => support > 0).reduce((worst, scores) => (scores.f1 < worst.f1 ? scores : worst));
