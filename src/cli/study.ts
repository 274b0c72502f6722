import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { loadDataset, loadTokenizer, renderSummary, summarise } from "../data/index-node.ts";
import {
  armsOf,
  demoStudies,
  limited,
  readStudyFile,
  runStudy,
  type StudyDefinition,
  type StudyEvent,
  type StudyFile,
  type StudyResults,
  textStudy,
} from "../experiments/index-node.ts";
import { loadModelFolder } from "../models/index-node.ts";
import { asPlanted, calibrationTitle, renderReport, renderTable } from "../report/index.ts";
import { checkWritable, writeFilesAtomically } from "../training/index-node.ts";
import type { Progress } from "./progress.ts";
import { columnOptions, modelFolder, planOptions, trainFile, trainingOptions } from "./read-options.ts";
import { DATA_OPTIONS, MODEL_OPTIONS, PLAN_OPTIONS, TRAINING_OPTIONS } from "./training-options.ts";
import { type Context, defineVerb } from "./verb.ts";

// A study names its seeds and configurations itself, and goes on where it was by itself.
const { seed: _seed, resume_from_checkpoint: _resume, ...SHARED } = TRAINING_OPTIONS;
const { attention: _attention, ...MODEL } = MODEL_OPTIONS;

const OPTIONS = {
  preset: { type: "string", choices: ["demo", "sst2"], help: "A ready-made study." },
  // Five is the least that gets a verdict (docs/statistics.md).
  seeds: { type: "integers", unit: "seed,seed", min: 0, help: "Seeds of the paired runs; left out, 1 to 5." },
  pattern: { type: "string", default: "topK", help: "Pattern of the three sparse configurations." },
  quick: { type: "boolean", help: "A first look: two seeds, at most 2,000 rows, one epoch, no verdicts." },
  ...DATA_OPTIONS,
  ...MODEL,
  ...PLAN_OPTIONS,
  ...SHARED,
} as const;
type StudyContext = Context<typeof OPTIONS>;

const QUICK = { seeds: [1, 2], rows: 2000, epochs: 1 } as const;
const SEEDS = [1, 2, 3, 4, 5];

export const study = defineVerb({
  name: "study",
  summary: "train several attention configurations over several seeds and say whether sparsity helped",
  usage: "[data | spec.json] [options]",
  positionals: [{ name: "data", help: "Labelled texts, or a study's spec (JSON); left out with --preset." }],
  options: OPTIONS,
  examples: [
    "crisp study --preset demo",
    "crisp study tickets.csv --model distilbert --quick",
    "crisp study --preset sst2 --model distilbert --train_file train.tsv --validation_file dev.tsv",
  ],
  stopsOnSignal: true,
  async run(context) {
    const { options, output } = context;
    const demo = options.preset === "demo";
    const definitions = demo ? demoDefinitions(context) : [await textDefinition(context)];
    const folder = options.outputDir ?? join("runs", demo ? "demo" : definitions[0].study);
    if (options.overwriteOutputDir) rmSync(folder, { recursive: true, force: true });
    checkWritable(folder);
    announce(context, definitions, folder);

    const results: StudyResults[] = [];
    const started = performance.now();
    for (const definition of definitions) {
      const own = definitions.length > 1 ? join(folder, definition.study) : folder;
      const finished = await runStudy(definition, {
        folder: own,
        signal: context.signal,
        onEvent: reporter(context, definition, results.length === 0),
      });
      if (!finished) {
        output.print(`stopped; the same command goes on where it was: ${context.commandLine}`);
        return 130;
      }
      results.push(finished.results);
      write(own, { "results.json": `${JSON.stringify(finished.results, null, 2)}\n`, "predictions.jsonl": finished.predictions });
      output.print();
      output.print(renderTable(finished.results, { color: output.style("bold", "") !== "", width: output.width }).trimEnd());
    }
    write(folder, { "report.html": renderReport(results.length === 1 ? results[0] : results) });
    output.record({ type: "finished", folder, studies: results.map(({ study, configurations }) => ({ study, configurations })) });
    return conclude(context, results, folder, (performance.now() - started) / 1000);
  },
});

const write = (folder: string, files: Readonly<Record<string, string>>): void =>
  writeFilesAtomically(folder, new Map(Object.entries(files).map(([name, text]) => [name, [new TextEncoder().encode(text)]])));

function demoDefinitions({ options, commandLine }: StudyContext): StudyDefinition[] {
  const seeds = options.quick ? [0, 1] : options.seeds;
  return demoStudies({ command: commandLine, ...(seeds && { seeds }) });
}

