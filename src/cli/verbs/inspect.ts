import { modelFolderOf, staysOnDisk } from "../../api/index-node.ts";
import { classesOf, type DataInspection, type EncodingName, inspectData, type ReadTable } from "../../data/index.ts";
import { loadForInspection, loadTokenizer } from "../../data/index-node.ts";
import { CrispError, oneLine } from "../../errors/index.ts";
import type { TaskName } from "../../tasks/index.ts";
import { inOptionNames } from "../option-names.ts";
import { columnOptions, fetchListener, trainFile } from "../read-options.ts";
import { shellQuoted } from "../run-command.ts";
import { defineVerb, type OptionTable, type OptionValues } from "../verb.ts";
import { rendered, rowsOf, WIDTH } from "./inspect-lines.ts";
import { DATA_OPTIONS, MODEL_OPTIONS, TASK_OPTIONS } from "./training-options.ts";

const OPTIONS = {
  validation_file: {
    ...DATA_OPTIONS.validation_file,
    help: "What is to be evaluated during training; looked through for leaks.",
  },
  test_file: { ...DATA_OPTIONS.test_file, help: "What is to be evaluated at the end; looked through for leaks." },
  text_column_name: DATA_OPTIONS.text_column_name,
  label_column_name: DATA_OPTIONS.label_column_name,
  encoding: DATA_OPTIONS.encoding,
  problem_type: TASK_OPTIONS.problem_type,
  model_name_or_path: { ...MODEL_OPTIONS.model_name_or_path, help: "Model folder, or name on the Hub, to count tokens with." },
  model_revision: MODEL_OPTIONS.model_revision,
} as const satisfies OptionTable;

/** Longer than any text. */
const UNCUT = 2 ** 30;

export const inspect = defineVerb({
  name: "inspect",
  summary: "say what a file of labelled texts holds, and what is wrong with it, before training",
  usage: "<data> [options]",
  positionals: [{ name: "data", help: "Labelled texts: TSV, CSV, JSONL, gzip of each, or Parquet.", required: true }],
  options: OPTIONS,
  examples: [
    "crisp inspect tickets.csv",
    "crisp inspect train.tsv --validation_file dev.tsv --model distilbert/distilbert-base-uncased",
  ],
  async run({ options, output, positionals }) {
    const data = trainFile("crisp inspect", positionals[0], undefined);
    const { modelNameOrPath: model, modelRevision: revision, encoding } = options;
    const tokenizer =
      model === undefined
        ? undefined
        : await loadTokenizer(await modelFolderOf(model, { ...fetchListener(output), revision }), { maxLength: UNCUT });
    const read = (path: string, like?: ReadTable): Promise<ReadTable> =>
      loadForInspection(path, {
        ...columnOptions(options),
        encoding: encoding as EncodingName | undefined,
        task: like?.read?.dataset.task ?? (options.problemType as TaskName | undefined),
        labels: like && classesOf(like),
      });
    const train = await read(data);
    const files = [train];
    for (const path of [options.validationFile, options.testFile]) if (path !== undefined) files.push(await read(path, train));
    const inspection = withOptionNames(inspectData(files, { tokenizer }));
    const command = trainCommand(data, inspection, options, staysOnDisk([data]));
    output.record({ ...inspection, command });
    for (const [at, { name }] of inspection.files.entries()) {
      output.print(output.style("bold", oneLine(name, WIDTH)));
      for (const row of rowsOf(inspection, at)) {
        for (const line of rendered(row)) output.print(row.asks ? output.style("yellow", line) : line);
      }
      output.print();
    }
    output.print(model === undefined ? "next, with a model in place of MODEL" : "next");
    for (const line of commandLines(command)) output.print(line);
    return inspection.files.some(({ columnsError }) => columnsError !== undefined) ? 1 : 0;
  },
});

/** Columns that cannot be guessed are a finding here, not an error, but say the same. */
const withOptionNames = (inspection: DataInspection): DataInspection => ({
  ...inspection,
  files: inspection.files.map((file) => {
    if (file.columnsError === undefined) return file;
    return { ...file, columnsError: inOptionNames(new CrispError("data/columns", file.columnsError), OPTIONS).message };
  }),
});

/**
 * The training that follows, as arguments: what was given here, and what the findings ask for.
 *
 * @param onDisk - Training guesses neither encoding nor length of data that stay on disk; otherwise both are left to it.
 */
export function trainCommand(
  data: string,
  { advice, files }: Pick<DataInspection, "advice" | "files">,
  options: Partial<OptionValues<typeof OPTIONS>>,
  onDisk: boolean,
): string[] {
  const { columnsError } = files[0];
  const text = options.textColumnName?.join(",") ?? (columnsError === undefined ? undefined : "TEXT");
  const values: Readonly<Record<string, string | number | undefined>> = {
    validation_file: options.validationFile,
    test_file: options.testFile,
    model: options.modelNameOrPath ?? "MODEL",
    model_revision: options.modelRevision,
    text_column_name: text,
    label_column_name: options.labelColumnName ?? (columnsError === undefined ? undefined : "LABEL"),
    encoding: options.encoding ?? (onDisk ? advice.encoding : undefined),
    task: options.problemType ?? advice.task,
    class_weights: advice.classWeights,
    max_seq_length: onDisk ? advice.maxLength : undefined,
    long_texts: onDisk ? advice.longTexts : undefined,
  };
  const named = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
  // An argument that begins with a dash would be an option.
  const path = data.startsWith("-") ? `./${data}` : data;
  return ["crisp", "train", path, ...named, ...(advice.skipBadRows ? ["--skip_bad_rows"] : [])];
}

/** The command as a shell takes it, on lines of up to 80 columns where its arguments allow. */
export function commandLines(command: readonly string[]): string[] {
  // An option stays with its value.
  const parts: string[] = [];
  for (const [at, argument] of command.map(shellQuoted).entries()) {
    if (at > 0 && (!argument.startsWith("--") || at < 3)) parts.push(`${parts.pop()} ${argument}`);
    else parts.push(argument);
  }
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + part.length + 3 <= WIDTH) lines[lines.length - 1] = `${line} ${part}`;
    else lines.push(`${line === undefined ? "  " : "    "}${part}`);
  }
  return lines.map((line, at) => (at < lines.length - 1 ? `${line} \\` : line));
}
