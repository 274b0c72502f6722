import type { RunEvent } from "../runs/index.ts";
import { snakeCase } from "../training/index.ts";
import type { Point } from "./tracker.ts";

/**
 * What an event measured, by the names that transformers' Trainer gives to trackers; undefined where it measured nothing.
 *
 * @param time - Milliseconds since 1970.
 * @example
 * pointOf(evaluated, Date.now())?.metrics; // { "eval/loss": 0.31, "eval/accuracy": 0.9, "eval/macro_f1": 0.88 }
 */
export function pointOf(event: RunEvent, time: number): Point | undefined {
  if (event.type === "step") {
    const { step, loss, learningRate, gradientNorm, epoch, tokensPerSecond } = event;
    return {
      ...{ step, time },
      metrics: {
        "train/loss": loss,
        "train/learning_rate": learningRate,
        "train/grad_norm": gradientNorm,
        "train/epoch": epoch,
        "train/tokens_per_second": tokensPerSecond,
      },
    };
  }
  if (event.type !== "evaluated") return undefined;
  const { step, evalLoss, evalAccuracy, figures } = event.point;
  return { step, time, metrics: named("eval", { ...figures, loss: evalLoss, accuracy: evalAccuracy ?? figures?.accuracy }) };
}

/** `macroF1` of `eval` is `eval/macro_f1`; what is undefined is left out. */
export const named = (
  group: string,
  figures: Readonly<Record<string, number | null | undefined>>,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) =>
      typeof value === "number" ? [[`${group}/${snakeCase(name)}`, value] as const] : [],
    ),
  );
