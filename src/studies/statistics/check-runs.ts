import { counted, expectedGot } from "../../errors/index.ts";
import type { RunRecord } from "../../runs/index.ts";

export interface Crossing {
  /** Ascending. */
  readonly seeds: readonly number[];
  /** Runs by arm name, in the order of `seeds`. */
  readonly table: ReadonlyMap<string, readonly RunRecord[]>;
}

/** The runs as a full crossing of arms × seeds over one split, or an error that names the run at fault. */
export function checkRuns(runs: readonly RunRecord[], names: readonly string[], baseline: string): Crossing {
  if (!names.includes(baseline)) {
    throw expectedGot(
      "study/unknown-arm",
      "studyResults",
      `an arm named ${baseline}`,
      names.join(", "),
      "Every difference is taken to it.",
    );
  }
  if (runs.length === 0) throw expectedGot("study/incomplete", "studyResults", "at least one run", 0);
  const seeds = [...new Set(runs.map((run) => run.seed))].sort((a, b) => a - b);
  const found = new Map<string, RunRecord>();
  for (const run of runs) {
    const label = `${run.arm}, seed ${run.seed}`;
    if (!names.includes(run.arm)) {
      throw expectedGot("study/unknown-arm", `run ${label}`, `one of ${names.join(", ")}`, run.arm);
    }
    if (found.has(label)) throw expectedGot("study/duplicate-run", `run ${label}`, "one run of each arm and seed", "a second");
    found.set(label, run);
    checkSplit(run, runs[0], label);
  }
  const table = names.map((name): [string, RunRecord[]] => [
    name,
    seeds.map((seed) => {
      const run = found.get(`${name}, seed ${seed}`);
      if (run) return run;
      throw expectedGot(
        "study/incomplete",
        "studyResults",
        `a run of ${name} with seed ${seed}`,
        "none",
        "Start the study again; it continues where it stopped.",
      );
    }),
  ]);
  return { seeds, table: new Map(table) };
}

function checkSplit(run: RunRecord, first: RunRecord, label: string): void {
  const same = run.labels.length === first.labels.length && run.labels.every((y, e) => y === first.labels[e]);
  if (!same || run.labels.length === 0) {
    throw expectedGot(
      "study/mismatched-runs",
      `run ${label}`,
      "the labels of the first run, in its order",
      counted(run.labels.length, "label"),
      "Runs of one study share one reported split.",
    );
  }
  const sets = { probabilities: run.probabilities, denseProbabilities: run.denseProbabilities, ...run.crossProbabilities };
  for (const [name, rows] of Object.entries(sets)) {
    if (rows.length !== run.labels.length) {
      throw expectedGot("study/bad-probabilities", `run ${label}, ${name}`, counted(run.labels.length, "row"), rows.length);
    }
    rows.forEach((row, e) => {
      const sum = row.reduce((total, p) => total + p, 0);
      const proper = row.every((p) => p >= 0) && Math.abs(sum - 1) < 1e-3 && run.labels[e] >= 0 && run.labels[e] < row.length;
      if (!proper)
        throw expectedGot(
          "study/bad-probabilities",
          `run ${label}, ${name}, row ${e}`,
          "probabilities that sum to 1 and hold the label",
          row.join(", "),
        );
    });
  }
}
