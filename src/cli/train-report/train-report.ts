import type { TrainEvent } from "../../api/index.ts";
import type { TrainResult } from "../../api/index-node.ts";
import { isDense } from "../../attention/index.ts";
import { choseWeights } from "../../export/index.ts";
import { classScores, expectedCalibrationError, reliabilityBins } from "../../metrics/index.ts";
import type { Baseline, TrainReport } from "../../report/index.ts";
import type { RunCourse } from "../../runs/index.ts";
import { type Decision, type TaskFigures, tasks } from "../../tasks/index.ts";
import { resolveOptions } from "../../training/index.ts";
import { exampleAt } from "../verbs/error-tables.ts";
import { figureInterval } from "./interval.ts";
import { worstMistakes } from "./worst-mistakes.ts";

const DIAGRAM_BINS = 10;

/** What a training's page says beside its result. */
export interface ReportParts extends Pick<TrainReport, "name" | "command" | "facts" | "options"> {
  readonly summary: Extract<TrainEvent, { type: "data" }>["summary"];
  readonly course: RunCourse;
  /** Scores of something simple on the same examples, in the figure that counts. */
  readonly baselines?: readonly Baseline[];
  readonly onNote: (text: string) => void;
}

/** What the page of a training shows, from its result; what its task has, the page has. */
export async function trainReport(result: TrainResult, { summary, onNote, ...parts }: ReportParts): Promise<TrainReport> {
  const { model, evaluated, split, seconds, classes } = result;
  const { config, card } = model;
  const task = tasks[config.task];
  const { examples } = evaluated.dataset;
  const options = resolveOptions(card.options);
  const last = summary.splits.at(-1)!;
  return {
    ...parts,
    kind: task.card.description,
    unit: model.reads === "images" ? "image" : "row",
    evaluated: { split, name: last.name, rows: last.rows },
    trained: { name: summary.splits[0].name, rows: summary.splits[0].rows },
    primary: primaryOf(result),
    figures: figuresOf(result),
    ...(!isDense(card.attention) && { effectiveSparsity: card.metrics.effectiveSparsity }),
    ...(summary.majority && { majority: summary.majority }),
    choseWeights: choseWeights(card),
    seconds,
    maxGradNorm: options.maxGradNorm,
    ...(task.outputs!.answer.decisions && { classes: classes?.classes ?? scoresOfDecisions(result) }),
    ...(classes && { confusion: classes.confusion }),
    ...(task.hasOneClass && { calibration: calibrationOf(result) }),
    ...(!task.labels!.areClasses &&
      !task.labels!.ofPairs && {
        pairs: examples.flatMap((example, at) =>
          task.labels!.has(example) ? [{ actual: example.label, predicted: evaluated.probabilities[at][0] }] : [],
        ),
      }),
    mistakes: await worstMistakes(result, onNote),
  };
}

function figuresOf({ metrics, model: { card } }: TrainResult): TrainReport["figures"] {
  const sparse = !isDense(card.attention);
  return Object.entries(metrics).map(([name, value]) => {
    const off = card.metrics[`${name}SparsityOff`];
    return { name, value, ...(sparse && off !== undefined && { off }) };
  });
}

/** The figure that counts; one that is a mean of others, as some of GLUE's are, is the score itself. */
function primaryOf({ model, evaluated, primary }: TrainResult): TrainReport["primary"] {
  const { config, card } = model;
  const { outputs, labels } = tasks[config.task];
  const rules = { labels: config.labels, glue: card.glue };
  const encoded = evaluated.encoded ?? evaluated.dataset.examples;
  const known = encoded.flatMap((example, at) => (labels!.has(example) ? [at] : []));
  const judged = (places: readonly number[]): TaskFigures =>
    outputs!.figures(
      rules,
      places.map((at) => evaluated.probabilities[at]),
      places.map((at) => encoded[at]),
    );
  const primaryIn = ({ figures, score }: TaskFigures): number => figures[primary] ?? score;
  const all = judged(known);
  const value = primaryIn(all);
  const interval = figureInterval({ primary, value, rows: known.length }, (places) =>
    primaryIn(judged(places.map((at) => known[at]))),
  );
  return { name: primary, value, interval, lowerIsBetter: all.score !== value };
}

function calibrationOf({ evaluated: { dataset, probabilities } }: TrainResult): TrainReport["calibration"] {
  const known = dataset.examples.flatMap(({ label }, at) => (label >= 0 ? [{ label, row: probabilities[at] }] : []));
  const rows = known.map(({ row }) => row);
  const labels = known.map(({ label }) => label);
  return { bins: reliabilityBins(rows, labels, DIAGRAM_BINS), error: expectedCalibrationError(rows, labels) };
}

function scoresOfDecisions({ evaluated, model: { config } }: TrainResult): TrainReport["classes"] {
  const { decisions } = tasks[config.task].outputs!.answer;
  const all = evaluated.dataset.examples.flatMap((_, at): readonly Decision[] =>
    decisions!(exampleAt(evaluated, at), config.labels),
  );
  return classScores(
    all.map(({ said }) => said),
    all.map(({ meant }) => meant),
    config.labels,
  );
}
