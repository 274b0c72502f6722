import { argmax } from "../../../metrics/index.ts";
import { type Html, html } from "../../../report/index.ts";
import type { StoredRun } from "../../../studies/index.ts";
import type { RunState } from "../live/run-state.ts";
import { address } from "../pages/layout.ts";

/** What is read of the result of a study's run; a file may lack any of it. */
export type ReadResult = Partial<Omit<StoredRun, "record">> & { readonly record?: Partial<StoredRun["record"]> };

/** How a run stands whose result is there: its log alone may end before, or be that of another study. */
export function finishedState(state: RunState, { record }: ReadResult): RunState {
  const { steps = 0, seconds, curve = [] } = record ?? {};
  const { evaluations } = state.course;
  return {
    ...{ ...state, word: "finished", seconds: state.seconds ?? seconds },
    ...(state.steps === 0 && { step: steps, steps }),
    course: { ...state.course, evaluations: evaluations.length > 0 ? evaluations : curve },
  };
}

/**
 * Why a finished run has no curves of its updates.
 *
 * @param pathOf - Path of the page of a study, by its name, where that is known.
 */
export function missingUpdates(
  { course }: RunState,
  { takenFrom }: ReadResult,
  pathOf?: (study: string) => string,
): readonly Html[] {
  if (course.steps.length > 0) return [];
  if (takenFrom === undefined)
    return [html`Its log has no updates, so that there are no curves of them; they can be seen nowhere else.`];
  const name = pathOf ? html`<a href="${address("/study", { path: pathOf(takenFrom) })}">${takenFrom}</a>` : takenFrom;
  return [html`The study ${name} did this run: the curves of its updates are on the run's page there.`];
}

/** What a page shows of the answers of a study's run, which is not done where it has no result. */
export function answersOf(result: ReadResult | undefined): { readonly confusion?: number[][]; readonly noAnswers?: string } {
  const confusion = result && confusionOf(result);
  return confusion ? { confusion } : { noAnswers: result ? "Its result holds none." : "They come with the end of the run." };
}

/** [C][C], row = true class; undefined where a run has no answers, or a damaged file has some that do not fit. */
function confusionOf({ record }: ReadResult): number[][] | undefined {
  const { probabilities, labels } = record ?? {};
  if (!Array.isArray(probabilities) || probabilities.length === 0 || labels?.length !== probabilities.length) return undefined;
  if (!probabilities.every((row) => Array.isArray(row) && row.length === probabilities[0].length)) return undefined;
  const matrix = probabilities[0].map(() => probabilities[0].map(() => 0));
  for (const [at, row] of probabilities.entries()) {
    const ofLabel = matrix[labels[at]];
    if (!ofLabel) return undefined;
    ofLabel[argmax(row)]++;
  }
  return matrix;
}
