import { growingCourse, type LoggedEvent, type RunCourse } from "../../../runs/index.ts";

/** How a run stands. */
export type StateWord = "running" | "finished" | "stopped" | "failed" | "interrupted" | "waiting";

export interface RunState {
  readonly word: StateWord;
  readonly step: number;
  /** Updates of the whole run; 0 where none is known yet. */
  readonly steps: number;
  readonly epoch: number;
  readonly loss?: number;
  /** Over the last updates. */
  readonly tokensPerSecond?: number;
  /** By the pace of the last updates; of a running one. */
  readonly secondsLeft?: number;
  /** Of the last evaluation, by name. */
  readonly figures: Readonly<Record<string, number>>;
  /** Of a failed run. */
  readonly message?: string;
  /** Of training alone, of a finished run. */
  readonly seconds?: number;
  readonly course: RunCourse;
}

/** Updates over which pace and tokens a second are taken: some are slower, as they are followed by an evaluation. */
const RECENT = 20;
const ENDS: Readonly<Record<string, StateWord>> = { finished: "finished", stopped: "stopped", failed: "failed" };

/** A run that is read event by event. */
export interface GrowingRun {
  add(events: readonly LoggedEvent[]): void;
  /** @param alive - Whether its process lives: without an end in its log, a run whose process is gone was interrupted. */
  state(alive: boolean): RunState;
}

export function growingRun(): GrowingRun {
  const course = growingCourse();
  let last: LoggedEvent | undefined;
  let recent: Extract<LoggedEvent, { type: "step" }>[] = [];
  let figures: Readonly<Record<string, number>> = {};
  return {
    add(events) {
      for (const event of events) {
        course.add(event);
        last = event;
        if (event.type === "started") recent = [];
        else if (event.type === "step") recent = [...recent.slice(1 - RECENT), event];
        else if (event.type === "evaluated") figures = figuresOf(event.point);
      }
    },
    state(alive) {
      const step = recent.at(-1);
      const ended = last && ENDS[last.type];
      const word = ended ?? (alive ? (last ? "running" : "waiting") : last ? "interrupted" : "waiting");
      const seconds = recent.length > 1 ? (Date.parse(step!.time) - Date.parse(recent[0].time)) / 1000 : undefined;
      const pace = seconds === undefined ? undefined : seconds / (recent.length - 1);
      const tokens = recent.map(({ tokensPerSecond }) => tokensPerSecond).filter((value) => value > 0);
      return {
        word,
        ...{ step: step?.step ?? 0, steps: step?.steps ?? 0, epoch: step?.epoch ?? 0, loss: step?.loss, figures },
        ...(tokens.length > 0 && { tokensPerSecond: tokens.reduce((sum, value) => sum + value, 0) / tokens.length }),
        ...(word === "running" && pace !== undefined && { secondsLeft: pace * (step!.steps - step!.step) }),
        ...(last?.type === "failed" && { message: last.message }),
        ...(last?.type === "finished" && { seconds: last.seconds }),
        course: course.course(),
      };
    },
  };
}

function figuresOf({ figures, evalAccuracy, evalLoss }: Extract<LoggedEvent, { type: "evaluated" }>["point"]) {
  return {
    ...(figures ?? (evalAccuracy === undefined ? {} : { accuracy: evalAccuracy })),
    ...(evalLoss !== undefined && { loss: evalLoss }),
  };
}
