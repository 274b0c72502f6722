import { existsSync, readFileSync } from "node:fs";
import { CrispError, expectedGot } from "../../../errors/index.ts";
import type { Html } from "../../../report/index.ts";
import { HttpError } from "../../../server/index-node.ts";
import { growingRun, type RunState } from "../live/run-state.ts";
import { eventsIn } from "../live/tail.ts";
import { isOpen } from "../pages/action-pages.ts";
import { address } from "../pages/layout.ts";
import { type Answers, readAnswers } from "../read-answers.ts";
import { findRun, isAlive, type RunPlace, readJsonFile } from "../read-run.ts";
import { readSettings } from "../read-settings.ts";
import type { Root } from "../root.ts";
import type { RunExtras, RunSource, ShownRun } from "./run-source.ts";
import { answersOf, finishedState, missingUpdates, type ReadResult } from "./study-result.ts";

/**
 * Trainings, and runs of studies, in folders, by their files.
 *
 * @param actionsOf - What can be asked of a run: buttons for its page.
 */
export function folderRuns(root: Root, actionsOf: (place: RunPlace, state: RunState) => Html): RunSource {
  const open = async (path: string) => {
    const place = await findRun(root, path);
    const kept = place.study?.result === undefined ? undefined : readJsonFile(place.study.result);
    const result = (kept ?? undefined) as ReadResult | undefined;
    const has = (file: string): boolean => !place.study && root.has(inRun(place, file));
    const run: ShownRun = { place, state: stateOf(root, place, result, has), settings: await readSettings(place, result) };
    return { place, result, has, run };
  };
  return {
    read: async (path) => (await open(path)).run,
    async view(path) {
      const { place, result, has, run } = await open(path);
      const { word } = run.state;
      // behind the end of its log a training saves its model; a study goes on with other runs
      const follows = isOpen(word) || (!place.study && isAlive(root, place));
      return {
        ...run,
        ...(follows && { follow: { events: address("/run/events", { path: path || "." }) } }),
        ...{ report: has("report.html"), model: has("crisp.json"), actions: actionsOf(place, run.state) },
        ...(place.study ? answersOf(result) : heldOutOf(root, place, has)),
        notes: result ? missingUpdates(run.state, result) : [],
      };
    },
  };
}

/** How a run stands, by its log and by what it left. */
function stateOf(root: Root, place: RunPlace, result: ReadResult | undefined, has: (file: string) => boolean): RunState {
  const run = growingRun();
  if (existsSync(place.log)) run.add(eventsIn(readFileSync(place.log, "utf8")));
  const state = run.state(isAlive(root, place));
  if (result) return finishedState(state, result);
  return state.word === "waiting" && has("crisp.json") ? { ...state, word: "finished" } : state;
}

function heldOutOf(root: Root, place: RunPlace, has: (file: string) => boolean): Pick<RunExtras, "answers" | "noAnswers"> {
  if (!has("errors.csv")) return { noAnswers: "None are kept yet: errors.csv comes with the model." };
  try {
    const answers = answersIn(root, place);
    const none = answers.mistakes.rows.length === 0 && !answers.confusion;
    return none ? { noAnswers: "It made no mistakes on the evaluated examples." } : { answers };
  } catch (error) {
    if (!(error instanceof CrispError)) throw error;
    return { noAnswers: error.message };
  }
}

/** @throws HttpError 404 `ui/not-found`; as `readAnswers`. */
export function answersIn(root: Root, place: RunPlace): Answers {
  const [errors, right] = [inRun(place, "errors.csv"), inRun(place, "right-answers.json")];
  return readAnswers(root.place(errors), root.has(right) ? root.place(right) : undefined);
}

/** Of a training's file, its path from the root. @throws HttpError 404 `ui/not-found` for a run of a study. */
function inRun({ path, study }: RunPlace, file: string): string {
  if (!study) return [path, file].filter(Boolean).join("/");
  throw new HttpError(404, expectedGot("ui/not-found", file, "a training's folder", "a run of a study"));
}
