import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { type AuditEvent, audit as auditTexts } from "../../../api/index-node.ts";
import type { Audit } from "../../../audit/index.ts";
import type { EncodingName } from "../../../data/index.ts";
import { expectedGot } from "../../../errors/index.ts";
import { jsonBytes } from "../../../files/index.ts";
import { writeOwnFiles } from "../../../files/index-node.ts";
import type { Device } from "../../../runs/index.ts";
import { inOutputFolder } from "../../in-output-folder.ts";
import type { Output } from "../../output.ts";
import type { Progress } from "../../progress.ts";
import { columnOptions, fetchListener, modelName, sayAsked, trainFile } from "../../read-options.ts";
import { apiName, defineVerb, type OptionTable } from "../../verb.ts";
import { RECIPE_OPTIONS } from "../recipe-options.ts";
import { BATCH_OPTION, DATA_OPTIONS, DEVICE_OPTION, MODEL_OPTIONS, READING_OPTIONS } from "../training-options.ts";
import { auditCsv } from "./csv.ts";
import { auditLines } from "./lines.ts";

const OPTIONS = {
  text_column_name: DATA_OPTIONS.text_column_name,
  label_column_name: DATA_OPTIONS.label_column_name,
  ...READING_OPTIONS,
  model_name_or_path: {
    ...MODEL_OPTIONS.model_name_or_path,
    help: "Encoder whose features are compared, or which is fine-tuned.",
  },
  model_revision: MODEL_OPTIONS.model_revision,
  max_seq_length: DATA_OPTIONS.max_seq_length,
  folds: {
    type: "integer",
    unit: "folds",
    min: 2,
    default: 5,
    help: "Parts of the rows that are each predicted by a model of the others; classes of fewer rows are not judged.",
  },
  seed: {
    type: "integer",
    min: 0,
    default: 42,
    help: "Of the folds, of the texts that others are compared with, and of a training.",
  },
  fine_tune: {
    type: "boolean",
    help: "Predict each fold by a fine-tuned encoder: minutes instead of seconds. Left out, by a logistic regression of the frozen encoder's features and of the words.",
  },
  preset: { ...RECIPE_OPTIONS.preset, help: "Recipe of --fine_tune; left out, auto." },
  time_budget: { ...RECIPE_OPTIONS.time_budget, help: "What --fine_tune may take on a laptop's two cores, all folds together." },
  unlabelled_file: {
    type: "string",
    unit: "file",
    aliases: ["unlabelled"],
    inCode: ["unlabelled"],
    help: "Texts without labels, one a line or a table: those to label next are named.",
  },
  to_label: { type: "integer", unit: "texts", min: 1, default: 20, help: "How many of them to name." },
  slice_columns: {
    type: "list",
    unit: "column[,column]",
    help: "Columns whose values part the rows, e.g. their source; left out, those of 2 to 20 different values.",
  },
  show: { type: "integer", unit: "rows", min: 1, default: 10, help: "Rows to print of each kind; audit.csv has all." },
  device: DEVICE_OPTION,
  per_device_eval_batch_size: { ...BATCH_OPTION, inCode: ["batchSize"] },
  output_dir: { type: "string", unit: "folder", help: "Where audit.csv and audit.json go; left out, none are written." },
} as const satisfies OptionTable;

const AUDIT_FILES = ["audit.csv", "audit.json"];

