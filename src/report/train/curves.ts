import { card } from "../document.ts";
import { capital, fixed } from "../format.ts";
import { type Html, html } from "../html.ts";
import { axisOf, figureName, figureTick, smallTick } from "./figure-text.ts";
import { lineChart, type Point } from "./line-chart.ts";
import { smoothed, thinned } from "./thin.ts";
import type { TrainReport } from "./train-report.ts";

const [TRAINING, HELD_OUT] = [4, 1];
const key = (colour: number, text: string): Html => html`<span class="c${colour}"><span class="key"></span>${text}</span> `;

/** What the curves are drawn from, of a training that may still go on. */
export type CurvesOf = Pick<TrainReport, "course" | "maxGradNorm"> & { readonly primary: Pick<TrainReport["primary"], "name"> };

/** How the run went: loss, the figure that counts, learning rate and gradient norm. */
export function curveCards(report: CurvesOf): (Html | null)[] {
  const { course, maxGradNorm } = report;
  const ofSteps = (value: (step: TrainReport["course"]["steps"][number]) => number): readonly Point[] =>
    thinned(course.steps.map((step) => ({ step: step.step, value: value(step) })));
  const ofEvaluations = (value: (point: TrainReport["course"]["evaluations"][number]) => number | undefined): Point[] =>
    course.evaluations.flatMap((point) => {
      const found = value(point);
      return found === undefined ? [] : [{ step: point.step, value: found }];
    });
  const [loss, norm, rate] = [ofSteps((s) => s.loss), ofSteps((s) => s.gradientNorm), ofSteps((s) => s.learningRate)];
  const both = (points: readonly Point[]) =>
    [
      { points, colour: TRAINING, kind: "thin" },
      { points: smoothed(points), colour: TRAINING, kind: "thick" },
    ] as const;
  const updates = Math.max(course.steps.at(-1)?.step ?? 0, course.evaluations.at(-1)?.step ?? 0);
  const heldOut = ofEvaluations((point) => point.evalLoss);
  const shown = followedFigure(report);
  const figures = ofEvaluations(
    ({ figures, evalAccuracy }) => figures?.[shown] ?? (shown === "accuracy" ? evalAccuracy : undefined),
  );
  const charts: [string, Html | string, Html | null][] = [
    [
      "Loss",
      html`<span class="keys">${key(TRAINING, "training, with dropout")}${heldOut.length > 0 && key(HELD_OUT, "held out")}</span>`,
      lineChart({
        title: "Loss",
        updates,
        lines: [...both(loss), { points: heldOut, colour: HELD_OUT, kind: "points" }],
        tick: fixed,
      }),
    ],
    [
      `${capital(figureName(shown))} on held-out examples`,
      "At each evaluation while training.",
      lineChart({
        title: figureName(shown),
        kind: axisOf(shown),
        updates,
        lines: [{ points: figures, colour: HELD_OUT, kind: "points" }],
        tick: (value, digits) => figureTick(shown, value, digits),
      }),
    ],
    [
      "Learning rate",
      "Of each update.",
      lineChart({ title: "Learning rate", updates, lines: [{ points: rate, colour: TRAINING, kind: "thick" }], tick: smallTick }),
    ],
    [
      "Gradient norm",
      maxGradNorm > 0 ? `Before it is clipped to ${maxGradNorm} (dashed, where it is in view).` : "It is not clipped.",
      lineChart({
        title: "Gradient norm",
        updates,
        lines: both(norm),
        tick: smallTick,
        ...(maxGradNorm > 0 && { level: maxGradNorm }),
      }),
    ],
  ];
  return charts.map(([title, note, chart]) => chart && card(title, note, chart));
}

/** The figure that counts; where evaluations have only the parts that it is made of, the first of them. */
function followedFigure({ course, primary }: CurvesOf): string {
  const [first] = course.evaluations;
  if (!first?.figures || primary.name in first.figures) return primary.name;
  return Object.keys(first.figures)[0] ?? primary.name;
}
