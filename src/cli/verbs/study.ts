import { basename, join } from "node:path";
import { limited } from "../../api/index.ts";
import { drawn, modelFolderOf, tokenizerOf } from "../../api/index-node.ts";
import { renderSummary, sameClasses, summarise } from "../../data/index.ts";
import { loadDatasets } from "../../data/index-node.ts";
import { type CrispError, counted, expectedGot } from "../../errors/index.ts";
import { checkOwnFiles, writeOwnFiles } from "../../files/index-node.ts";
import { asPlanted, calibrationTitle, renderReport, renderTable } from "../../report/index.ts";
import type { Device } from "../../runs/index.ts";
import { chooseDevice } from "../../runtime/index-node.ts";
import {
  BASELINE,
  demoStudies,
  type PreparedStudy,
  type StudyDefinition,
  type StudyEvent,
  type StudyResults,
  textStudy,
} from "../../studies/index.ts";
import { armsOf, folderStore, prepareStudy, readStudyFile, runStudy, type StudyFile } from "../../studies/index-node.ts";
import { DEFAULT_TASK, taskOf } from "../../tasks/index.ts";
import { foreignTrainingOptions, trainingOptionsIn } from "../../training/index.ts";
import { inOutputFolder } from "../in-output-folder.ts";
import type { Progress } from "../progress.ts";
import { QUICK, quickOptions } from "../quick-study.ts";
import { columnOptions, fetchListener, modelName, planOptions, readingOptions, sayAsked, trainingData } from "../read-options.ts";
import { type Context, defineVerb } from "../verb.ts";
import { DATA_OPTIONS, DEVICE_OPTION, MODEL_OPTIONS, PLAN_OPTIONS, TRAINING_OPTIONS } from "./training-options.ts";

// A study names its seeds and arms itself, continues where it was by itself, and judges the last weights, not the best.
const { seed: _seed, resume_from_checkpoint: _resume, load_best_model_at_end: _best, ...SHARED } = TRAINING_OPTIONS;
const { attention: _attention, ...MODEL } = MODEL_OPTIONS;
const { test_file: _test, streaming: _streaming, ...DATA } = DATA_OPTIONS;

const OPTIONS = {
  preset: { type: "string", choices: ["demo", "sst2"], help: "A ready-made study." },
  // Five is the least that gets a verdict (docs/statistics.md).
  seeds: {
    type: "integers",
    unit: "seed,seed",
    min: 0,
    help: "Seeds of the paired runs; left out, five. Fixed before the first run.",
  },
  pattern: { type: "string", default: "topK", help: "Pattern of the three sparse arms." },
  quick: {
    type: "boolean",
    help: "A first look: two seeds, at most 2,000 rows drawn at random, 150 updates or an epoch, no verdicts.",
  },
  ...DATA,
  validation_file: {
    type: "string",
    unit: "file",
    help: "What verdicts are about, read once a run; left out, a fifth of the training file is held out.",
  },
  ...MODEL,
  device: { ...DEVICE_OPTION, default: "auto" },
  ...PLAN_OPTIONS,
  ...SHARED,
  output_dir: {
    type: "string",
    unit: "folder",
    help: "Where runs and report go; left out, runs/<study>. The same one continues.",
  },
  overwrite_output_dir: {
    type: "boolean",
    help: "Start afresh where the output folder holds a study; each of its files is replaced once the new one is whole.",
  },
} as const;
type StudyContext = Context<typeof OPTIONS>;

const SEEDS = [1, 2, 3, 4, 5];
/** Of each study, and of all of them. */
const RESULT_FILES = ["results.json", "predictions.jsonl"];
const REPORT = "report.html";

