// How many planted label errors crisp audit finds, beside cleanlab on the same probabilities:
//   node bench/audit.ts --data SST-2/train.tsv --model MiniLM [--rows 5000] [--wrong 0.05] [--seed 1] [--fine_tune] [--python python]
// Labels of some rows drawn by the seed are changed; the first tenth of all rows, by the probability of their label, is looked at.
// For two classes. `--python` names one that has cleanlab (pip install cleanlab); without it, Crisp stands alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { audit } from "../src/api/index-node.ts";
import { loadDataset } from "../src/data/index-node.ts";
import { averageRanks, pearson } from "../src/metrics/index.ts";
import { permutation } from "../src/random/index.ts";

const { values } = parseArgs({
  options: {
    ...{ data: { type: "string" }, model: { type: "string" }, python: { type: "string" } },
    ...{ rows: { type: "string", default: "5000" }, wrong: { type: "string", default: "0.05" } },
    ...{ seed: { type: "string", default: "1" }, fine_tune: { type: "boolean", default: false } },
    time_budget: { type: "string" },
  },
});
const { data, model, python, fine_tune: fineTune } = values;
if (data === undefined || model === undefined) throw new Error("usage: node bench/audit.ts --data FILE --model FOLDER");
const seed = Number(values.seed);
const timeBudget = values.time_budget === undefined ? undefined : Number(values.time_budget);

const { examples, labels } = await loadDataset(data);
const drawn = [...permutation({ seed, step: 0, site: "bench-audit-rows" }, examples.length)].slice(0, Number(values.rows));
const planted = new Set(
  permutation({ seed, step: 0, site: "bench-audit-wrong" }, drawn.length).subarray(
    0,
    Math.round(Number(values.wrong) * drawn.length),
  ),
);
const work = mkdtempSync(join(tmpdir(), "crisp-audit-"));
try {
  const file = join(work, "planted.jsonl");
  const given = drawn.map((at, row) => (planted.has(row) ? 1 - examples[at].label : examples[at].label));
  writeFileSync(file, drawn.map((at, row) => JSON.stringify({ text: examples[at].text, label: labels[given[row]] })).join("\n"));
  const started = performance.now();
  const found = await audit({ data: file, model, fineTune, seed, timeBudget });
  const seconds = (performance.now() - started) / 1000;

  const scores = found.scores.map(({ labelScore }) => labelScore!);
  const flagged = new Set(found.labelErrors.found.map(({ row }) => row));
  const own = judged(scores, flagged);
  const cleanlab = python === undefined ? undefined : cleanlabOn(python, given, scores);
  console.log(
    JSON.stringify({
      ...{ data: found.data && data.split("/").slice(-2).join("/"), rows: drawn.length, planted: planted.size, seed },
      ...{ by: found.method.predictedBy, folds: found.method.folds, timeBudget, seconds: Number(seconds.toFixed(1)) },
      agreement: share(found.accuracy.right, found.accuracy.rows),
      crisp: own,
      ...(cleanlab && {
        cleanlab: {
          ...{ version: cleanlab.version, seconds: cleanlab.seconds, ...judged(cleanlab.scores, new Set(cleanlab.flagged)) },
          flaggedByBoth: cleanlab.flagged.filter((row) => flagged.has(row)).length,
          rankCorrelation: pearson(averageRanks(scores), averageRanks(cleanlab.scores)),
          sameFirstTenth: share(firstTenth(scores).filter((row) => firstTenth(cleanlab.scores).includes(row)).length, tenth()),
        },
      }),
      ...{ cpu: cpus()[0].model.trim(), cores: availableParallelism(), loadAverage: loadavg()[0], node: process.versions.node },
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** What a ranking and a list of likely errors say of the planted ones. */
function judged(scores: readonly number[], flagged: ReadonlySet<number>) {
  const right = [...flagged].filter((row) => planted.has(row)).length;
  return {
    foundInFirstTenth: share(firstTenth(scores).filter((row) => planted.has(row)).length, planted.size),
    flagged: flagged.size,
    recallOfFlagged: share(right, planted.size),
    precisionOfFlagged: share(right, flagged.size),
  };
}

function tenth(): number {
  return Math.round(drawn.length / 10);
}

function firstTenth(scores: readonly number[]): number[] {
  return scores
    .map((_, row) => row)
    .sort((a, b) => scores[a] - scores[b] || a - b)
    .slice(0, tenth());
}

function share(part: number, whole: number): number {
  return Number((part / whole).toFixed(4));
}

function cleanlabOn(
  python: string,
  labels: readonly number[],
  scores: readonly number[],
): {
  readonly version: string;
  readonly seconds: number;
  readonly flagged: readonly number[];
  readonly scores: readonly number[];
} {
  const probabilities = scores.map((own, row) => (labels[row] === 0 ? [own, 1 - own] : [1 - own, own]));
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, "peers/cleanlab_audit.py")], {
    input: JSON.stringify({ labels, probabilities }),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
