import { classMetrics, expectedCalibrationError, reliabilityBins, wilsonInterval } from "../../metrics/index.ts";
import { normal, uniform } from "../../random/index.ts";
import type { TrainReport } from "./train-report.ts";

export interface FakeTraining {
  readonly classes?: number;
  readonly examples?: number;
  readonly updates?: number;
}

/** A made-up training of a classifier, through the real metrics. */
export function fakeTraining({ classes = 2, examples = 200, updates = 120 }: FakeTraining = {}): TrainReport {
  const draw = (site: string, at: number) => normal({ seed: 3, step: 0, site }, at);
  const labels = Array.from({ length: examples }, (_, at) =>
    Math.floor(uniform({ seed: 3, step: 0, site: "label" }, at) * classes),
  );
  const rows = labels.map((label, at) => {
    const powers = Array.from({ length: classes }, (_, c) => Math.exp((c === label ? 2 : 0) + draw("logit", at * classes + c)));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
  const names = Array.from({ length: classes }, (_, c) => `class ${c}`);
  const scores = classMetrics(rows, labels, names);
  const hits = Math.round(scores.accuracy * examples);
  const loss = (step: number) => 0.2 + 0.6 * Math.exp((-3 * step) / updates);
  return {
    name: "tickets-model",
    kind: "A text classifier",
    unit: "row",
    evaluated: { split: "held out", name: "tickets.csv (held out)", rows: examples },
    trained: { name: "tickets.csv (training)", rows: 9 * examples },
    primary: {
      name: "accuracy",
      value: scores.accuracy,
      interval: wilsonInterval(hits, examples),
      lowerIsBetter: false,
    },
    figures: [
      { name: "accuracy", value: scores.accuracy, off: scores.accuracy - 0.01 },
      { name: "macroF1", value: scores.macroF1, off: scores.macroF1 - 0.01 },
      { name: "loss", value: 0.31, off: 0.33 },
    ],
    effectiveSparsity: 0.71,
    majority: { label: names[0], accuracy: 1 / classes },
    choseWeights: false,
    seconds: 75,
    course: {
      steps: Array.from({ length: updates }, (_, at) => ({
        step: at + 1,
        loss: loss(at) + 0.05 * draw("loss", at),
        learningRate: 5e-5 * (1 - at / updates),
        gradientNorm: 1.5 + 0.4 * draw("norm", at),
      })),
      evaluations: [1, 2, 3].map((epoch) => {
        const step = Math.round((updates * epoch) / 3);
        return { step, epoch, evalLoss: loss(step) + 0.05, evalAccuracy: scores.accuracy - 0.02 * (3 - epoch) };
      }),
    },
    maxGradNorm: 1,
    classes: scores.classes,
    confusion: scores.confusion,
    calibration: { bins: reliabilityBins(rows, labels, 10), error: expectedCalibrationError(rows, labels) },
    mistakes: {
      columns: ["label", "predicted", "score"],
      total: examples - hits,
      shown: [
        {
          row: 17,
          cells: [names[0], names[1] ?? names[0], "0.9731"],
          text: "The refund NEVER came; café owners & friends wait.",
          attention: ["the", "ref", "##und", "never", "came", ";", "cafe", "owners", "&", "friends"].map((token, at) => ({
            token,
            share: 0.02 * (at + 1),
          })),
        },
        { row: 3, cells: [names[0], names[0], "0.8000"], text: "No attention here.", pair: "And a second text." },
      ],
    },
    command: "crisp train tickets.csv --model my-encoder",
    facts: [
      ["start model", "my-encoder"],
      ["seed", "42"],
    ],
    options: [
      { name: "--learning_rate", value: "0.00005", given: true },
      { name: "--weight_decay", value: "0.01", given: false },
    ],
  };
}

/** A made-up regression. */
export function fakeRegression(examples = 150): TrainReport {
  const { classes: _, confusion: __, calibration: ___, majority: ____, ...report } = fakeTraining({ examples });
  const pairs = Array.from({ length: examples }, (_, at) => {
    const actual = 5 * uniform({ seed: 4, step: 0, site: "actual" }, at);
    return { actual, predicted: actual + 0.6 * normal({ seed: 4, step: 0, site: "error" }, at) };
  });
  return {
    ...report,
    kind: "A text regression",
    evaluated: { split: "test", name: "test.csv", rows: examples },
    primary: { name: "pearson", value: 0.912, interval: { low: 0.88, high: 0.94 }, lowerIsBetter: false },
    figures: [
      { name: "pearson", value: 0.912 },
      { name: "mse", value: 0.36 },
    ],
    pairs,
    mistakes: { columns: ["value", "predicted", "difference"], total: examples, shown: report.mistakes.shown },
  };
}