export const study = defineVerb({
  name: "study",
  summary: "train several kinds of attention, its arms, over several seeds and say whether sparsity helped",
  usage: "[data | spec.json] [options]",
  positionals: [{ name: "data", help: "Labelled texts, or a study's spec (JSON); left out with --preset." }],
  options: OPTIONS,
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
    const definitions = demo ? demoDefinitions(context) : [await textDefinition(context)];
    const studies = definitions.map(prepareStudy);
    const folder = options.outputDir ?? join("runs", demo ? (options.quick ? "demo-quick" : "demo") : definitions[0].study);
    const folderOf = ({ study }: StudyDefinition): string => (definitions.length > 1 ? join(folder, study) : folder);
    for (const definition of definitions) checkOwnFiles(folderOf(definition), RESULT_FILES);
    return inOutputFolder(folder, { what: "study", files: [REPORT] }, () => runAll(context, studies, folder, folderOf));
  },
});

async function runAll(
  context: StudyContext,
  studies: readonly PreparedStudy[],
  folder: string,
  folderOf: (definition: StudyDefinition) => string,
): Promise<number> {
  const { options, output } = context;
  announce(context, studies, folder);

  const results: StudyResults[] = [];
  const device = await settled(context);
  const started = performance.now();
  for (const each of studies) {
    const { definition } = each;
    const own = folderOf(definition);
    const finished = await runStudy(each, {
      store: folderStore(own, { overwrite: options.overwriteOutputDir, kept: own === folder }),
      device,
      signal: context.signal,
      onEvent: reporter(context, definition, results.length === 0),
    });
    if (!finished) {
      output.print(`stopped; the same command continues where it was: ${context.commandLine}`);
      return 130;
    }
    results.push(finished.results);
    write(own, RESULT_FILES, [`${JSON.stringify(finished.results, null, 2)}\n`, finished.predictions]);
    output.print();
    output.print(renderTable(finished.results, { paint: output.style, width: output.width }).trimEnd());
  }
  write(folder, [REPORT], [renderReport(results.length === 1 ? results[0] : results)]);
  output.record({ type: "finished", folder, studies: results.map(({ study, arms }) => ({ study, arms })) });
  return conclude(context, results, folder, (performance.now() - started) / 1000);
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

const DEMO_OPTIONS = new Set(["preset", "device", "seeds", "quick", "outputDir", "overwriteOutputDir", "json", "verbose"]);

function demoDefinitions({ options, given, positionals, commandLine }: StudyContext): StudyDefinition[] {
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
  return demoStudies({ command: commandLine, ...(seeds && { seeds }) });
}

function notOneClass(data: string, task: string): CrispError {
  const rule = "one class for each text, as a study compares accuracies";
  return expectedGot("study/bad-spec", data, rule, `labels of ${task}`, "Use crisp train.");
}

async function textDefinition(context: StudyContext): Promise<StudyDefinition> {
  const { options, positionals, given, commandLine } = context;
  const specFile = positionals[0]?.endsWith(".json") ? positionals[0] : undefined;
  const spec: StudyFile = specFile === undefined ? {} : readStudyFile(specFile);
  const where = "crisp study";
  const own = (
    ["pattern", "attentionLayers", "attentionHeads", "attentionNormaliser", "attentionDropoutType", "sparsityRampSteps"] as const
  ).find((name) => given.has(name));
  if (spec.arms && own) {
    const hint = 'Write "pattern", "normaliser", "dropout", "layers", "heads" and "rampSteps" into the spec\'s arms.';
    throw expectedGot("cli/bad-option", where, "arms by the spec, or by options", `both (${own})`, hint);
  }
  const listener = { ...fetchListener(context.output), signal: context.signal };
  const trainingFile = specFile === undefined ? options.trainFile : (options.trainFile ?? spec.train_file);
  const positional = specFile === undefined ? positionals[0] : undefined;
  const validationFile = options.validationFile ?? spec.validation_file;
  const source = await trainingData(where, positional, { ...options, trainFile: trainingFile, validationFile }, listener);
  const [file] = source.data;
  const model = modelName(where, { modelNameOrPath: options.modelNameOrPath ?? spec.model });
  const folder = await modelFolderOf(model, { ...listener, revision: options.modelRevision });
  const tokenizer = await tokenizerOf(folder, options.maxSeqLength);
  const columns = { ...columnOptions(options), ...readingOptions(options, context.output) };
  if (!taskOf(source).hasOneClass) throw notOneClass(source.name, source.task!);
  const read = await loadDatasets(source.data, columns);
  if (!taskOf(read).hasOneClass) throw notOneClass(source.name, read.task!);
  const all = limited(read, options.maxTrainSamples);
  const train = options.quick && options.maxTrainSamples === undefined ? drawn(all, QUICK.rows) : all;
  const like = { ...columns, labels: train.labels, task: DEFAULT_TASK } as const;
  const reported = source.validation && sameClasses(await loadDatasets(source.validation, like), train.labels);
  const hub = options.datasetName === undefined ? undefined : source.name;
  const sst2 = options.preset === "sst2";
  const name = spec.study ?? (sst2 ? "sst2" : basename(hub ?? file).replace(/\.(tsv|csv|jsonl)?(\.gz)?$/, ""));
  const training = trainingOptionsIn(options);
  const quick = options.quick ? quickOptions(options, given, { rows: train.examples.length, folder }) : {};
  const definition = textStudy({
    study: options.quick ? `${name}-quick` : name,
    corpus: hub ?? (sst2 ? "SST-2" : basename(file)),
    model: { kind: "folder", path: folder },
    tokenizer,
    train,
    reported,
    pattern: options.pattern,
    where: planOptions(options),
    seeds: options.seeds ?? spec.seeds ?? (options.quick ? QUICK.seeds : SEEDS),
    options: { ...training, ...quick },
    command: commandLine,
  });
  const { arms, claims, looks } = spec;
  return { ...definition, claims, looks, ...(arms && { arms: armsOf(arms) }) };
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

/** One bar a study, and for the very first trained model a few sentences. */
function reporter({ output }: StudyContext, definition: StudyDefinition, first: boolean): (event: StudyEvent) => void {
  const total = definition.arms.length * definition.seeds.length;
  const progress: Progress = output.progress(definition.study, total);
  const current = new Map<string, number>();
  let [shown, done, resumed] = [!first, 0, 0];
  return (event) => {
    if (event.type === "run") {
      const { event: inner, arm, seed } = event;
      if (inner.type === "step") {
        current.set(`${arm} ${seed}`, inner.step / inner.steps);
        const running = [...current.values()].reduce((sum, share) => sum + Math.min(share, 0.99), 0);
        progress.update(Number((done + running).toFixed(1)), `${arm}, seed ${seed}, loss ${inner.loss.toFixed(3)}`);
      } else if (inner.type === "note") output.note(`${arm}, seed ${seed}: ${inner.text}`);
      return;
    }
    const { arm, seed } = event.run.record;
    current.delete(`${arm} ${seed}`);
    done = event.done;
    if (event.resumed) resumed++;
    else output.record({ type: "run", arm, seed, seconds: event.run.record.seconds });
    progress.update(done, event.resumed ? "already done" : `${arm}, seed ${seed} done`);
    if (!shown && arm === BASELINE && definition.fresh) {
      shown = true;
      showFresh(output, definition, event.run.fresh);
    }
    if (done === total) progress.finish(resumed > 0 ? `${counted(resumed, "run was", "runs were")} already done` : "");
  };
}

function showFresh(
  output: StudyContext["output"],
  { fresh = [], data }: StudyDefinition,
  probabilities: readonly (readonly number[])[],
): void {
  const { labels } = data.train;
  output.print(output.style("bold", "five fresh sentences, read by the first dense model:"));
  fresh.forEach(({ text, label }, at) => {
    const row = probabilities[at];
    const said = row.indexOf(Math.max(...row));
    const mark = said === label ? output.style("green", "✓") : output.style("red", "✗");
    output.print(`  ${mark} ${labels[said].padEnd(8)} ${row[said].toFixed(2)}  ${text}`);
  });
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
