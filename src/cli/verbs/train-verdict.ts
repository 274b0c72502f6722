import { type Baseline, MAJORITY } from "../../api/index.ts";
import { counted } from "../../errors/index.ts";
import { argmax, wilsonInterval } from "../../metrics/index.ts";

/** What a training is judged by. */
export interface Judged {
  /** [examples][C]; at least one example. */
  readonly probabilities: readonly (readonly number[])[];
  readonly labels: readonly string[];
  /** Accuracy in [0, 1]. */
  readonly accuracy: number;
  /** Best first. */
  readonly baselines: readonly Baseline[];
}

/**
 * Why a model may not be worth using, in one line; undefined where it is better than every simple method.
 *
 * @example
 * trainVerdict({ …, accuracy: 0.5, baselines: [{ name: MAJORITY, score: 0.5 }] }); // "learned nothing: …"
 */
export function trainVerdict({ probabilities, labels, accuracy, baselines }: Judged): string | undefined {
  const rows = probabilities.length;
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
