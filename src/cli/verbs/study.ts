import { join } from "node:path";
import { renderSummary, summarise } from "../../data/index.ts";
import { counted, expectedGot } from "../../errors/index.ts";
import { checkOwnFiles, writeOwnFiles } from "../../files/index-node.ts";
import { asPlanted, calibrationTitle, renderReport, renderTable } from "../../report/index.ts";
import type { Device } from "../../runs/index.ts";
import { chooseDevice } from "../../runtime/index-node.ts";
import {
  chooseTrials,
  demoStudies,
  type FinishedStudy,
  type PreparedStudy,
  type StudyResults,
  type Tuned,
  tunedStudy,
  tuningStudy,
} from "../../studies/index.ts";
import { folderStore, prepareStudy, runStudy } from "../../studies/index-node.ts";
import { foreignTrainingOptions } from "../../training/index.ts";
import { inOutputFolder } from "../in-output-folder.ts";
import { sayAsked } from "../read-options.ts";
import { type AskedStudy, textStudies } from "../study/definitions.ts";
import { STUDY_OPTIONS, type StudyContext } from "../study/options.ts";
import { studyProgress } from "../study/progress.ts";
import { studyTracking } from "../study/tracking.ts";
import { defineVerb } from "../verb.ts";

/** Of each study, and of all of them. */
const RESULT_FILES = ["results.json", "predictions.jsonl"];
const TUNING_FILES = ["tuning.json"];
const REPORT = "report.html";

export const study = defineVerb({
  name: "study",
  summary: "train several kinds of attention, its arms, over several seeds and say whether sparsity helped",
  usage: "[data | spec.json] [options]",
  positionals: [{ name: "data", help: "Labelled texts, or a study's spec (JSON); left out with --preset." }],
  options: STUDY_OPTIONS,
  foreign: foreignTrainingOptions,
  examples: [
    "crisp study --preset demo",
    "crisp study tickets.csv --model distilbert --quick",
    "crisp study --preset sst2 --model distilbert --train_file train.tsv --validation_file dev.tsv",
  ],
  stopsOnSignal: true,
  async run(context) {
    const { options } = context;
    const demo = options.preset === "demo";
    const asked = demo ? demoDefinitions(context) : await textStudies(context);
    const folder = options.outputDir ?? join("runs", demo ? (options.quick ? "demo-quick" : "demo") : studyName(asked[0]));
    const plans = asked.map((each): Planned => {
      const own = join(folder, each.cell);
      checkOwnFiles(own, RESULT_FILES);
      if (!each.tuning) return { ...each, study: prepareStudy(each.definition), folder: own };
      checkOwnFiles(own, TUNING_FILES);
      for (const part of ["tuning", "tuned"]) checkOwnFiles(join(own, part), RESULT_FILES);
      const tuning = prepareStudy(tuningStudy(each.definition, each.tuning));
      return { ...each, study: prepareStudy(each.definition), folder: own, trials: tuning };
    });
    return inOutputFolder(folder, { what: "study", files: [REPORT] }, () => runAll(context, plans, folder));
  },
});

/** A study whose mistakes were looked for. */
interface Planned extends AskedStudy {
  readonly study: PreparedStudy;
  readonly folder: string;
  /** The study of its trials, where each arm is tuned. */
  readonly trials?: PreparedStudy;
}

/** Of the whole grid. */
const studyName = ({ cell, definition: { study } }: AskedStudy): string =>
  cell === "" ? study : study.slice(0, -(cell.length + 1));

async function runAll(context: StudyContext, plans: readonly Planned[], folder: string): Promise<number> {
  const { output } = context;
  announce(
    context,
    plans.map(({ study }) => study),
    folder,
  );
  const device = await settled(context);
  const started = performance.now();
  const results: StudyResults[] = [];
  const run = (study: PreparedStudy, own: string) => runOne(context, study, own, { folder, device, first: results.length === 0 });
  for (const { study, folder: own, trials, tuning, definition } of plans) {
    const finished = await run(study, own);
    if (!finished) return stopped(context);
    results.push(finished.results);
    if (!trials || !tuning) continue;
    const tried = await run(trials, join(own, "tuning"));
    if (!tried) return stopped(context);
    const tuned = chooseTrials(definition, tuning, tried.runs);
    write(own, TUNING_FILES, [`${JSON.stringify({ ...tuning, tuned }, null, 2)}\n`]);
    sayTuned(context, tuned);
    const best = await run(prepareStudy(tunedStudy(definition, tuning, tuned)), join(own, "tuned"));
    if (!best) return stopped(context);
    results.push(best.results);
  }
  write(folder, [REPORT], [renderReport(results.length === 1 ? results[0] : results)]);
  output.record({ type: "finished", folder, studies: results.map(({ study, arms }) => ({ study, arms })) });
  return conclude(context, results, folder, (performance.now() - started) / 1000);
}

function stopped({ output, commandLine }: StudyContext): number {
  output.print(`stopped; the same command continues where it was: ${commandLine}`);
  return 130;
}

/** Run a study in a folder, and write down what came of it. */
async function runOne(
  context: StudyContext,
  study: PreparedStudy,
  own: string,
  { folder, device, first }: { readonly folder: string; readonly device: Exclude<Device, "auto">; readonly first: boolean },
): Promise<FinishedStudy | null> {
  const { options, output, signal } = context;
  const tracking = studyTracking(context, study.definition, own);
  const finished = await runStudy(study, {
    store: folderStore(own, { overwrite: options.overwriteOutputDir, kept: own === folder }),
    ...{ device, signal, onEvent: tracking.with(studyProgress(output, study.definition, first)) },
  }).finally(tracking.end);
  if (!finished) return null;
  write(own, RESULT_FILES, [`${JSON.stringify(finished.results, null, 2)}\n`, finished.predictions]);
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

const write = (folder: string, names: readonly string[], texts: readonly string[]): void =>
  writeOwnFiles(folder, new Map(names.map((name, at) => [name, [new TextEncoder().encode(texts[at])]])));

/** `auto` is settled once, so that all runs of a study are computed alike. */
async function settled({ options, output }: StudyContext): Promise<Exclude<Device, "auto">> {
  const asked = options.device as Device;
  sayAsked(output, asked);
  if (asked !== "auto") return asked;
  const { device, reason } = await chooseDevice();
  output.note(`device: ${device}, ${reason}`);
  return device;
}

const DEMO_OPTIONS = new Set(
  "preset device seeds quick outputDir overwriteOutputDir reportTo loggingDir json verbose".split(" "),
);

function demoDefinitions({ options, given, positionals, commandLine }: StudyContext): AskedStudy[] {
  const other = positionals[0] ?? [...given].find((name) => !DEMO_OPTIONS.has(name));
  if (other !== undefined) {
    const hint = "Its corpora, model and settings are fixed, since their truth was planted for them.";
    throw expectedGot(
      "cli/bad-option",
      "crisp study --preset demo",
      "no data, and no options but --seeds, --quick and folders",
      other,
      hint,
    );
  }
  const seeds = options.seeds ?? (options.quick ? [0, 1] : undefined);
  return demoStudies({ command: commandLine, ...(seeds && { seeds }) }).map((definition) => ({
    cell: definition.study,
    definition,
  }));
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