async function textDefinition(context: StudyContext): Promise<StudyDefinition> {
  const { options, positionals, given, commandLine } = context;
  const specFile = positionals[0]?.endsWith(".json") ? positionals[0] : undefined;
  const spec: StudyFile = specFile === undefined ? {} : readStudyFile(specFile);
  const where = "crisp study";
  const file = trainFile(where, specFile === undefined ? positionals[0] : spec.train_file, options.trainFile);
  const folder = modelFolder(where, { modelNameOrPath: options.modelNameOrPath ?? spec.model });
  const { config } = loadModelFolder(folder);
  const tokenizer = await loadTokenizer(folder, { maxLength: Math.min(options.maxSeqLength, config.maxPositions) });
  const columns = columnOptions(options);
  const rows = options.maxTrainSamples ?? (options.quick ? QUICK.rows : undefined);
  const train = limited(await loadDataset(file, columns), rows);
  const validation = options.validationFile ?? spec.validation_file;
  const reported = validation === undefined ? undefined : await loadDataset(validation, { ...columns, labels: train.labels });
  const sst2 = options.preset === "sst2";
  const name = spec.study ?? (sst2 ? "sst2" : basename(file).replace(/\.(tsv|csv|jsonl)?(\.gz)?$/, ""));
  const training = trainingOptions(options);
  const definition = textStudy({
    study: options.quick ? `${name}-quick` : name,
    corpus: sst2 ? "SST-2" : basename(file),
    model: { kind: "folder", path: folder },
    tokenizer,
    train,
    reported,
    pattern: options.pattern,
    where: planOptions(options),
    seeds: options.seeds ?? spec.seeds ?? (options.quick ? QUICK.seeds : SEEDS),
    options: options.quick && !given.has("numTrainEpochs") ? { ...training, numTrainEpochs: QUICK.epochs } : training,
    command: commandLine,
  });
  const { configurations, claims, looks } = spec;
  return { ...definition, claims, looks, ...(configurations && { configurations: armsOf(configurations) }) };
}

function announce({ output }: StudyContext, definitions: readonly StudyDefinition[], folder: string): void {
  for (const { study, data, configurations, seeds, tokenizer, synthetic, planted } of definitions) {
    const names = configurations.map(({ name, plan }) => (plan.pattern === name ? name : `${name} ${plan.pattern}`));
    output.print(output.style("bold", `study ${study}: ${configurations.length} configurations × ${seeds.length} seeds`));
    output.print(`  ${names.join(" · ")}`);
    if (planted) output.print(`  planted: ${planted.expected}`);
    if (synthetic) continue;
    const encode = (texts: StudyDefinition["data"]["reported"]) =>
      texts.examples.map(({ index, label, text, pair }) => ({ index, label, ...tokenizer.encode(text, pair) }));
    const splits = [data.train, data.selection, data.reported].filter((split) => split !== undefined);
    for (const line of renderSummary(summarise(splits.map((dataset) => ({ dataset, encoded: encode(dataset) })))))
      output.print(`  ${line}`);
  }
  output.print(`results go to ${folder}`);
  output.print();
}

/** One bar a study, and for the very first trained model a few sentences. */
function reporter({ output }: StudyContext, definition: StudyDefinition, first: boolean): (event: StudyEvent) => void {
  const total = definition.configurations.length * definition.seeds.length;
  const progress: Progress = output.progress(definition.study, total);
  const current = new Map<string, number>();
  let [shown, done, resumed] = [!first, 0, 0];
  return (event) => {
    if (event.type === "run") {
      const { event: inner, configuration, seed } = event;
      if (inner.type === "step") {
        current.set(`${configuration} ${seed}`, inner.step / inner.steps);
        const running = [...current.values()].reduce((sum, share) => sum + Math.min(share, 0.99), 0);
        progress.update(Number((done + running).toFixed(1)), `${configuration}, seed ${seed}, loss ${inner.loss.toFixed(3)}`);
      } else if (inner.type === "note") output.note(`${configuration}, seed ${seed}: ${inner.text}`);
      return;
    }
    const { configuration, seed } = event.run.record;
    current.delete(`${configuration} ${seed}`);
    done = event.done;
    if (event.resumed) resumed++;
    else output.record({ type: "run", configuration, seed, seconds: event.run.record.seconds });
    progress.update(done, event.resumed ? "already done" : `${configuration}, seed ${seed} done`);
    if (!shown && configuration === "dense" && definition.fresh) {
      shown = true;
      showFresh(output, definition, event.run.fresh);
    }
    if (done === total) progress.finish(resumed > 0 ? `${resumed} runs were already done` : "");
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
  }
  output.print(`report  ${join(folder, "report.html")}   (${seconds.toFixed(0)} s)`);
  if (results[0].synthetic) output.print("next: npx crisp-attention study your.csv --model FOLDER --quick");
  return 0;
}