export const audit = defineVerb({
  name: "audit",
  summary: "find labels that are likely wrong, odd texts, weak slices, and what to label next",
  usage: "<data> [options]",
  positionals: [{ name: "data", help: "Labelled texts: TSV, CSV, JSONL, gzip of each, or Parquet.", required: true }],
  options: OPTIONS,
  examples: [
    "crisp audit tickets.csv --model sentence-transformers/all-MiniLM-L6-v2 --output_dir tickets-audit",
    "crisp audit tickets.csv --model ./my-encoder --unlabelled_file more-tickets.txt --to_label 50",
  ],
  async run({ options, given, output, positionals }) {
    const data = trainFile("crisp audit", positionals[0], undefined);
    const model = modelName("crisp audit", options);
    const device = options.device as Device | undefined;
    checkOfUse(given);
    for (const file of [data, options.unlabelledFile]) checkOtherFile(file, options.outputDir);
    return inOutputFolder(options.outputDir, { what: "audit", files: AUDIT_FILES }, async () => {
      sayAsked(output, device);
      // before it is read: a file that changes meanwhile is then another one than was audited
      const source = options.outputDir === undefined ? undefined : sourceOf(data, options.outputDir);
      const found = await auditTexts({
        ...columnOptions(options),
        ...{ data, model, device, revision: options.modelRevision, maxLength: options.maxSeqLength },
        encoding: options.encoding as EncodingName | undefined,
        skipBadRows: options.skipBadRows,
        ...{ folds: options.folds, seed: options.seed, fineTune: options.fineTune },
        ...{ preset: options.preset, timeBudget: options.timeBudget },
        ...{ unlabelled: options.unlabelledFile, toLabel: options.toLabel, sliceColumns: options.sliceColumns },
        batchSize: options.perDeviceEvalBatchSize,
        listener: fetchListener(output),
        onEvent: reporter(output),
      });
      output.record(found);
      for (const line of auditLines(found, options.show)) {
        if (line.style) output.print(output.style(line.style, line.text));
        else output.print(line.text);
      }
      if (options.outputDir === undefined) return 0;
      const files = new Map([
        ["audit.csv", [new TextEncoder().encode(auditCsv(found))]],
        ["audit.json", [jsonBytes({ ...found, source })]],
      ]);
      writeOwnFiles(options.outputDir, files);
      output.print(`wrote ${join(options.outputDir, "audit.csv")} and audit.json`);
      return 0;
    });
  },
});

/** By which `crisp ui` finds the file again, and sees whether it is the same. */
function sourceOf(data: string, folder: string): Audit["source"] {
  if (!statSync(data, { throwIfNoEntry: false })?.isFile()) return undefined;
  // as seen from where the folder really is
  const path = relative(realpathSync(folder), realpathSync(data)).split(sep).join("/");
  return { path, sha256: createHash("sha256").update(readFileSync(data)).digest("hex") };
}

/** Options that mean something only beside another one. */
const BESIDE = [
  ["preset", "fine_tune"],
  ["time_budget", "fine_tune"],
  ["to_label", "unlabelled_file"],
] as const satisfies readonly (readonly (keyof typeof OPTIONS)[])[];

/** @throws `cli/bad-option` for an option that would do nothing. */
function checkOfUse(given: ReadonlySet<string>): void {
  for (const [name, other] of BESIDE) {
    if (!given.has(apiName(name)) || given.has(apiName(other))) continue;
    const hint = `Add --${other}, or leave --${name} out.`;
    throw expectedGot("cli/bad-option", `--${name}`, `--${other} beside it`, "none", hint);
  }
}

/**
 * What is read stays as it is, also where it is an earlier audit.csv, which would be replaced.
 *
 * @throws `cli/bad-option`.
 */
function checkOtherFile(file: string | undefined, folder: string | undefined): void {
  if (file === undefined || folder === undefined || !existsSync(file)) return;
  for (const name of AUDIT_FILES.map((each) => join(folder, each))) {
    if (!existsSync(name) || realpathSync(name) !== realpathSync(file)) continue;
    throw expectedGot("cli/bad-option", "--output_dir", `a folder whose ${name} is not read`, file, "Choose another folder.");
  }
}

/** A bar for the texts that are read, and one for each fold that is trained. */
function reporter(output: Output): (event: AuditEvent) => void {
  let current: { readonly name: string; readonly bar: Progress } | undefined;
  const tell = (name: string, done: number, total: number): void => {
    if (current?.name !== name) current = { name, bar: output.progress(name, total) };
    current.bar.update(done);
    if (done === total) current.bar.finish();
  };
  return (event) => {
    if (event.type === "read") tell("reading texts", event.done, event.total);
    else if (event.type === "phase") tell(event.name, event.done, event.steps);
    else if (event.type === "step") tell("all rows", event.step, event.steps);
    else if (event.type === "note") output.note(event.text);
  };
}
