import { basename } from "node:path";
import { type PretrainEvent, pretrainingDefaults, pretrain as startPretraining } from "../../api/index-node.ts";
import { isDense, parsePattern } from "../../attention/index.ts";
import { counted, expectedGot } from "../../errors/index.ts";
import type { Device } from "../../runs/index.ts";
import { foreignTrainingOptions, trainingOptionsIn } from "../../training/index.ts";
import { continuing, inTrainingFolder, stoppedRun } from "../output-folder.ts";
import { duration } from "../progress.ts";
import { fetchListener, planOptions, sayAsked, trackingSettings, trainFile } from "../read-options.ts";
import { shellQuoted } from "../run-command.ts";
import { runReporter } from "../run-reporter.ts";
import { type Context, defineVerb } from "../verb.ts";
import {
  DATA_OPTIONS,
  DEVICE_OPTION,
  MODEL_OPTIONS,
  PLAN_OPTIONS,
  RUN_NAME_OPTION,
  TRACKING_OPTIONS,
  TRAINING_OPTIONS,
} from "./training-options.ts";

// Every label counts in full here, a batch goes through once, there is no teacher, and evaluation takes the batches of training: these
// would change nothing.
const {
  label_smoothing_factor: _smoothing,
  r_drop_alpha: _rDrop,
  distillation_alpha: _alpha,
  distillation_temperature: _temperature,
  per_device_eval_batch_size: _evalBatch,
  ...TRAINING
} = TRAINING_OPTIONS;

const OPTIONS = {
  train_file: { type: "string", unit: "file", help: "Plain text, gzip of it: lines, an empty line between documents." },
  validation_file: { type: "string", unit: "file", help: "Held-out text; left out, a hundredth of the documents." },
  ...MODEL_OPTIONS,
  config_name: { type: "string", unit: "file", help: "config.json of an encoder to train from nothing, instead of --model." },
  tokenizer_name: { type: "string", unit: "folder", help: "Folder with its tokenizer." },
  mlm_probability: { type: "number", min: 0, max: 1, default: 0.15, help: "Share of the tokens that are predicted." },
  line_by_line: { type: "boolean", help: "Every line stands alone, instead of filling blocks." },
  max_seq_length: { ...DATA_OPTIONS.max_seq_length, help: "Tokens a block." },
  device: { ...DEVICE_OPTION, default: "auto" },
  ...PLAN_OPTIONS,
  ...TRAINING,
  learning_rate: { ...TRAINING.learning_rate, default: pretrainingDefaults.learningRate },
  output_dir: { ...TRAINING.output_dir, help: "Where the model and the checkpoints go; left out, <name of the text>-encoder." },
  ...TRACKING_OPTIONS,
  run_name: RUN_NAME_OPTION,
} as const;

const POSITIONALS = [{ name: "text", help: "Plain text (the same as --train_file)." }];

export const pretrain = defineVerb({
  name: "pretrain",
  summary: "train an encoder to fill in masked words of plain text",
  usage: "[text] [options]",
  positionals: POSITIONALS,
  options: OPTIONS,
  foreign: foreignTrainingOptions,
  examples: [
    "crisp pretrain manuals.txt --model distilbert/distilbert-base-uncased --num_train_epochs 3",
    "crisp pretrain text.txt.gz --config_name config.json --tokenizer_name tokenizer --learning_rate 5e-4 --max_steps 20000",
  ],
  stopsOnSignal: true,
  continues: continuing({ name: "pretrain", options: OPTIONS, positionals: POSITIONALS, foreign: foreignTrainingOptions }),
  async run(context) {
    const { options, output, positionals, signal } = context;
    const data = textFile(positionals[0], options.trainFile);
    const pattern = parsePattern(options.attention);
    const usual = `${basename(data).replace(/\..*$/, "")}-encoder`;
    return inTrainingFolder({ ...options, command: context.command }, usual, async (folder) => {
      sayAsked(output, options.device as Device);
      const run = startPretraining({
        data,
        validation: options.validationFile,
        model: options.modelNameOrPath,
        revision: options.modelRevision,
        onDownload: fetchListener(output),
        config: options.configName,
        tokenizer: options.tokenizerName,
        attention: { pattern, ...planOptions(options) },
        maxLength: options.maxSeqLength,
        lineByLine: options.lineByLine,
        mlmProbability: options.mlmProbability,
        seed: options.seed,
        device: options.device as Device,
        checkpoints: folder.checkpoints,
        log: folder.log,
        ...trackingSettings(options, folder.path),
        signal,
        ...trainingOptionsIn(options),
      });
      const show = reporter(context, pattern.id);
      for await (const event of run) {
        folder.follow(event);
        show(event);
      }
      const result = await run.result;
      if (!result) {
        output.print(stoppedRun(folder, context, options));
        return 130;
      }
      result.save(folder.path);
      folder.removeOlder();
      const off = isDense({ pattern }) ? "" : ` · with sparsity off ${result.lossSparsityOff.toFixed(4)}`;
      output.say(`held out  loss ${result.loss.toFixed(4)} · perplexity ${Math.exp(result.loss).toFixed(2)}${off}`);
      output.print(`saved ${folder.path} after ${duration(1000 * result.seconds)} of training`);
      output.print(`next: npx crisp-attention train <labelled texts> --model ${shellQuoted(folder.path)}`);
      return 0;
    });
  },
});

/** The text: the positional argument or `--train_file`. */
function textFile(positional: string | undefined, option: string | undefined): string {
  if (positional !== undefined || option !== undefined) return trainFile("crisp pretrain", positional, option);
  const hint = "Example: crisp pretrain manuals.txt --model DIR";
  throw expectedGot("cli/missing-argument", "crisp pretrain", "a file of plain text", "none", hint);
}

/** Says each event as it comes. */
function reporter({ output }: Context<typeof OPTIONS>, pattern: string): (event: PretrainEvent) => void {
  const ofRun = runReporter(
    output,
    pattern,
    ({ evalLoss = 0 }) => `loss ${evalLoss.toFixed(4)} · perplexity ${Math.exp(evalLoss).toFixed(2)}`,
  );
  return (event) => {
    output.record(event);
    if (event.type !== "text") return ofRun(event);
    const [documents, tokens, blocks, heldOut] = [event.documents, event.tokens, event.blocks, event.heldOut].map((count) =>
      count.toLocaleString("en-US"),
    );
    output.say(
      `text   ${counted(documents, "document")} · ${counted(tokens, "token")} in ${counted(blocks, "block")} · ${counted(heldOut, "block")} held out`,
    );
  };
}
