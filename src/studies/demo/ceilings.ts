import { windowRadius } from "../../attention/index.ts";
import { idealAccuracy, type Law } from "./law.ts";

/** Nominal sparsity of the four arms. */
export const demoSparsities = [0, 0.4, 0.6, 0.8] as const;

/** Encoder layers of the demonstration; with the window they decide what [CLS] can reach. */
export const demoLayers = 2;

/** The last token position that [CLS], at position 0, can draw on: every layer carries information one radius further. */
export function reachOfCls(sparsity: number, length: number): number {
  return Math.min(length - 1, demoLayers * windowRadius(sparsity, length));
}

/** Positions of a template's opinions and its length, both counted with [CLS] in front and [SEP] behind. */
export function layout(template: string): { readonly length: number; readonly opinions: readonly number[] } {
  const tokens = ["[CLS]", ...template.split(" "), "[SEP]"];
  return { length: tokens.length, opinions: tokens.flatMap((token, at) => (token === "{opinion}" ? [at] : [])) };
}

/** Which opinions of a template [CLS] can draw on, by place in reading order. */
export function visibleOpinions(sparsity: number, template: string): number[] {
  const { length, opinions } = layout(template);
  const reach = reachOfCls(sparsity, length);
  return opinions.flatMap((at, place) => (at <= reach ? [place] : []));
}

/**
 * Accuracy of the ideal classifier that sees what [CLS] sees through a window: the mean over the equally likely templates.
 *
 * Exact. All but the opinions is drawn without a look at the label, so nothing else can help.
 *
 * @param sparsity - Nominal, in [0, 1); 0 sees the whole sentence.
 * @param templates - Of the corpus.
 * @param learned - The law behind what it learned from; the scored law itself gives the ceiling.
 * @param scored - The law behind the split it is scored on.
 * @returns Accuracy in [0, 1].
 */
export function ceilingUnder(sparsity: number, templates: readonly string[], learned: Law, scored: Law): number {
  const accuracies = templates.map((template) => idealAccuracy(learned, scored, visibleOpinions(sparsity, template)));
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / templates.length;
  // Hundreds of rounded terms: drop the digits that are rounding, so that 0.95 prints as 0.95.
  return Number(mean.toFixed(12));
}
