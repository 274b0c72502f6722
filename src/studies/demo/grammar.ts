import type { Dataset, Example } from "../../data/index.ts";
import { permutation, uniform } from "../../random/index.ts";
import type { Law, Outcome } from "./law.ts";
import { opinions, slots } from "./words.ts";

export const labels = ["negative", "positive"] as const;

/** What a split is drawn from. */
export interface SplitRecipe {
  /** Names the stream of random numbers, and the data set in messages. */
  readonly name: string;
  readonly templates: readonly string[];
  readonly law: Law;
  /** Number of sentences. */
  readonly size: number;
  /** Whether slots are filled with words that training never shows. */
  readonly heldOut: boolean;
}

/**
 * Write the reviews of one split.
 *
 * Half of the labels are positive (the odd one out is negative). Given its label, each sentence draws what its opinions say from the
 * law, a template, and the words of the slots, no word twice. Sentence i depends on seed, name and i alone.
 *
 * @param recipe - What the split is drawn from.
 * @param seed - Any safe integer.
 * @returns The labelled sentences, lower case, punctuation set as usual.
 * @example
 * writeReviews({ name: "mine", templates: ["a {opinion} {film} ."], law: agreementLaw([0.9]), size: 10, heldOut: false }, 1);
 */
export function writeReviews(recipe: SplitRecipe, seed: number): Dataset {
  const { name, templates, law, size, heldOut } = recipe;
  const order = permutation({ seed, step: 0, site: `${name}/labels` }, size);
  const possible = labels.map((_, label) => law.filter((outcome) => outcome.label === label));
  const examples: Example[] = [];
  for (let index = 0; index < size; index++) {
    const key = { seed, step: index, site: name };
    let drawn = 0;
    const draw = (): number => uniform(key, drawn++);
    const label = order[index] % 2;
    const said = drawOutcome(possible[label], draw()).opinions;
    const template = templates[Math.floor(draw() * templates.length)];
    examples.push({ index, text: fillTemplate(template, said, heldOut, draw), label });
  }
  return { name, labels, examples };
}

function drawOutcome(possible: Law, u: number): Outcome {
  let rest = u * possible.reduce((sum, outcome) => sum + outcome.probability, 0);
  for (const outcome of possible) {
    rest -= outcome.probability;
    if (rest < 0) return outcome;
  }
  // Rounding may leave a rest of 1e-17; an outcome of probability 0 must not be the one that takes it.
  return possible.findLast((outcome) => outcome.probability > 0)!;
}

function fillTemplate(template: string, said: readonly number[], heldOut: boolean, draw: () => number): string {
  const used = new Set<string>();
  const pick = (words: readonly string[]): string => {
    const free = words.filter((word) => !used.has(word));
    const word = free[Math.floor(draw() * free.length)];
    used.add(word);
    return word;
  };
  let opinionsWritten = 0;
  const write = (token: string): string => {
    if (token === "{opinion}") return pick(opinions[said[opinionsWritten++]]);
    if (!token.startsWith("{")) return token;
    const { seen, heldOut: unseen } = slots[token.slice(1, -1)];
    return pick(heldOut ? unseen : seen);
  };
  return template
    .split(" ")
    .map(write)
    .join(" ")
    .replace(/ ([,.;:!])/g, "$1");
}
