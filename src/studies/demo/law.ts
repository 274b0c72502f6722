/**
 * What is planted, as exact probabilities. The generator draws from these tables and the ceilings are sums over them, so that neither can
 * drift from the other.
 */

/** One way a sentence can come out: its label and what each of its opinions says, in reading order; 0 negative, 1 positive. */
export interface Outcome {
  readonly label: number;
  readonly opinions: readonly number[];
  readonly probability: number;
}

/** Every outcome, once; the probabilities add up to 1, and both labels are equally likely. */
export type Law = readonly Outcome[];

/** Every assignment of 0 and 1 to `count` opinions. */
function assignments(count: number): number[][] {
  return Array.from({ length: 2 ** count }, (_, bits) => Array.from({ length: count }, (_, i) => (bits >> i) & 1));
}

/**
 * Each opinion agrees with the label at its own rate, independently of the others given the label.
 *
 * `P(y, o₁…o_m) = ½ · Π aᵢ^[oᵢ = y] · (1 − aᵢ)^[oᵢ ≠ y]`
 *
 * @param agreement - One rate in [0, 1] an opinion, in reading order.
 * @example
 * agreementLaw([0.9, 0.5]); // the first opinion is right nine times in ten, the second says nothing
 */
export function agreementLaw(agreement: readonly number[]): Law {
  return [0, 1].flatMap((label) =>
    assignments(agreement.length).map((opinions) => ({
      label,
      opinions,
      probability: opinions.reduce((p, opinion, i) => p * (opinion === label ? agreement[i] : 1 - agreement[i]), 0.5),
    })),
  );
}

/**
 * The opinions are fair coins; the label is what most of them say, turned round at the rate `noise`.
 *
 * @param count - Number of opinions, odd, so that there are no ties.
 * @param noise - Share of labels that contradict the majority, in [0, 0.5).
 */
export function majorityLaw(count: number, noise: number): Law {
  return [0, 1].flatMap((label) =>
    assignments(count).map((opinions) => {
      const majority = Number(opinions.reduce((sum, o) => sum + o, 0) * 2 > count);
      return { label, opinions, probability: (majority === label ? 1 - noise : noise) / 2 ** count };
    }),
  );
}

/**
 * Accuracy of the ideal classifier that knows `learned` exactly and sees some of the opinions.
 *
 * `Σ_v P_scored(v, argmax_y P_learned(y, v))` over what the visible opinions v can say. Exact: nothing is simulated.
 * With both laws the same, this is the best accuracy anybody can reach (the Bayes ceiling).
 *
 * @param learned - The law behind the examples it learned from.
 * @param scored - The law behind the examples it is scored on.
 * @param visible - Which opinions it sees, by place in reading order.
 * @returns Accuracy in [0, 1].
 * @example
 * idealAccuracy(law, law, [0]); // the ceiling of a reader who stops after the first opinion
 */
export function idealAccuracy(learned: Law, scored: Law, visible: readonly number[]): number {
  const decide = idealClassifier(learned, visible);
  return scored.reduce((sum, o) => sum + (decide(visible.map((i) => o.opinions[i])) === o.label ? o.probability : 0), 0);
}

/** The classifier behind `idealAccuracy`: from what the visible opinions say to a label. */
export function idealClassifier(learned: Law, visible: readonly number[]): (said: readonly number[]) => number {
  const evidence = new Map<string, number>();
  for (const { label, opinions, probability } of learned) {
    const key = visible.map((i) => opinions[i]).join("");
    evidence.set(key, (evidence.get(key) ?? 0) + (label === 1 ? probability : -probability));
  }
  return (said) => Number((evidence.get(said.join("")) ?? 0) > 0);
}
