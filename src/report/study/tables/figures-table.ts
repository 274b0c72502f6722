import type { OverSeeds, StudyResults } from "../../../studies/index.ts";
import { duration, fixed, flops, halfWidth, percent, points } from "../../format.ts";
import { type Html, html } from "../../html.ts";
import { verdictPill } from "../verdicts.ts";
import { armTable, type Cell } from "./arm-table.ts";

/** All figures: one column an arm, one row a figure. */
export function figuresTable(results: StudyResults): Html {
  const { arms } = results;
  const base = arms.find((c) => c.name === results.baseline);
  const accuracy = (value: OverSeeds) =>
    over(
      value,
      (v) => percent(v),
      (half) => (100 * half).toFixed(2),
    );
  const loss = (value: OverSeeds) =>
    over(
      value,
      (v) => fixed(v, 4),
      (half) => half.toFixed(4),
    );
  const share = (value: number, whole: number | undefined) =>
    whole ? html` <span class="pm">${percent(value / whole, 1)}</span>` : null;
  const groups: [string, [string, Cell][]][] = [
    [
      "Accuracy",
      [
        ["as trained, last step", (c) => accuracy(c.accuracy)],
        ["sparsity off", (c) => accuracy(c.denseEvaluation.accuracy)],
        ["best epoch by the selection split", (c) => c.bestBySelection && accuracy(c.bestBySelection)],
        ["training sample", (c) => accuracy(c.trainAccuracy)],
        [
          "difference, points",
          (c) =>
            c.difference &&
            html`${points(c.difference.mean)} <span class="pm">${points(c.difference.low)} to ${points(c.difference.high)}</span>`,
        ],
        ["verdict", (c) => verdictPill(c.verdict.word)],
      ],
    ],
    [
      "Loss (nats)",
      [
        ["evaluation, as trained", (c) => loss(c.evalLoss)],
        ["evaluation, sparsity off", (c) => loss(c.denseEvaluation.evalLoss)],
        [
          "difference (exploratory)",
          (c) =>
            c.lossDifference &&
            html`${points(c.lossDifference.mean, 4)} <span class="pm">${points(c.lossDifference.low, 4)} to ${points(c.lossDifference.high, 4)}</span>`,
        ],
        ["training sample", (c) => loss(c.trainLoss)],
        ["gap, evaluation − training", (c) => loss(c.gap)],
      ],
    ],
    [
      "Calibration",
      [
        ["Brier score", (c) => fixed(c.calibration.brier, 4)],
        ["calibration error (15 bins)", (c) => percent(c.calibration.expectedCalibrationError)],
        [
          "temperature fitted on selection",
          (c) => (c.calibration.temperature === null ? null : fixed(c.calibration.temperature, 2)),
        ],
        [
          "loss after temperature",
          ({ calibration: { negativeLogLikelihoodAfterTemperature: after } }) => (after === null ? null : fixed(after, 4)),
        ],
      ],
    ],
    [
      "Sparsity and cost",
      [
        ["pattern", (c) => html`<code>${c.pattern}</code>`],
        ["sparsity, nominal", (c) => percent(c.sparsity.nominal, 0)],
        ["sparsity, effective", (c) => percent(c.sparsity.effective, 1)],
        ["FLOPs a sentence: core", (c) => html`${flops(c.flops.core)}${share(c.flops.core, base?.flops.core)}`],
        [
          "FLOPs: attention sub-layer",
          (c) => html`${flops(c.flops.attention)}${share(c.flops.attention, base?.flops.attention)}`,
        ],
        ["FLOPs: whole layers", (c) => html`${flops(c.flops.layer)}${share(c.flops.layer, base?.flops.layer)}`],
        ["training time a run", (c) => over(c.seconds, duration, duration)],
      ],
    ],
  ];
  const cross = base?.crossEvaluation;
  if (cross) {
    groups.push([
      `The ${results.baseline} weights under this pattern, evaluation only`,
      [
        ["accuracy", (c) => cross[c.name] && accuracy(cross[c.name].accuracy)],
        ["loss", (c) => cross[c.name] && loss(cross[c.name].evalLoss)],
      ],
    ]);
  }
  return armTable("All figures", arms, groups);
}

function over(value: OverSeeds, format: (value: number) => string, plusMinus: (half: number) => string): Html {
  const half = halfWidth(value);
  return html`${format(value.mean)}${half !== null && html` <span class="pm">± ${plusMinus(half)}</span>`}`;
}
