import { accuracy, argmax } from "../../../metrics/index.ts";
import type { RunRecord } from "../../../runs/index.ts";
import {
  type Disagreements,
  disagreementsOf,
  type PlannedLook,
  type RunKey,
  reachedLook,
  runName,
  type StudyHeader,
  type StudyResults,
  secondsLeft,
  verdictsAt,
} from "../../../studies/index.ts";
import type { StateWord } from "../live/run-state.ts";

/** One run of a study's table. */
export interface StudyCell {
  readonly word: StateWord;
  /** Of a finished run, in [0, 1], on the reported split. */
  readonly accuracy?: number;
  /** Of training alone; of a running one, since it began. */
  readonly seconds?: number;
  /** Updates done, in [0, 1]. */
  readonly share?: number;
  readonly message?: string;
}

/** What a study was begun with. */
export type StudyFacts = Omit<StudyHeader, "runs"> & {
  /** Of all its runs, by `runName`. */
  readonly ids: Readonly<Record<string, string>>;
};

/** How a study stands. */
export interface StudyState extends StudyFacts {
  readonly arms: readonly string[];
  readonly seeds: readonly number[];
  cell(arm: string, seed: number): StudyCell;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft: number | null;
  /** The last look of its plan that is reached. */
  readonly look: number | null;
}

/** What only some places have of a study. */
export interface StudyExtras {
  /** As the study wrote them at its end. */
  readonly results?: StudyResults;
  /** Path of the folder that holds its report. */
  readonly report?: string;
  /** Whether a process on this machine can be asked to stop it. */
  readonly canStop: boolean;
  /** Path of the page of a run, by `runName`. */
  runPath(name: string): string;
}

/** Where the thread that judges finds a study: a folder, or a name in the database of `crisp ui`. */
export type StudyPlace = { readonly folder: string } | { readonly study: string };

/** Studies as pages show them, wherever they live; a study is named by the path in its page's address. */
export interface StudySource {
  /** @throws HttpError 404 `ui/not-found`, 503 `database/unreachable`. */
  read(path: string): Promise<StudyState & StudyExtras>;
  /** Runs that have a result, and all that it was asked for. @throws As `read`. */
  count(path: string): Promise<{ readonly done: number; readonly all: number }>;
  /** @throws As `read`. */
  place(path: string): StudyPlace;
}

/** @param cells - Of all runs, in their order. */
export function stateOf(facts: StudyFacts, cells: readonly (RunKey & { readonly cell: StudyCell })[]): StudyState {
  const byName = new Map(cells.map((each) => [runName(each), each.cell]));
  const of = (word: StateWord): StudyCell[] => [...byName.values()].filter((cell) => cell.word === word);
  const finished = of("finished");
  const workers = of("running").map(({ seconds = 0 }) => ({ seconds }));
  const mean = finished.length === 0 ? null : finished.reduce((sum, { seconds = 0 }) => sum + seconds, 0) / finished.length;
  const arms = [...new Set(cells.map(({ arm }) => arm))];
  const [done, total] = [finished.length, cells.length];
  return {
    ...facts,
    ...{ arms, done, total, seeds: [...new Set(cells.map(({ seed }) => seed))] },
    cell: (arm, seed) => byName.get(runName({ arm, seed })) ?? { word: "waiting" },
    secondsLeft: secondsLeft(mean, total - done - workers.length, workers),
    look: reachedLook(facts.plan, arms, (arm, seed) => byName.get(runName({ arm, seed }))?.word === "finished"),
  };
}

/** What is shown of a finished run. */
export function finishedCell(record?: Pick<RunRecord, "probabilities" | "labels" | "seconds">): StudyCell {
  if (!record) return { word: "finished" };
  const { probabilities, labels, seconds } = record;
  return { word: "finished", accuracy: accuracy(probabilities.map(argmax), labels), seconds };
}

/** A study's name for a run, taken apart. */
export function keyOf(name: string): RunKey {
  const at = name.lastIndexOf(".seed-");
  return { arm: name.slice(0, at), seed: Number(name.slice(at + ".seed-".length)) };
}

/** What is said of a study at a look of its plan. */
export interface JudgedStudy extends PlannedLook {
  /** Over the seeds of the look; texts are named by their place in the reported split, and classes by their index. */
  readonly disagreements: Disagreements;
}

/** @param records - Of all arms at least at the seeds of the look. */
export function judgedAt(look: number, { plan, ids, corpus }: StudyFacts, records: readonly RunRecord[]): JudgedStudy {
  const arms = [...new Set(Object.keys(ids).map((name) => keyOf(name).arm))];
  const judged = new Set(plan.seeds.slice(0, look));
  const runs = records.filter(({ seed }) => judged.has(seed)).map((record) => ({ record }));
  const { labels, probabilities } = runs[0].record;
  const disagreements = disagreementsOf(
    arms,
    {
      labels: probabilities[0].map((_, at) => `class ${at}`),
      examples: labels.map((label, index) => ({ index, label, text: `text ${index} of the reported split` })),
    },
    runs,
  );
  return { ...verdictsAt(look, plan, arms, records, corpus), disagreements };
}
