import { join } from "node:path";
import { renderSummary, summarise } from "../../data/index.ts";
import { counted } from "../../errors/index.ts";
import { checkOwnFiles, writeOwnFiles } from "../../files/index-node.ts";
import { acrossLines, asPlanted, calibrationTitle, renderReport, renderTable } from "../../report/index.ts";
import type { Device } from "../../runs/index.ts";
import {
  acrossTasks,
  chooseTrials,
  type FinishedStudy,
  type OtherStudy,
  type PreparedStudy,
  type StudyResults,
  type StudyStore,
  type Tuned,
  tunedStudy,
} from "../../studies/index.ts";
import { prepareStudy, runStudy } from "../../studies/index-node.ts";
import { foreignTrainingOptions } from "../../training/index.ts";
import { inOutputFolder } from "../in-output-folder.ts";
import { EXPORT_FILES, studyExports } from "../study/exports.ts";
import { STUDY_OPTIONS, type StudyContext } from "../study/options.ts";
import { type PlannedStudy, plannedStudies, settledDevice } from "../study/planned.ts";
import { sayPower } from "../study/power-line.ts";
import { studyProgress } from "../study/progress.ts";
import { openStores, type Stores } from "../study/stores.ts";
import { studyTracking } from "../study/tracking.ts";
import { defineVerb } from "../verb.ts";

/** Of each study, and of all of them. */
const RESULT_FILES = ["results.json", "predictions.jsonl", ...EXPORT_FILES];
const TUNING_FILES = ["tuning.json"];
const REPORT = "report.html";
/** What studies that differ in their task alone say together. */
const ACROSS = "across-tasks.json";

export const study = defineVerb({
  name: "study",
  summary: "train several kinds of attention, its arms, over several seeds and say whether sparsity helped",
  usage: "[data | spec.json] [options]",
  positionals: [{ name: "data", help: "Labelled texts, or a study's spec (JSON or a module); left out with --preset." }],
  options: STUDY_OPTIONS,
  foreign: foreignTrainingOptions,
  examples: [
    "crisp study --preset demo",
    "crisp study tickets.csv --model distilbert --quick",
    "crisp study --preset sst2 --model distilbert --train_file train.tsv --validation_file dev.tsv",
  ],
  stopsOnSignal: true,
  async run(context) {
    const { options, output } = context;
    const { plans, folder } = await plannedStudies(context);
    for (const { folder: own, trials } of plans) {
      checkOwnFiles(own, RESULT_FILES);
      if (!trials) continue;
      checkOwnFiles(own, TUNING_FILES);
      for (const part of ["tuning", "tuned"]) checkOwnFiles(join(own, part), RESULT_FILES);
    }
    return inOutputFolder(folder, { what: "study", files: [REPORT, ACROSS] }, async () => {
      const stores = await openStores(options, folder, output);
      try {
        return await runAll(context, plans, { folder, stores });
      } finally {
        await stores.close();
      }
    });
  },
});

interface Places {
  readonly folder: string;
  readonly stores: Stores;
}

async function runAll(context: StudyContext, plans: readonly PlannedStudy[], { folder, stores }: Places): Promise<number> {
  const { output } = context;
  announce(
    context,
    plans.map(({ study }) => study),
    folder,
  );
  const device = await settledDevice(context);
  const started = performance.now();
  const results: StudyResults[] = [];
  /** By what they share beside their task. */
  const groups = new Map<string, StudyResults[]>();
  const keep = (found: StudyResults, group: string | undefined): void => {
    results.push(found);
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), found]);
  };
  const placed = (study: PreparedStudy, own: string): PlacedStudy => ({ study, folder: own, store: stores.storeIn(own) });
  const all = plans.map((plan) => ({
    ...plan,
    first: placed(plan.study, plan.folder),
    trials: plan.trials && placed(plan.trials, join(plan.folder, "tuning")),
  }));
  const others = all.flatMap(({ first, trials }) => (trials ? [first, trials] : [first]));
  await stores.begin(others.map(({ study }) => study.header));
  const run = (asked: PlacedStudy, earlier?: FinishedStudy) =>
    runOne(context, asked, { others, device, first: results.length === 0, earlier });
  for (const { first, folder: own, trials, tuning, definition, besideTask } of all) {
    const finished = await run(first);
    if (!finished) return stopped(context);
    keep(finished.results, besideTask);
    if (!trials || !tuning) continue;
    const tried = await run(trials);
    if (!tried) return stopped(context);
    const tuned = chooseTrials(definition, tuning, tried.runs);
    write(own, TUNING_FILES, [`${JSON.stringify({ ...tuning, tuned }, null, 2)}\n`]);
    sayTuned(context, tuned);
    const best = await run(placed(prepareStudy(tunedStudy(definition, tuning, tuned)), join(own, "tuned")), finished);
    if (!best) return stopped(context);
    keep(best.results, [besideTask, "tuned"].filter(Boolean).join("."));
  }
  const across = [...groups].flatMap(([name, studies]) => {
    const found = acrossTasks(studies);
    return found ? [{ name, ...found }] : [];
  });
  for (const each of across) for (const line of acrossLines(each)) output.print(line);
  const page = renderReport(results.length === 1 ? results[0] : results, across);
  write(folder, [REPORT], [page]);
  if (across.length > 0) write(folder, [ACROSS], [`${JSON.stringify(across, null, 2)}\n`]);
  output.record({ type: "finished", folder, studies: results.map(({ study, arms }) => ({ study, arms })) });
  return conclude(context, results, folder, (performance.now() - started) / 1000);
}

