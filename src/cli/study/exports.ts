import { parquetWriteBuffer } from "hyparquet-writer";
import { latexTable, markdownTable } from "../../report/index.ts";
import { type FinishedStudy, figureRows, type PreparedStudy, predictionRows } from "../../studies/index.ts";
import { csvRow } from "../verbs/error-tables.ts";

/** Files that other programs read, beside `results.json`. */
export const EXPORT_FILES = ["figures.csv", "figures.parquet", "predictions.parquet", "table.md", "table.tex"] as const;

/** A study's figures and answers for R, Python and papers, in the order of `EXPORT_FILES`. */
export function studyExports({ definition }: PreparedStudy, { results, runs }: FinishedStudy): (string | Uint8Array)[] {
  const figures = figureRows(results);
  const keys = ["study", "arm", "pattern", "nominal_sparsity", "seed", "step", "metric", "value"] as const;
  const csv = [csvRow(keys), ...figures.map((row) => csvRow(keys.map((key) => String(row[key] ?? ""))))];
  const answers = predictionRows(definition.study, definition.data.reported.examples, runs);
  const text = <Row>(name: string, rows: readonly Row[], of: (row: Row) => string) => ({
    ...{ name, data: rows.map(of), type: "STRING" as const },
  });
  const whole = <Row>(name: string, rows: readonly Row[], of: (row: Row) => number | null) => ({
    ...{ name, data: rows.map(of), type: "INT32" as const },
  });
  const real = <Row>(name: string, rows: readonly Row[], of: (row: Row) => number) => ({
    ...{ name, data: rows.map(of), type: "DOUBLE" as const },
  });
  const seed = (rows: readonly { readonly seed: number }[]) => ({
    ...{ name: "seed", data: rows.map((row) => BigInt(row.seed)), type: "INT64" as const },
  });
  const figuresParquet = parquetWriteBuffer({
    columnData: [
      text("study", figures, (row) => row.study),
      text("arm", figures, (row) => row.arm),
      text("pattern", figures, (row) => row.pattern),
      real("nominal_sparsity", figures, (row) => row.nominal_sparsity),
      seed(figures),
      whole("step", figures, (row) => row.step),
      text("metric", figures, (row) => row.metric),
      real("value", figures, (row) => row.value),
    ],
  });
  const answersParquet = parquetWriteBuffer({
    columnData: [
      text("study", answers, (row) => row.study),
      text("arm", answers, (row) => row.arm),
      seed(answers),
      whole("index", answers, (row) => row.index),
      whole("label", answers, (row) => row.label),
      whole("predicted", answers, (row) => row.predicted),
      ...definition.data.train.labels.map((_, label) => real(`p${label}`, answers, (row) => row.probabilities[label])),
    ],
  });
  return [
    `${csv.join("\n")}\n`,
    new Uint8Array(figuresParquet),
    new Uint8Array(answersParquet),
    markdownTable(results),
    latexTable(results),
  ];
}
