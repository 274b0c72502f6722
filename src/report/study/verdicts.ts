import type { ArmResult, StudyResults, VerdictWord } from "../../studies/index.ts";
import { capital, inWords, listed } from "../format.ts";
import { type Html, html } from "../html.ts";

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

const compared = (results: StudyResults): ArmResult[] => results.arms.filter((c) => c.name !== results.baseline);

/** Fewer paired seeds than this get no verdict (docs/statistics.md). */
const FEWEST_SEEDS = 5;
/** More names than these are counted instead. */
const MOST_NAMES = 3;

/**
 * The study in one plain sentence: what its verdict words say or, where there are none, why not and what comes next. Arms that were not
 * named beforehand are left out, unless no other was.
 *
 * @example headline(results) // "On SST-2, aggressive_sparse is more accurate than dense; light_sparse cannot be told from dense."
 */
export function headline(results: StudyResults): string {
  const dense = results.baseline;
  const on = results.synthetic ? "On this synthetic corpus" : `On ${results.corpus}`;
  const all = compared(results);
  if (all.length === 0) return `${on}, there was nothing to compare with ${dense}.`;
  const claimed = all.filter(({ verdict }) => verdict.because !== "not claimed");
  if (claimed.length === 0) return `${on}, nothing was claimed beforehand, so there are figures and no verdict.`;
  if (claimed.every(({ verdict }) => verdict.word === "no verdict")) return withoutVerdict(results, claimed[0], on);
  const groups: [VerdictWord, string, string][] = [
    ["supported", "is", `more accurate than ${dense}`],
    ["contradicted", "is", `less accurate than ${dense}`],
    ["no difference", "is", `as accurate as ${dense}, within half a point`],
    ["undecided", "cannot", `be told from ${dense}`],
    ["no verdict", "gets", "no verdict"],
  ];
  const plural: Readonly<Record<string, string>> = { is: "are", cannot: "cannot", gets: "get" };
  const clauses = groups.flatMap(([word, verb, rest]) => {
    const names = claimed.filter((c) => c.verdict.word === word).map((c) => c.name);
    if (names.length === 0) return [];
    const whole = names.length === claimed.length;
    if (names.length < MOST_NAMES || (!whole && names.length === MOST_NAMES))
      return [`${listed(names)} ${names.length > 1 ? plural[verb] : verb} ${rest}`];
    if (!whole) return [`${inWords(names.length)} of ${inWords(claimed.length)} arms ${plural[verb]} ${rest}`];
    if (word === "undecided") return [`none of the ${inWords(names.length)} arms can be told from ${dense}`];
    return [`all ${inWords(names.length)} arms ${plural[verb]} ${rest}`];
  });
  return `${on}, ${clauses.join("; ")}.`;
}

/** Why there is no verdict, and what to do next. Results of before do not say why; with few seeds it is that. */
function withoutVerdict({ seeds, looks = [], baseline }: StudyResults, { verdict }: ArmResult, on: string): string {
  const because = verdict.because ?? (seeds.length < FEWEST_SEEDS ? "few seeds" : undefined);
  if (because === "baseline learned nothing") return `${on}, ${baseline} learned nothing; next: train longer.`;
  if (because === undefined) return `${on}, there is no verdict.`;
  const next = looks.find((look) => look > seeds.length && look >= FEWEST_SEEDS);
  if (next !== undefined) {
    const more = next - seeds.length;
    return `Too early to say: ${seeds.length} of ${next} seeds; next: ${inWords(more)} more.`;
  }
  if (because === "not planned") return `${on}, there is no verdict: it was not planned for ${seeds.length} seeds.`;
  return `Too early to say: ${seeds.length} of ${FEWEST_SEEDS} seeds; next: a study of ${inWords(FEWEST_SEEDS)} seeds from the start.`;
}

/** Whether a planted study found what was planted; null when nothing was written down to be judged, or too few seeds gave no verdict. */
export function asPlanted(results: StudyResults): boolean | null {
  const direction = results.planted?.direction;
  if (!direction) return null;
  const found = new Set(compared(results).map((c) => c.verdict.word));
  if (found.has("no verdict")) return null;
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
