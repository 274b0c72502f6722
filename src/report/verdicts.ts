import type { ConfigurationResult, StudyResults, VerdictWord } from "../experiments/records.ts";
import { capital, inWords, listed } from "./format.ts";
import { type Html, html } from "./html.ts";

/** A sign beside each word, so that colour never carries the meaning alone. */
export const SIGNS: Readonly<Record<VerdictWord, string>> = {
  supported: "▲",
  contradicted: "▼",
  "no difference": "≈",
  undecided: "?",
  baseline: "●",
  "no verdict": "–",
};

export const verdictPill = (word: VerdictWord): Html =>
  html`<span class="pill ${word.replace(" ", "-")}"><span aria-hidden="true">${SIGNS[word]}</span> ${word}</span>`;

const compared = (results: StudyResults): ConfigurationResult[] =>
  results.configurations.filter((c) => c.name !== results.baseline);

/**
 * The study in one plain sentence, from its verdict words alone.
 *
 * @example headline(results) // "On SST-2, aggressive_sparse is more accurate than dense; the other two are undecided."
 */
export function headline(results: StudyResults): string {
  const all = compared(results);
  const on = results.synthetic ? "On this synthetic corpus" : `On ${results.corpus}`;
  if (all.length === 0) return `${on}, there was nothing to compare with ${results.baseline}.`;
  const groups: [VerdictWord, string, string][] = [
    ["supported", `is more accurate than ${results.baseline}`, `are more accurate than ${results.baseline}`],
    ["contradicted", `is less accurate than ${results.baseline}`, `are less accurate than ${results.baseline}`],
    [
      "no difference",
      `is as accurate as ${results.baseline}, within half a point`,
      `are as accurate as ${results.baseline}, within half a point`,
    ],
    ["undecided", `is undecided against ${results.baseline}`, `are undecided against ${results.baseline}`],
    ["no verdict", "gets no verdict", "get no verdict"],
  ];
  const clauses = groups.flatMap(([word, one, many]) => {
    const names = all.filter((c) => c.verdict.word === word).map((c) => c.name);
    if (names.length === 0) return [];
    const everyone = names.length === all.length && names.length > 2;
    const subject = everyone ? `all ${inWords(names.length)} sparse configurations` : listed(names);
    return [`${subject} ${names.length === 1 ? one : many}`];
  });
  return `${on}, ${clauses.join("; ")}.`;
}

/** Whether a planted study found what was planted; null when nothing was written down to be judged. */
export function asPlanted(results: StudyResults): boolean | null {
  const direction = results.planted?.direction;
  if (!direction) return null;
  const found = new Set(compared(results).map((c) => c.verdict.word));
  if (direction === "helps") return found.has("supported") && !found.has("contradicted");
  if (direction === "hurts") return found.has("contradicted") && !found.has("supported");
  return !found.has("supported") && !found.has("contradicted");
}

/** What the verdicts found, in few words: `3 supported`, `1 contradicted, 2 undecided`. */
export function tally(results: StudyResults): string {
  const words = compared(results).map((c) => c.verdict.word);
  return [...new Set(words)].map((word) => `${words.filter((w) => w === word).length} ${word}`).join(", ");
}

/** Title over several planted studies. */
export function calibrationTitle(studies: readonly StudyResults[]): string {
  const judged = studies.map(asPlanted).filter((agrees) => agrees !== null);
  const right = judged.filter(Boolean).length;
  if (judged.length === 0) return `${capital(inWords(studies.length))} studies`;
  if (right === judged.length) return "The instrument is calibrated";
  return `The instrument is not calibrated: ${right} of ${judged.length} studies found what was planted`;
}
