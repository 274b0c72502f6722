import type { Dataset } from "../../data/index.ts";
import { ceilingUnder, demoSparsities } from "./ceilings.ts";
import { writeReviews } from "./grammar.ts";
import { agreementLaw, type Law, majorityLaw } from "./law.ts";
import { distractorTemplates, everyWordTemplates } from "./templates.ts";

export type PlantedVerdict = "supported" | "contradicted" | "not supported";

/** What must come out, written down before the first run (docs/demo-corpora.md). */
export interface Planted {
  /** Verdict on "more accurate than dense" for each of the three sparse arms. */
  readonly expected: PlantedVerdict;
  /** The best accuracy that anybody can reach on the reported split, from the grammar; in [0, 1]. */
  readonly ceiling: number;
  /** The same for people, in one sentence. */
  readonly sentence: string;
  /** The exact ceilings of a classifier that sees no more than [CLS] does through a window, for 0, 0.4, 0.6 and 0.8. */
  readonly underWindow: readonly WindowCeiling[];
}

export interface WindowCeiling {
  /** Nominal, in [0, 1). */
  readonly sparsity: number;
  /** Best reachable accuracy on the reported split. */
  readonly ceiling: number;
  /** Accuracy on the reported split of the classifier that is ideal for the *training* split. */
  readonly learnedFromTraining: number;
}

export interface FreshSentence {
  readonly text: string;
  /** What the sentence says, without label noise. */
  readonly label: number;
}

export interface DemoCorpus {
  readonly name: "distractors" | "every-word" | "dense-against-dense";
  readonly title: string;
  readonly train: Dataset;
  /** Drawn like `train`, as a part held out of somebody's own file would be. */
  readonly selection: Dataset;
  readonly reported: Dataset;
  readonly planted: Planted;
  /** Five sentences of no split, with words that training never shows. */
  readonly freshSentences: readonly FreshSentence[];
}

/** Everything a corpus follows from, beside the seed. */
export interface Recipe {
  readonly templates: readonly string[];
  /** Of the training and the selection split. */
  readonly trainLaw: Law;
  readonly reportedLaw: Law;
  /** Without noise in the labels. */
  readonly freshLaw: Law;
}

/** The verdict at the start is right 9 times in 10 everywhere; the two far remarks agree with the label in training only. */
export const distractors: Recipe = {
  templates: distractorTemplates,
  trainLaw: agreementLaw([0.9, 0.85, 0.85]),
  reportedLaw: agreementLaw([0.9, 0.5, 0.5]),
  freshLaw: agreementLaw([1, 0.5, 0.5]),
};

/** The label is what most of seven opinions say, 19 times in 20, in all splits. */
export const everyWord: Recipe = {
  templates: everyWordTemplates,
  trainLaw: majorityLaw(7, 0.05),
  reportedLaw: majorityLaw(7, 0.05),
  freshLaw: majorityLaw(7, 0),
};

/** Sentences a split; chosen in trials so that a run takes seconds and dense attention stays below the ceiling. */
export const demoSizes = { train: 800, selection: 400, reported: 1000, fresh: 5 } as const;

/** The date of the paper: one fixed text for everybody; seeds of a study vary the training, not the corpus. */
const corpusSeed = 20250806;

function write(site: string, recipe: Recipe, seed: number) {
  const { templates, trainLaw, reportedLaw, freshLaw } = recipe;
  const split = (part: keyof typeof demoSizes, law: Law, heldOut: boolean): Dataset =>
    writeReviews({ name: `demo ${site} ${part}`, templates, law, size: demoSizes[part], heldOut }, seed);
  return {
    train: split("train", trainLaw, false),
    selection: split("selection", trainLaw, false),
    reported: split("reported", reportedLaw, true),
    freshSentences: split("fresh", freshLaw, true).examples.map(({ text, label }) => ({ text, label })),
  };
}

function underWindow({ templates, trainLaw, reportedLaw }: Recipe): WindowCeiling[] {
  return demoSparsities.map((sparsity) => ({
    sparsity,
    ceiling: ceilingUnder(sparsity, templates, reportedLaw, reportedLaw),
    learnedFromTraining: ceilingUnder(sparsity, templates, trainLaw, reportedLaw),
  }));
}

/**
 * The three planted studies of the preset `demo`, written from a seed by the grammar of docs/demo-corpora.md.
 *
 * They calibrate the instrument and say nothing about real text: in the first a sliding window must help, in the second it must hurt,
 * in the third nothing is compared with nothing.
 *
 * @param seed - Of the text; leave it alone to get the corpora that the documentation describes.
 * @returns `distractors`, `every-word`, `dense-against-dense`; the last one holds the first one's sentences.
 * @example
 * for (const { title, planted } of demoCorpora()) console.log(title, planted.expected, planted.ceiling);
 */
export function demoCorpora(seed: number = corpusSeed): DemoCorpus[] {
  const far = underWindow(distractors);
  const every = underWindow(everyWord);
  const farText = write("distractors", distractors, seed);
  return [
    {
      name: "distractors",
      title: "Far-away distractors",
      ...farText,
      planted: {
        expected: "supported",
        ceiling: far[0].ceiling,
        sentence:
          "Two remarks at the far end agree with the label in training only: attention that cannot reach them must be more accurate.",
        underWindow: far,
      },
    },
    {
      name: "every-word",
      title: "Every word counts",
      ...write("every-word", everyWord, seed),
      planted: {
        expected: "contradicted",
        ceiling: every[0].ceiling,
        sentence:
          "The label is what most of seven scattered opinions say: attention that cannot reach them all must be less accurate.",
        underWindow: every,
      },
    },
    {
      name: "dense-against-dense",
      title: "Dense against dense",
      ...farText,
      planted: {
        expected: "not supported",
        ceiling: far[0].ceiling,
        sentence: "All arms are dense and differ in their random streams alone: nothing may be found.",
        underWindow: far.slice(0, 1),
      },
    },
  ];
}
