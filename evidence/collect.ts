// The finished cells of a study's folder into evidence/results/NAME: node evidence/collect.ts FOLDER NAME [--partial] [--parts imdb=2000,typos=872]
// --partial writes nothing, and says what is there. --parts: the reported texts are several sets, one behind the other, and each becomes
// a cell of its own.
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

/** A run of the reported texts that is a set of its own. */
interface Part {
  /** Empty where all texts are one set. */
  readonly name: string;
  readonly from: number;
  readonly to?: number;
  /** Texts of all parts. */
  readonly all?: number;
}
const WHOLE: Part = { name: "", from: 0 };

/** `imdb=2000,typos=872`: names and numbers of texts, in their order. @throws `evidence/usage`. */
export function parseParts(words: string): Part[] {
  let from = 0;
  const parts = words.split(",").map((word) => {
    const [, name, texts] = /^([\w-]+)=(\d+)$/.exec(word) ?? [];
    if (name === undefined) throw expectedGot("evidence/usage", "--parts", "NAME=TEXTS,…", words);
    from += Number(texts);
    return { name, from: from - Number(texts), to: from };
  });
  return parts.map((part) => ({ ...part, all: from }));
}

/**
 * What is kept of a finished cell, or of one part of its texts. Effective sparsity, temperature and mean length stay those of all.
 *
 * @throws `evidence/not-binary`; `evidence/other-split` where two runs answer other texts; `evidence/rounded` where a probability is so
 *   near to a half that float32 changes the answer; `evidence/other-parts` where the parts are not all texts.
 */
export function readStudyCell(
  folder: string,
  { path, study, planned }: FoundCell,
  { from, to, all }: Part = WHOLE,
): Omit<Cell, "name"> {
  const stored = planned.map((name) => {
    const run = JSON.parse(readFileSync(join(folder, path, "runs", `${name}.json`), "utf8")) as StoredRun;
    const [labels, probabilities] = [run.record.labels, run.record.probabilities];
    if (all !== undefined && all !== labels.length)
      throw expectedGot("evidence/other-parts", `${name} of ${study.study}`, `the ${all} texts of all parts`, labels.length);
    return { ...run, record: { ...run.record, labels: labels.slice(from, to), probabilities: probabilities.slice(from, to) } };
  });
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
export function collect(folder: string, name: string, { partial = false, out = RESULTS, parts = [WHOLE] } = {}): string[] {
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
  const read = finished.flatMap((cell) =>
    parts.map((part) => [join(out, name, cell.path, part.name), cellFiles(readStudyCell(folder, cell, part))] as const),
  );
  for (const [own, files] of read) writeFilesAtomically(own, files);
  return lines.map((line, at) => `${line}${cells[at].missing.length === 0 ? ", collected" : ", left out"}`);
}

if (import.meta.filename === argv[1]) {
  const options = { partial: { type: "boolean" }, parts: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  try {
    const [folder, name] = positionals;
    if (folder === undefined || name === undefined) {
      throw expectedGot("evidence/usage", "collect.ts", "FOLDER NAME", positionals.join(" ") || "nothing");
    }
    const parts = values.parts === undefined ? undefined : parseParts(values.parts);
    for (const line of collect(folder, name, { partial: values.partial, parts })) console.log(line);
  } catch (error) {
    if (!(error instanceof CrispError)) throw error;
    console.error(error.message);
    exit(1);
  }
}
