import { type Baseline, MAJORITY } from "../../api/index.ts";
import { argmax } from "../../metrics/index.ts";

/** What a training is judged by. */
export interface Judged {
  /** [examples][C] */
  readonly probabilities: readonly (readonly number[])[];
  readonly labels: readonly string[];
  /** Accuracy in [0, 1]. */
  readonly accuracy: number;
  /** Best first. */
  readonly baselines: readonly Baseline[];
}

/**
 * Whether a model is worth using, in one line; undefined where it is better than every simple method.
 *
 * @example
 * trainVerdict({ …, accuracy: 0.5, baselines: [{ name: "majority class", score: 0.5 }] }); // "learned nothing: …"
 */
export function trainVerdict({ probabilities, labels, accuracy, baselines }: Judged): string | undefined {
  const said = new Set(probabilities.map(argmax));
  if (said.size === 1)
    return `learned nothing: it says "${labels[[...said][0]]}" to everything. Try more rows of each label, or --preset few.`;
  const [best] = baselines;
  if (!best || accuracy > best.score) return undefined;
  const majority = baselines.find(({ name }) => name === MAJORITY);
  if (majority && accuracy <= majority.score)
    return `learned nothing: no better than always the same label (${majority.score.toFixed(3)}). Are the labels right? More rows may help.`;
  return `not better than ${best.name} (${best.score.toFixed(3)}). Try more rows, --time_budget 1200, or a larger model.`;
}
