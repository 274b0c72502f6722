import type { CurvePoint, RunCourse, StepPoint } from "../records.ts";
import type { LogEvent } from "./log.ts";

/** The course of a run so far, event by event: of a log that grows. */
export interface GrowingCourse {
  add(event: LogEvent): void;
  course(): RunCourse;
}

/**
 * The course of a run, from its log.
 *
 * A run that continues from a checkpoint has written the updates behind it twice: what its `started` says is taken back first, so that
 * each update is there once, as it was done last.
 *
 * @example
 * (await runCourse(logFile("checkpoints/run.log.jsonl").read())).steps.at(-1)?.loss;
 */
export async function runCourse(events: AsyncIterable<LogEvent> | Iterable<LogEvent>): Promise<RunCourse> {
  const growing = growingCourse();
  for await (const event of events) growing.add(event);
  return growing.course();
}

/** As {@link runCourse}, for events that are still coming. */
export function growingCourse(): GrowingCourse {
  const steps = new Map<number, StepPoint>();
  const evaluations = new Map<number, CurvePoint>();
  return {
    add(event) {
      if (event.type === "started") {
        for (const points of [steps, evaluations])
          for (const step of points.keys()) if (step > event.resumedAt) points.delete(step);
      } else if (event.type === "step") {
        const { step, loss, learningRate, gradientNorm } = event;
        steps.set(step, { step, loss, learningRate, gradientNorm });
      } else if (event.type === "evaluated") evaluations.set(event.point.step, event.point);
    },
    course: () => ({ steps: inOrder(steps), evaluations: inOrder(evaluations) }),
  };
}

const inOrder = <Point extends { readonly step: number }>(points: ReadonlyMap<number, Point>): Point[] =>
  [...points.values()].sort((a, b) => a.step - b.step);
