import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { type Dataset, type Example, loadTable, type Table } from "../../data/index-node.ts";
import { counted, expectedGot, printedJson } from "../../errors/index.ts";
import type { Device } from "../../runs/index.ts";
import { cellText, taskOf } from "../../tasks/index.ts";
import { Classifier } from "../classifier/classifier-node.ts";
import type { Teacher } from "./teacher.ts";

/** Examples that a teacher is asked about at once: their probabilities are held no longer than that. */
const AT_ONCE = 1024;

/**
 * Open a teacher.
 *
 * @param from - A classifier, a folder (or zip) that one was saved to, or a table of what one says of each row of the training data, as
 *   `crisp predict` writes it with all labels.
 * @param options.batchSize - Texts that a classifier is asked about at once; default 64.
 * @throws `training/teacher`; `data/…` or what loading a classifier throws.
 */
export async function openTeacher(
  from: string | Classifier,
  { batchSize, ...options }: { readonly device?: Device; readonly batchSize?: number; readonly onNote: (text: string) => void },
): Promise<Teacher> {
  if (typeof from !== "string") return classifierTeacher("a classifier", from, batchSize);
  const name = basename(resolve(from));
  const found = statSync(from, { throwIfNoEntry: false });
  if (!found) {
    const rule = "a folder that crisp train saved, or a file of what a model said of the training data";
    throw expectedGot("training/teacher", "teacher", rule, `no such file: ${from}`, "Check the path.");
  }
  if (found.isFile() && !/\.zip$/i.test(from)) return tableTeacher(from, name);
  return classifierTeacher(name, await Classifier.load(from, options), batchSize);
}

function classifierTeacher(name: string, model: Classifier, batchSize?: number): Teacher {
  const { labels, task } = model.config;
  return {
    name,
    labels,
    task,
    columns: model.card.columns,
    hash: model.hash(createHash("sha256")),
    async logits(dataset, { signal, onRows }) {
      const all: Float32Array[] = [];
      for (let start = 0; start < dataset.examples.length; start += AT_ONCE) {
        // whoever stops this is heard only while nothing is computed
        await new Promise((resume) => setTimeout(resume));
        signal?.throwIfAborted();
        const { logits } = await model.evaluate(
          model.encode({ ...dataset, examples: dataset.examples.slice(start, start + AT_ONCE) }),
          { batchSize },
        );
        for (const row of logits) all.push(Float32Array.from(row));
        onRows(all.length);
      }
      // the student needs the memory
      await model.release();
      return all;
    },
  };
}

/** Columns of a file that predictions were written to, where the data have columns of the same names and where not. */
const COLUMNS = { labels: ["predicted_labels", "labels"], score: ["predicted_score", "score"] } as const;

async function tableTeacher(path: string, name: string): Promise<Teacher> {
  const { columns, rows: tableRows } = await loadTable(path, Object.values(COLUMNS).flat());
  const columnOf = (names: readonly string[]): number => names.map((each) => columns.indexOf(each)).find((at) => at >= 0) ?? -1;
  const listed = columnOf(COLUMNS.labels);
  const scored = columnOf(COLUMNS.score);
  if (listed < 0 && scored < 0) {
    const hint = "Write it with crisp predict, and --top_k as many labels as the model has.";
    throw expectedGot("training/teacher", name, "a column labels, or score", columns.join(", "), hint);
  }
  const isListed = listed >= 0;
  const outputs = tableRows.map(({ line, cells }) =>
    isListed ? probabilitiesIn(cells[listed], `${name}:${line}`) : new Map([["score", cells[scored]]]),
  );
  const labels = [...(outputs[0]?.keys() ?? [])];
  const numbers = outputs.map((output, at): number[] => {
    if (output.size === labels.length && labels.every((label) => output.has(label))) {
      const column = columns[isListed ? listed : scored];
      return labels.map((label) => scoreIn(output.get(label), isListed, `${name}:${tableRows[at].line}`, column));
    }
    const rule = `a number for each of ${labels.join(", ")}, as in the first row`;
    const got = printedJson(Object.fromEntries(output)) ?? "none";
    const hint = "Write it with crisp predict, and --top_k as many labels as the model has.";
    throw expectedGot("training/teacher", `${name}:${tableRows[at].line}`, rule, got, hint);
  });
  return {
    name,
    labels,
    hash: createHash("sha256").update(readFileSync(path)).digest("hex"),
    checkRows: (dataset) => checkRows({ name, columns, rows: tableRows }, dataset),
    async logits(dataset: Dataset, { onRows }) {
      const { distillation } = taskOf(dataset);
      onRows(dataset.examples.length);
      return dataset.examples.map(({ index }) => Float32Array.from(distillation!.logitsOf(numbers[index])));
    },
  };
}

/**
 * Example i of the data is row i of the file: check that there is one, and, where the file has the texts, that it is of the same text.
 *
 * @throws `training/teacher` at the first that is not.
 */
function checkRows({ name, columns, rows }: Table, { name: data, examples, columns: own = { text: "text" } }: Dataset): void {
  const refuse = (where: string, rule: string, got: unknown): never => {
    throw expectedGot("training/teacher", where, rule, got, "Write it with crisp predict, from the same file.");
  };
  if (rows.length !== examples.length)
    refuse(`teacher ${name}`, `a row for each of the ${counted(examples.length, "row")} of ${data}`, rows.length);
  const texts = [
    { at: columns.indexOf(own.text), of: ({ text }: Example) => text },
    { at: own.pair === undefined ? -1 : columns.indexOf(own.pair), of: ({ pair = "" }: Example) => pair },
  ].filter(({ at }) => at >= 0);
  for (const example of examples) {
    const row = rows[example.index];
    if (!row) refuse(`teacher ${name}`, `indices of examples of ${data} below its ${counted(rows.length, "row")}`, example.index);
    for (const { at, of } of texts) {
      if (inOneLine(cellText(row.cells[at])) === inOneLine(of(example))) continue;
      const rule = `in column "${columns[at]}" the text of example ${example.index} of ${data}, ${shown(of(example))}`;
      refuse(`${name}:${row.line}`, rule, shown(cellText(row.cells[at])));
    }
  }
}

/** Formats of tables differ in the spaces and line breaks that they keep. */
const inOneLine = (text: string): string => text.trim().replace(/\s+/g, " ");
const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/**
 * A score as a number: JSON has numbers, a table of text their digits.
 *
 * @param isProbability - Whether it lies in [0, 1].
 */
function scoreIn(score: unknown, isProbability: boolean, where: string, column: string): number {
  const number =
    typeof score === "number" ? score : typeof score === "string" && score.trim() !== "" ? Number(score) : Number.NaN;
  if (isProbability ? number >= 0 && number <= 1 : Number.isFinite(number)) return number;
  const rule = `${isProbability ? "probabilities in [0, 1]" : "a number"} in column "${column}"`;
  throw expectedGot("training/teacher", where, rule, printedJson(score) ?? "nothing", "Write it with crisp predict.");
}

/** A list of labels and scores; in CSV it is written as JSON. */
function probabilitiesIn(cell: unknown, where: string): Map<string, unknown> {
  const list = typeof cell === "string" ? parsed(cell) : cell;
  if (Array.isArray(list) && list.length > 0 && list.every((one) => typeof one?.label === "string"))
    return new Map(list.map(({ label, score }) => [label, score]));
  const rule = 'a list such as [{"label":"spam","score":0.9},{"label":"ham","score":0.1}]';
  throw expectedGot("training/teacher", where, rule, printedJson(cell) ?? "nothing", "Write it with crisp predict.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
