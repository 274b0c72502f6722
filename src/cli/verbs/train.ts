import { existsSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import type { TrainEvent } from "../../api/index.ts";
import { MAJORITY } from "../../api/index.ts";
import { train as startTraining, type TrainResult } from "../../api/index-node.ts";
import { isDense, parsePattern } from "../../attention/index.ts";
import { type DataSummary, type EncodingName, labelSpellings, renderSummary, type WrittenLabel } from "../../data/index.ts";
import { expectedGot, oneLine } from "../../errors/index.ts";
import { choseWeights } from "../../export/index.ts";
import { writeOwnFiles } from "../../files/index-node.ts";
import { wilsonInterval } from "../../metrics/index.ts";
import { ADAPTER_FILES } from "../../models/index.ts";
import { renderTrainReport } from "../../report/index.ts";
import { type Device, runCourse } from "../../runs/index.ts";
import { type TaskName, tasks } from "../../tasks/index.ts";
import { foreignTrainingOptions, trainingOptionsIn } from "../../training/index.ts";
import type { Output } from "../output.ts";
import { continuing, inTrainingFolder, stoppedRun, type TrainingFolder } from "../output-folder.ts";
import { duration, type Progress } from "../progress.ts";
import {
  classWeights,
  columnOptions,
  fetchListener,
  modelName,
  planOptions,
  sayAsked,
  trackingSettings,
  trainingData,
} from "../read-options.ts";
import { shellQuoted } from "../run-command.ts";
import { runReporter } from "../run-reporter.ts";
import { shownFacts, shownOptions } from "../train-report/shown-settings.ts";
import { trainReport } from "../train-report/train-report.ts";
import { type Context, defineVerb, type OptionTable } from "../verb.ts";
import { classTable, confusionTable, figuresLine } from "./class-tables.ts";
import { ANSWER_FILES, answerFiles } from "./error-tables.ts";
import { RECIPE_OPTIONS, recipeSettings } from "./recipe-options.ts";
import { fasterLine, longTextsLine, recipeLine } from "./start-lines.ts";
import { trainVerdict, weakestOf } from "./train-verdict.ts";
import {
  DATA_OPTIONS,
  DEVICE_OPTION,
  MODEL_OPTIONS,
  PLAN_OPTIONS,
  RUN_NAME_OPTION,
  TASK_OPTIONS,
  TRACKING_OPTIONS,
  TRAINING_OPTIONS,
} from "./training-options.ts";

const { default: _, ...LENGTH } = DATA_OPTIONS.max_seq_length;

const OPTIONS = {
  ...DATA_OPTIONS,
  ...TASK_OPTIONS,
  ...MODEL_OPTIONS,
  teacher: {
    type: "string",
    unit: "folder|file",
    help: "Learn from this classifier too: a folder that crisp train saved, or a file of what it says of each row of the training data, by crisp predict with all labels. Rows may then have no label.",
  },
  device: { ...DEVICE_OPTION, default: "auto" },
  ...PLAN_OPTIONS,
  max_seq_length: {
    ...LENGTH,
    help: "Longer texts are cut off; left out, what texts and recipe need, 128 to 512.",
  },
  ...RECIPE_OPTIONS,
  ...TRAINING_OPTIONS,
  ...TRACKING_OPTIONS,
  run_name: RUN_NAME_OPTION,
  onnx: { type: "boolean", default: true, help: "Write onnx/model.onnx, for transformers.js." },
  license: {
    type: "string",
    unit: "identifier",
    help: "Licence of the model, for its card, e.g. apache-2.0; left out, unknown.",
  },
  language: { type: "list", unit: "code[,code]", help: "Languages of the texts, for its card, e.g. en." },
  quantize: { type: "string", choices: ["int8"], help: "Write onnx/model_quantized.onnx too, in 8 bits." },
} as const satisfies OptionTable;

const POSITIONALS = [{ name: "data", help: "Labelled texts, or a folder of images by class (the same as --train_file)." }];

export const train = defineVerb({
  name: "train",
  summary: "fine-tune an encoder on a file of labelled texts or a folder of images",
  usage: "[data] [options]",
  positionals: POSITIONALS,
  options: OPTIONS,
  foreign: foreignTrainingOptions,
  examples: [
    "crisp train tickets.csv --model distilbert/distilbert-base-uncased",
    "crisp train tickets.csv --model ./my-encoder --attention 'topK(sparsity=0.8)' --num_train_epochs 4",
    "crisp train photos/ --model google/vit-base-patch16-224-in21k",
  ],
  stopsOnSignal: true,
  continues: continuing({ name: "train", options: OPTIONS, positionals: POSITIONALS, foreign: foreignTrainingOptions }),
  async run(context) {
    const { options, output, positionals, signal } = context;
    const model = modelName("crisp train", options);
    for (const [name, values] of [
      ["--license", options.license ?? []],
      ["--language", options.language ?? []],
    ] as const) {
      const odd = [values].flat().find((value) => !/^[\w.-]+$/.test(value));
      if (odd !== undefined) throw expectedGot("cli/bad-option", name, "an identifier such as apache-2.0 or en", odd);
    }
    const listener = fetchListener(output);
    const { name, ...source } = await trainingData("crisp train", positionals[0], options, { ...listener, signal });
    const pattern = parsePattern(options.attention);
    const unpacked = name.replace(/\.gz$/, "");
    const usual = `${basename(unpacked, extname(unpacked))}-model`;
    return inTrainingFolder({ ...options, command: context.command }, usual, async (folder) => {
      sayAsked(context.output, options.device as Device);
      const run = startTraining({
        ...source,
        model,
        revision: options.modelRevision,
        teacher: options.teacher,
        onDownload: listener,
        streaming: context.given.has("streaming") ? options.streaming : undefined,
        attention: { pattern, ...planOptions(options) },
        columns: columnOptions(options),
        encoding: options.encoding as EncodingName | undefined,
        skipBadRows: options.skipBadRows,
        task: (options.problemType as TaskName | undefined) ?? source.task,
        classWeights: classWeights(options.classWeights),
        maxLength: options.maxSeqLength,
        maxTrainSamples: options.maxTrainSamples,
        seed: options.seed,
        about: {
          ...(!existsSync(model) && { baseModel: model }),
          ...(options.datasetName !== undefined && { datasets: [options.datasetName] }),
          ...(options.license !== undefined && { licence: options.license }),
          ...(options.language && { language: options.language }),
        },
        device: options.device as Device,
        checkpoints: folder.checkpoints,
        log: folder.log,
        ...trackingSettings(options, folder.path),
        signal,
        ...trainingOptionsIn(Object.fromEntries(Object.entries(options).filter(([option]) => context.given.has(option)))),
        ...recipeSettings(options, context.given),
      });
      const show = reporter(context, model, pattern.id);
      let summary: DataSummary | undefined;
      for await (const event of run) {
        folder.follow(event);
        if (event.type === "data") summary = event.summary;
        show(event);
      }
      const result = await run.result;
      if (!result) {
        output.print(stoppedRun(folder, context, options));
        return 130;
      }
      finish(context, result, folder);
      await writeReport(context, result, folder, { summary: summary!, start: model, data: name });
      output.print(`try: ${tryIt(result.model, folder.path)}`);
      return 0;
    });
  },
});

/** Says each event as it comes. */
function reporter(
  { output, options, positionals }: Context<typeof OPTIONS>,
  model: string,
  pattern: string,
): (event: TrainEvent) => void {
  const ofRun = runReporter(output, `${model} · ${pattern}`, ({ evalAccuracy = 0, evalLoss = 0, figures }) =>
    figuresLine(figures ?? { accuracy: evalAccuracy, loss: evalLoss }),
  );
  let phase: { readonly name: string; readonly bar: Progress } | undefined;
  return (event) => {
    output.record(event);
    if (event.type === "recipe") output.say(recipeLine(event.recipe));
    else if (event.type === "long") output.say(longTextsLine(event.texts));
    else if (event.type === "faster") output.say(fasterLine(event.attention));
    else if (event.type === "phase") {
      // of the updates before its first event a bar knows no time
      if (phase?.name !== event.name) phase = { name: event.name, bar: output.progress(event.name, event.steps, event.done) };
      phase.bar.update(event.done);
      if (event.done === event.steps) {
        phase.bar.finish();
        phase = undefined;
      }
    } else if (event.type === "data") {
      for (const line of renderSummary(event.summary)) output.say(line);
      const images = event.summary.splits[0].kind === "image";
      const { text, pair, negative, label } = event.columns ?? { text: "text" };
      sayTwins(output, event.summary.splits[0].classes, positionals[0] ?? options.trainFile);
      const line = `columns  ${images ? "image" : "text"}=${text}${pair ? ` pair=${pair}` : ""}${negative ? ` negative=${negative}` : ""}${label ? ` label=${label}` : ""}`;
      if (event.columns || !images) output.say(line);
    } else if (event.type !== "finished") ofRun(event);
  };
}

/** Labels that are probably one, as they differ in case only, train as several classes. */
function sayTwins(output: Pick<Output, "note">, classes: readonly WrittenLabel[], file?: string): void {
  const [twins, ...others] = labelSpellings(classes);
  if (!twins) return;
  const more = others.length > 0 ? `, and ${others.length} more` : "";
  const written = twins.map(({ label, count }) => `"${label}" ${count}`).join(", ") + more;
  const next = file === undefined ? "" : ` (crisp inspect ${shellQuoted(file)})`;
  output.note(`labels in several spellings train as classes of their own: ${oneLine(written)}${next}`);
}

function finish(
  { output, options }: Context<typeof OPTIONS>,
  result: TrainResult,
  { path: folder, removeOlder }: TrainingFolder,
): void {
  const { metrics, classes, primary, model, evaluated, split, baselines, seconds, freshParameters } = result;
  if (freshParameters.length > 0)
    output.say(`fresh head: ${freshParameters.join(", ")} were not in the model folder and started at random`);
  output.print();
  if (classes) {
    output.print(`${classTable(classes)}\n`);
    if (classes.classes.length <= 10) output.print(`${confusionTable(classes)}\n`);
  }
  const sparse = !isDense(model.card.attention);
  const off = model.card.metrics[`${primary}SparsityOff`];
  const attention = sparse && off !== undefined ? ` · with sparsity off ${off.toFixed(3)}` : "";
  const mistakes = `→ ${join(folder, "errors.csv")}`;
  if (classes) {
    const weakest = weakestOf(classes);
    const { accuracy, macroF1, loss: _, ...more } = metrics;
    const glue = Object.keys(more).length === 0 ? "" : ` · ${figuresLine(more)}`;
    const { probabilities } = evaluated;
    const verdict = trainVerdict({ probabilities, labels: model.config.labels, classes, baselines });
    if (verdict) output.say(verdict);
    const { low, high } = wilsonInterval(Math.round(accuracy * probabilities.length), probabilities.length);
    for (const { name, score } of baselines) output.print(`  ${name} ${score.toFixed(3)}`);
    output.say(
      `${split}  accuracy ${accuracy.toFixed(3)} (95 % ${low.toFixed(3)} to ${high.toFixed(3)})${attention} · macro-F1 ${macroF1.toFixed(3)}${glue} · weakest: ${weakest.label} ${weakest.f1.toFixed(2)} ${mistakes}`,
    );
  } else output.say(`${split}  ${figuresLine(metrics)}${attention} ${mistakes}`);
  if (choseWeights(model.card))
    output.note("these rows also chose the weights, so the figures flatter the model; those of --test_file do not");
  for (const note of model.save(folder, { onnx: options.onnx, quantize: options.quantize as "int8" | undefined }))
    output.note(note);
  removeOlder();
  writeOwnFiles(folder, answerFiles(evaluated, model.config.labels), { obsolete: ANSWER_FILES });
  output.print(`saved ${folder} after ${duration(1000 * seconds)} of training`);
  if (model.card.options?.loraRank === undefined) return;
  const adapter = join(folder, ADAPTER_FILES[0]);
  if (existsSync(adapter)) output.print(`adapter ${dirname(adapter)} (for PEFT, beside the model that training started from)`);
  else if (options.numHiddenLayers !== undefined)
    output.note("no adapter by itself: it belongs to an encoder of fewer layers than the model that training started from");
  else {
    output.note(
      "no adapter by itself: the model that training started from lacks what the recipe put on top. --preset huggingface, or --pooling first without a contrastive phase, gives one",
    );
  }
}

/** Behind everything else: what was trained is saved by now. */
async function writeReport(
  { options, given, output, commandLine }: Context<typeof OPTIONS>,
  result: TrainResult,
  { path: folder, log }: TrainingFolder,
  from: { readonly summary: DataSummary; readonly start: string; readonly data: string },
): Promise<void> {
  const report = await trainReport(result, {
    name: basename(resolve(folder)),
    command: commandLine,
    summary: from.summary,
    course: await runCourse(log.read()),
    facts: shownFacts(result, from),
    options: shownOptions(OPTIONS, { ...options, ...result.model.card.options }, given),
    baselines: result.baselines.filter(({ name }) => name !== MAJORITY),
    onNote: (text) => output.note(text),
  });
  writeOwnFiles(folder, new Map([["report.html", [new TextEncoder().encode(renderTrainReport(report))]]]));
  output.print(`report  ${join(folder, "report.html")}`);
}

/** A command that shows what the model does. */
function tryIt({ reads, config, card: { columns } }: TrainResult["model"], folder: string): string {
  const predict = `npx crisp-attention predict ${shellQuoted(folder)}`;
  if (reads === "images") return `${predict} image.jpg`;
  const inPairs = columns?.pair && !tasks[config.task].labels!.ofPairs;
  const pair = inPairs && JSON.stringify({ [columns.text]: "some text", [columns.pair]: "another" });
  return pair ? `echo ${shellQuoted(pair)} | ${predict}` : `echo "some text" | ${predict}`;
}
