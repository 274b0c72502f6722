import type { BatchContext } from "../batch/index.ts";
import type { LoopResult, Progress, trainLoop } from "../training/index.ts";
import type { CurvePoint } from "./records.ts";
import type { RunEvent } from "./spec.ts";

/** What every classification of one class has: there `accuracy` says it all. */
const USUAL: ReadonlySet<string> = new Set(["accuracy", "macroF1", "loss"]);

export const curvePoint = ({ step, epoch, trainLoss, metrics }: Progress["evaluations"][number]): CurvePoint => ({
  step,
  epoch,
  trainLoss,
  evalLoss: metrics.loss,
  evalAccuracy: metrics.accuracy,
  ...((metrics.accuracy === undefined || Object.keys(metrics).some((name) => !USUAL.has(name))) && { figures: metrics }),
});

/** Hand the events of a training on, and collect the learning curve. */
export async function followLoop(
  loop: ReturnType<typeof trainLoop<BatchContext>>,
  curve: CurvePoint[],
  onEvent: (event: RunEvent) => void,
): Promise<LoopResult> {
  for (;;) {
    const { done, value } = await loop.next();
    if (done) return value;
    if (value.type === "started") {
      onEvent(value);
      if (value.resumedAt > 0) onEvent({ type: "note", text: `continues after update ${value.resumedAt}`, resumed: true });
    } else if (value.type === "step") {
      const { step, steps, epoch, loss, learningRate, gradientNorm, tokens, elapsedMs } = value;
      const tokensPerSecond = tokens / (elapsedMs / 1000);
      onEvent({ type: "step", step, steps, epoch, loss, learningRate, gradientNorm, tokensPerSecond });
    } else if (value.type === "evaluated") {
      const point = curvePoint(value);
      curve.push(point);
      onEvent({ type: "evaluated", point });
    } else if (value.type === "saved") onEvent(value);
    else if (value.type === "stopped" && value.reason === "early stopping") {
      onEvent({ type: "note", text: `stopped early after update ${value.step}: no better evaluation` });
    }
  }
}
