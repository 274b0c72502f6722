import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type LogEvent, logLine } from "../../runs/index.ts";
import { idsOf, type StoredRun, type StudyHeader } from "../../studies/index.ts";

export const started: LogEvent = { type: "started", steps: 100, parameters: 10, resumedAt: 0 };
export const step = (at: number, loss = 1 / at): LogEvent => ({
  ...{ type: "step", step: at, steps: 100, epoch: at / 10, loss },
  ...{ learningRate: 1e-4, gradientNorm: 2, tokensPerSecond: 100 },
});
export const evaluated = (at: number, accuracy: number): LogEvent => ({
  ...{ type: "evaluated", point: { step: at, epoch: at / 10, evalLoss: 1, evalAccuracy: accuracy } },
});

/** Adds lines to a file, which is made with its folder. */
export function addEvents(file: string, ...events: readonly LogEvent[]): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, events.map((event) => logLine(event)).join(""));
}

/** A training's folder as `crisp train` leaves it, as far as pages look at it. */
export function madeUpTraining(
  folder: string,
  { card, errors, right }: { card?: object; errors?: string; right?: object } = {},
): string {
  const log = join(folder, "checkpoints/run.log.jsonl");
  addEvents(log, started, step(1), step(2), evaluated(2, 0.75));
  if (card) writeFileSync(join(folder, "crisp.json"), JSON.stringify(card));
  if (errors !== undefined) writeFileSync(join(folder, "errors.csv"), errors);
  if (right) writeFileSync(join(folder, "right-answers.json"), JSON.stringify(right));
  return log;
}

/** A study of which no run is done, judged at the last of its seeds. */
export function madeUpHeader(arms: readonly string[], seeds: readonly number[]): StudyHeader {
  return {
    ...{ study: "made-up", corpus: "made-up texts", options: { maxSteps: 100 }, command: "crisp study" },
    plan: { seeds, looks: [seeds.length], claims: arms.slice(1) },
    runs: seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed, id: `${arm}.seed-${seed}` }))),
  };
}

/** A finished run that answers the first `right` of 40 texts of two classes right. */
export function madeUpRun(arm: string, seed: number, right: number): StoredRun {
  const labels = Array.from({ length: 40 }, (_, at) => at % 2);
  const record = {
    ...{ arm, seed, labels, denseProbabilities: labels.map(() => [0.5, 0.5]) },
    probabilities: labels.map((label, at) => (at < right === (label === 0) ? [0.9, 0.1] : [0.1, 0.9])),
    ...{ trainLoss: 0.1, trainAccuracy: 1, effectiveSparsity: 0, steps: 1, seconds: 1, bestBySelectionAccuracy: null },
    ...{ temperature: null, curve: [] },
  };
  return { record, fresh: [], maps: [], freshParameters: [], runtime: {} } as unknown as StoredRun;
}

/** A study's folder in which no run is done. */
export function madeUpStudy(folder: string, { arms, seeds }: { arms: readonly string[]; seeds: readonly number[] }): void {
  const header = madeUpHeader(arms, seeds);
  mkdirSync(join(folder, "runs"), { recursive: true });
  const { runs: _, ...study } = { generator: "crisp-attention", ...header, ids: idsOf(header), replaces: [], overwritten: 0 };
  writeFileSync(join(folder, "study.json"), JSON.stringify(study));
}