function stopped({ output, commandLine, signal }: StudyContext): number {
  if (!signal.aborted) {
    output.print(`some runs failed, crisp status says why; the same command tries them again: ${commandLine}`);
    return 1;
  }
  output.print(`stopped; the same command continues where it was: ${commandLine}`);
  return 130;
}

/** A study, its folder, and where its runs are kept. */
interface PlacedStudy extends OtherStudy {
  readonly folder: string;
  readonly store: StudyStore;
}

/** Run a study, and write down what came of it. */
async function runOne(
  context: StudyContext,
  { study, folder: own, store }: PlacedStudy,
  settings: {
    readonly others: readonly OtherStudy[];
    readonly device: Exclude<Device, "auto">;
    readonly first: boolean;
    /** A study of the same arms that says how far they spread. */
    readonly earlier?: FinishedStudy;
  },
): Promise<FinishedStudy | null> {
  const { output, signal, options } = context;
  const { others, device, first, earlier } = settings;
  const tracking = studyTracking(context, study.definition, own);
  const told = studyProgress(output, study.definition, first);
  const onEvent = tracking.with((event) => {
    if (event.type === "opened") sayPower(output, study, event, earlier?.runs);
    told(event);
  });
  const { parallelRuns } = options;
  const finished = await runStudy(study, { store, others, parallelRuns, device, signal, onEvent }).finally(tracking.end);
  if (!finished) return null;
  const json = `${JSON.stringify(finished.results, null, 2)}\n`;
  write(own, RESULT_FILES, [json, finished.predictions, ...studyExports(study, finished)]);
  output.print();
  output.print(renderTable(finished.results, { paint: output.style, width: output.width }).trimEnd());
  return finished;
}

function sayTuned({ output }: StudyContext, tuned: readonly Tuned[]): void {
  for (const { arm, chosen, accuracies } of tuned) {
    const each = accuracies.map((value) => (100 * value).toFixed(2)).join(", ");
    output.print(`tuning: ${arm} keeps trial ${chosen + 1} of ${accuracies.length} (selection split, %: ${each})`);
  }
}

function write(folder: string, names: readonly string[], contents: readonly (string | Uint8Array)[]): void {
  const bytes = (content: string | Uint8Array) => (typeof content === "string" ? new TextEncoder().encode(content) : content);
  writeOwnFiles(folder, new Map(names.map((name, at) => [name, [bytes(contents[at])]])));
}

function announce({ output }: StudyContext, studies: readonly PreparedStudy[], folder: string): void {
  for (const { definition, data } of studies) {
    const { study, arms, seeds, synthetic, planted } = definition;
    const names = arms.map(({ name, plan }) => (plan.pattern === name ? name : `${name} ${plan.pattern}`));
    output.print(output.style("bold", `study ${study}: ${counted(arms.length, "arm")} × ${counted(seeds.length, "seed")}`));
    output.say(`  ${names.join(" · ")}`);
    if (planted) output.print(`  planted: ${planted.expected}`);
    if (synthetic) continue;
    const splits = (["train", "selection", "reported"] as const).flatMap((split) => {
      const dataset = definition.data[split];
      return dataset ? [{ dataset, encoded: data[split] }] : [];
    });
    for (const line of renderSummary(summarise(splits))) output.say(`  ${line}`);
  }
  output.print(`results go to ${folder}`);
  output.print();
}

function conclude({ output }: StudyContext, results: readonly StudyResults[], folder: string, seconds: number): number {
  output.print();
  const judged = results.map(asPlanted).filter((agrees) => agrees !== null);
  if (judged.length > 0) {
    const right = judged.every(Boolean);
    output.print(output.style(right ? "green" : "red", calibrationTitle(results)));
    output.print("These corpora are made up: they test the instrument and say nothing about your texts.");
  } else if (results.some(({ planted }) => planted)) {
    output.print("Fewer than five seeds get no verdict, so the instrument was not judged.");
  }
  output.print(`report  ${join(folder, "report.html")}   (${seconds.toFixed(0)} s)`);
  if (results[0].synthetic) output.print("next: npx crisp-attention study your.csv --model FOLDER --quick");
  return 0;
}
