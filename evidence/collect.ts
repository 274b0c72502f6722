// The finished cells of a study's folder into evidence/results/NAME: node evidence/collect.ts FOLDER NAME [--partial]
// --partial writes nothing, and says what is there.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { parseArgs } from "node:util";
import { CrispError, counted, expectedGot } from "../src/errors/index.ts";
import { writeFilesAtomically } from "../src/files/index-node.ts";
import { argmax, negativeLogLikelihood } from "../src/metrics/index.ts";
import type { StoredRun, StudyResults } from "../src/studies/index.ts";
import { type Cell, cellFiles, RESULTS } from "./cell-files.ts";

/** What is read of `study.json`. */
interface StudyFile {
  readonly study: string;
  readonly plan: { readonly seeds: readonly number[] };
  /** By the name of a run, `<arm>.seed-<n>`; arms of a seed stand in the study's order. */
  readonly ids: Readonly<Record<string, string>>;
  /** Runs whose record is that of a study before it. */
  readonly replaces: readonly string[];
}

/** A study's folder, or one of its cells, finished or not. */
export interface FoundCell {
  /** Below the study's folder; empty for a study of one cell. */
  readonly path: string;
  readonly study: StudyFile;
  /** Names of its runs, arms in the study's order and seeds ascending; seeds beyond the plan are no part of it. */
  readonly planned: readonly string[];
  readonly missing: readonly string[];
}

const RUN_NAME = /^(.+)\.seed-\d+$/;

/** The cells below a folder, in the order of their names. @throws `evidence/no-study`. */
export function findCells(folder: string): FoundCell[] {
  const paths = globSync("**/study.json", { cwd: folder }).map((file) => dirname(file).replaceAll("\\", "/"));
  if (paths.length === 0)
    throw expectedGot("evidence/no-study", folder, "the folder of a study", "none", "Give its --output_dir.");
  return paths.sort().map((path) => {
    const study = JSON.parse(readFileSync(join(folder, path, "study.json"), "utf8")) as StudyFile;
    const arms = [...new Set(Object.keys(study.ids).map((name) => RUN_NAME.exec(name)![1]))];
    const seeds = study.plan.seeds.toSorted((a, b) => a - b);
    const planned = arms.flatMap((arm) => seeds.map((seed) => `${arm}.seed-${seed}`));
    const there = (name: string): boolean =>
      !study.replaces.includes(name) && existsSync(join(folder, path, "runs", `${name}.json`));
    return { path: path === "." ? "" : path, study, planned, missing: planned.filter((name) => !there(name)) };
  });
}

/**
 * What is kept of a finished cell.
 *
 * @throws `evidence/not-binary`; `evidence/other-split` where two runs answer other texts; `evidence/rounded` where a probability is so
 *   near to a half that float32 changes the answer.
 */
export function readStudyCell(folder: string, { path, study, planned }: FoundCell): Omit<Cell, "name"> {
  const stored = planned.map((name) => JSON.parse(readFileSync(join(folder, path, "runs", `${name}.json`), "utf8")) as StoredRun);
  const [first] = stored;
  const { labels } = first.record;
  const resultsFile = join(folder, path, "results.json");
  const results = existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, "utf8")) as StudyResults) : undefined;
  const { hiddenSize, intermediateSize, layers } = first.config;
  const positive = stored.map(({ record }, at) => {
    const where = `${planned[at]} of ${study.study}`;
    if (record.labels.join() !== labels.join())
      throw expectedGot("evidence/other-split", where, "the labels of the first run", "others");
    return Float64Array.from(record.probabilities, (row, e) => {
      if (row.length !== 2) throw expectedGot("evidence/not-binary", where, "2 classes", row.length);
      const single = Math.fround(row[1]);
      if (argmax(row) !== Number(single > 0.5))
        throw expectedGot("evidence/rounded", `${where}, text ${e}`, "an answer that float32 keeps", row[1]);
      return single;
    });
  });
  const dense = results?.arms.find(({ name }) => name === results.baseline);
  return {
    facts: {
      ...{ study: study.study, seeds: study.plan.seeds, hiddenSize, intermediateSize, layers },
      // a study tells FLOPs: 4 n² D a layer for the dense core
      meanTokens: dense ? Math.sqrt(dense.flops.core / (4 * hiddenSize * layers)) : null,
      cpu: results ? String(results.environment.cpu) : null,
      node: results ? String(results.environment.node) : null,
    },
    runs: stored.map(({ record, plan, runtime }) => ({
      ...{ arm: record.arm, pattern: plan.pattern, seed: record.seed, updates: record.steps },
      ...{ trainLoss: record.trainLoss, temperature: record.temperature, effectiveSparsity: record.effectiveSparsity },
      accuracy: record.probabilities.filter((row, e) => argmax(row) === labels[e]).length / labels.length,
      loss: negativeLogLikelihood(record.probabilities, labels),
      seconds: Math.round(10 * record.seconds) / 10,
      diverged: record.diverged ?? false,
      ...{ runtime: `${runtime.name} ${runtime.version}`.trim(), threads: runtime.threads },
    })),
    ...{ labels, positive },
  };
}

/**
 * Collect a study.
 *
 * @returns One line a cell, for people.
 * @throws `evidence/unfinished`, before anything is written; what `readStudyCell` throws.
 */
export function collect(folder: string, name: string, { partial = false, out = RESULTS } = {}): string[] {
  const cells = findCells(folder);
  const lines = cells.map(({ path, planned, missing }) => {
    const done = `${planned.length - missing.length} of ${counted(planned.length, "run")}`;
    return `${[name, path].filter(Boolean).join("/")}: ${done}${missing.length === 0 ? "" : `, next ${missing[0]}`}`;
  });
  if (partial) return lines;
  const finished = cells.filter(({ missing }) => missing.length === 0);
  if (finished.length === 0) {
    const hint = "Let the study go on; --partial says what is there.";
    throw expectedGot("evidence/unfinished", folder, "at least one finished cell", lines.join("; "), hint);
  }
  const read = finished.map((cell) => [join(out, name, cell.path), cellFiles(readStudyCell(folder, cell))] as const);
  for (const [own, files] of read) writeFilesAtomically(own, files);
  return lines.map((line, at) => `${line}${cells[at].missing.length === 0 ? ", collected" : ", left out"}`);
}

if (import.meta.filename === argv[1]) {
  const { values, positionals } = parseArgs({ options: { partial: { type: "boolean" } }, allowPositionals: true });
  try {
    const [folder, name] = positionals;
    if (folder === undefined || name === undefined) {
      throw expectedGot("evidence/usage", "collect.ts", "FOLDER NAME", positionals.join(" ") || "nothing");
    }
    for (const line of collect(folder, name, values)) console.log(line);
  } catch (error) {
    if (!(error instanceof CrispError)) throw error;
    console.error(error.message);
    exit(1);
  }
}
