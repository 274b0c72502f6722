import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type LogEvent, logLine } from "../../runs/index.ts";

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

/** A study's folder in which no run is done. */
export function madeUpStudy(folder: string, { arms, seeds }: { arms: readonly string[]; seeds: readonly number[] }): void {
  const names = seeds.flatMap((seed) => arms.map((arm) => `${arm}.seed-${seed}`));
  mkdirSync(join(folder, "runs"), { recursive: true });
  const study = {
    ...{
      generator: "crisp-attention",
      study: "made-up",
      corpus: "made-up texts",
      options: { maxSteps: 100 },
      command: "crisp study",
    },
    plan: { seeds, looks: [seeds.length], claims: arms.slice(1) },
    ...{ ids: Object.fromEntries(names.map((name) => [name, name])), replaces: [], overwritten: 0 },
  };
  writeFileSync(join(folder, "study.json"), JSON.stringify(study));
}
