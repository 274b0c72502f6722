import type { Dataset, InputText } from "../data/index.ts";
import { argmax, wilsonInterval } from "../metrics/index.ts";
import { findAcrossLabels } from "./across-labels.ts";
import { findLabelErrors } from "./confident-learning.ts";
import type { JudgedRows } from "./judged-rows.ts";
import { chooseNext } from "./label-next.ts";
import type { UnitVector } from "./nearest.ts";
import { findOutliers } from "./outliers.ts";
import type { Audit, AuditedRow, AuditMethod, FoundToLabel } from "./records.ts";
import { byQuarter, judgeSlices, type SliceKind } from "./slices.ts";

/** Texts without labels, and what a model of the labelled ones says of them. */
export interface UnlabelledTexts {
  /** Name of the file. */
  readonly data: string;
  readonly texts: readonly InputText[];
  /** [texts][D], of length 1. */
  readonly features: readonly UnitVector[];
  /** [texts][judged classes] */
  readonly probabilities: readonly (readonly number[])[];
}

/** All that an audit follows from. */
export interface AuditInput {
  /** Labelled rows, each of one class. */
  readonly dataset: Dataset;
  /** Line of each row in the file. */
  readonly lines: readonly number[];
  /** What an encoder that has seen no label says of each text: [rows][D], of length 1. */
  readonly features: readonly UnitVector[];
  /** Tokens of each text. */
  readonly lengths: readonly number[];
  /** See `judgedRows`. */
  readonly judged: JudgedRows;
  /** Of the judged rows, each by a model that has not seen it: [judged rows][judged classes]. */
  readonly probabilities: readonly (readonly number[])[];
  /** Further ways in which rows belong together, e.g. by their source. */
  readonly kinds: readonly SliceKind[];
  readonly unlabelled?: UnlabelledTexts;
  /** How many of those are wanted. */
  readonly toLabel: number;
  readonly method: AuditMethod;
}

/** Put together what is to be said of labelled rows; pure: the model has spoken before. */
export function auditRows(input: AuditInput): Audit {
  const { dataset, lines, features, lengths, judged, probabilities, kinds, unlabelled, toLabel, method } = input;
  const { labels } = judged.dataset;
  const rowAt = (at: number): AuditedRow => {
    const { index: row, text, pair, label } = dataset.examples[at];
    return { row, line: lines[at], text, ...(pair !== undefined && { pair }), label: dataset.labels[label] };
  };

  const given = judged.dataset.examples.map(({ label }) => label);
  const { likely, ...facts } = findLabelErrors(given, probabilities);
  const scoresOf = (place: number) => {
    const own = probabilities[place];
    const said = argmax(own);
    return { suggested: labels[said], labelScore: own[given[place]], suggestedScore: own[said] };
  };
  const outliers = findOutliers(features, { seed: method.seed });
  const right = given.map((label, place) => argmax(probabilities[place]) === label);
  const sum = right.filter(Boolean).length;
  const ofJudged = (values: readonly (string | undefined)[]) => judged.places.map((at) => values[at]);
  const placeOf = new Map(judged.places.map((at, place) => [at, place]));
  return {
    data: dataset.name,
    columns: dataset.columns ?? { text: "text" },
    rows: dataset.examples.length,
    classes: dataset.labels.map((label, at) => ({ label, rows: judged.counts[at], judged: labels.includes(label) })),
    method,
    accuracy: { right: sum, rows: right.length, interval: wilsonInterval(sum, right.length) },
    labelErrors: {
      labels,
      ...facts,
      found: likely.map((place) => ({ ...rowAt(judged.places[place]), ...scoresOf(place) })),
    },
    nearDuplicates: findAcrossLabels(dataset).map(({ at, of, equal }) => ({ ...rowAt(at), of: rowAt(of), equal })),
    outliers: {
      fence: outliers.fence,
      found: outliers.found.map((at) => ({ ...rowAt(at), distance: outliers.distances[at] })),
    },
    ...(unlabelled && {
      toLabel: { data: unlabelled.data, rows: unlabelled.texts.length, found: chosenTexts(unlabelled, labels, toLabel) },
    }),
    slices: judgeSlices(
      right,
      [
        { by: "class", values: dataset.examples.map(({ label }) => dataset.labels[label]) },
        { by: "length", values: byQuarter(lengths, "tokens") },
        ...kinds,
      ].map(({ by, values }) => ({ by, values: ofJudged(values) })),
    ),
    scores: dataset.examples.map((_, at) => {
      const { row, line, label } = rowAt(at);
      const place = placeOf.get(at);
      const unknown = { labelScore: null, suggested: null, suggestedScore: null };
      return { row, line, label, ...(place === undefined ? unknown : scoresOf(place)), distance: outliers.distances[at] };
    }),
  };
}

function chosenTexts(
  { texts, features, probabilities }: UnlabelledTexts,
  labels: readonly string[],
  most: number,
): readonly FoundToLabel[] {
  return chooseNext(probabilities, features, most).map(({ at, margin }) => {
    const { line, text, pair } = texts[at];
    const said = argmax(probabilities[at]);
    const suggested = { suggested: labels[said], suggestedScore: probabilities[at][said] };
    return { line, text, ...(pair !== undefined && { pair }), ...suggested, margin };
  });
}
