import { counted } from "../../errors/index.ts";
import {
  accuracy,
  argmax,
  atTemperature,
  brierScore,
  expectedCalibrationError,
  logLoss,
  negativeLogLikelihood,
  type Rows,
} from "../../metrics/index.ts";
import type { RunRecord } from "../../runs/index.ts";
import type { ArmResult, AttentionMap, Calibration, Difference, OverSeeds, StudyResults, Verdict } from "../records.ts";
import { type CrossedBootstrap, crossedBootstrap, meanInterval } from "./bootstrap.ts";
import { checkRuns } from "./check-runs.ts";
import { furtherTests } from "./further-tests.ts";
import { holmLevels } from "./holm.ts";
import { type LookLevels, levelsAt } from "./looks.ts";
import { FEWEST_SEEDS, noVerdict, points, settled, verdictOn } from "./verdict.ts";

/** What the runs themselves don't know; fixed before the first run. */
export interface StudyMeta {
  readonly study: string;
  /** Name of the corpus, as the verdict sentence uses it: "On SST-2, …". */
  readonly corpus: string;
  readonly synthetic: boolean;
  readonly planted?: StudyResults["planted"];
  /** Default `dense`. */
  readonly baseline?: string;
  /** Arms named beforehand; default all but the baseline. The others stay exploratory. */
  readonly claims?: readonly string[];
  /** Planned numbers of seeds at which results are judged, ascending; default the seeds there are. */
  readonly looks?: readonly number[];
  readonly examples: { readonly train: number; readonly selection: number };
  readonly arms: readonly { readonly name: string; readonly pattern: string; readonly nominalSparsity: number }[];
  /** Forward FLOPs of one arm at its measured effective sparsity. */
  readonly flops: (arm: string, effectiveSparsity: number) => ArmResult["flops"];
  readonly attentionMaps?: readonly AttentionMap[];
  readonly environment: StudyResults["environment"];
  readonly command: string;
  readonly createdAt: string;
  /** Bootstrap replicates; default 10,000. */
  readonly replicates?: number;
  /** Names the bootstrap's draws; default 0. */
  readonly randomSeed?: number;
}

/** The loss difference is exploratory: fewer replicates, since its matrix has no zeros to skip. */
const LOSS_REPLICATES = 2_000;

/** A confusion matrix of more classes nobody reads, and it would be the most of results.json. */
const MOST_CONFUSED = 30;

/**
 * Aggregate the runs of one study: means over seeds, paired differences to the baseline, intervals, verdicts, calibration.
 *
 * Pure: the same runs and meta give the same results, bit for bit. Rules: docs/statistics.md.
 *
 * @param runs - One record for every arm × seed, in any order; all over the same reported split.
 * @param meta - What was fixed before the first run.
 * @returns What `results.json` holds.
 * @throws `study/incomplete`, `study/duplicate-run`, `study/unknown-arm`, `study/mismatched-runs`,
 *   `study/bad-probabilities` when the runs are not a full crossing over one split.
 * @example const results = studyResults(runs, meta); results.arms[3].verdict.word // "supported"
 */
export function studyResults(runs: readonly RunRecord[], meta: StudyMeta): StudyResults {
  const baseline = meta.baseline ?? "dense";
  const names = meta.arms.map((c) => c.name);
  const { seeds, table } = checkRuns(runs, names, baseline);
  const labels = runs[0].labels;
  const rivals = names.filter((name) => name !== baseline);
  const claims = (meta.claims ?? rivals).filter((name) => name !== baseline);
  const base = table.get(baseline)!;

  const matrices = rivals.map((name) => accuracyDifferences(table.get(name)!, base));
  const losses = rivals.map((name) => difference(table.get(name)!, base, (p, y) => logLoss(p[y])));
  const { replicates, randomSeed } = meta;
  const boots = crossedBootstrap(matrices, { seeds: seeds.length, replicates, randomSeed });
  const lossBoots = crossedBootstrap(losses, { seeds: seeds.length, replicates: replicates ?? LOSS_REPLICATES, randomSeed });

  const planned = levelsAt(meta.looks ?? [seeds.length], seeds.length);
  const look: LookLevels = planned ?? { level95: 0.95, level90: 0.9 };
  const levels = holmLevels(
    claims.map((name) => boots[rivals.indexOf(name)]),
    1 - look.level95,
  );

  const arms = meta.arms.map(({ name, pattern, nominalSparsity }): ArmResult => {
    const own = table.get(name)!;
    const at = rivals.indexOf(name);
    const claim = claims.indexOf(name);
    const level = claim < 0 ? 0.95 : levels[claim];
    const effective = average(own.map((run) => run.effectiveSparsity));
    const evaluated = (rows: (run: RunRecord) => Rows) => ({
      accuracy: overSeeds(own.map((run) => accuracy(rows(run).map(argmax), labels))),
      evalLoss: overSeeds(own.map((run) => negativeLogLikelihood(rows(run), labels))),
    });
    const asTrained = evaluated((run) => run.probabilities);
    // an arm that a study grew by was not there when its first runs were evaluated
    const crossNames = Object.keys(own[0].crossProbabilities ?? {}).filter((other) =>
      own.every(({ crossProbabilities }) => crossProbabilities && other in crossProbabilities),
    );
    const diverged = own.filter((run) => run.diverged).length;
    const further =
      at < 0
        ? undefined
        : furtherTests({
            boot: boots[at],
            differences: matrices[at],
            own: asTrained.accuracy.perSeed,
            baseline: base.map((run) => accuracy(run.probabilities.map(argmax), labels)),
            level: 1 - (1 - look.level95) / Math.max(1, claims.length),
            randomSeed,
          });
    const best = own.map((run) => run.bestBySelectionAccuracy);
    const verdict = (): Verdict => {
      const nothing = saysOneLabel(own) ? " It learned nothing: each of its runs gives all examples one label." : "";
      if (at < 0) return settled("baseline", `${name} is the baseline that the others are compared to.${nothing}`);
      const soFar = `${points(boots[at].components.mean)} points over ${counted(seeds.length, "paired seed")}`;
      if (claim < 0) return noVerdict("not claimed", `${name} was not named beforehand, so it is exploratory: ${soFar}.`);
      if (seeds.length < FEWEST_SEEDS)
        return noVerdict("few seeds", `A verdict on ${name} needs at least ${FEWEST_SEEDS} paired seeds: ${soFar}.`);
      if (!planned)
        return noVerdict("not planned", `No look at ${name} was planned after ${counted(seeds.length, "seed")}: ${soFar}.`);
      if (saysOneLabel(base))
        return noVerdict(
          "baseline learned nothing",
          `${baseline} learned nothing, so there is nothing to compare ${name} to: ${soFar}. Train longer.`,
        );
      const { corpus, synthetic } = meta;
      const verdict = verdictOn(
        { name, pattern, baseline, corpus, synthetic, family: claims.length },
        boots[at],
        level,
        look.level90,
      );
      const lost =
        diverged > 0 ? ` ${counted(diverged, "run")} of ${own.length} diverged, and counts as answering the class shares.` : "";
      return { ...verdict, sentence: `${verdict.sentence}${nothing}${lost}` };
    };
    return {
      name,
      pattern,
      sparsity: { nominal: nominalSparsity, effective },
      ...asTrained,
      denseEvaluation: evaluated((run) => run.denseProbabilities),
      ...(crossNames.length > 0 && {
        crossEvaluation: Object.fromEntries(
          crossNames.map((other) => [other, evaluated((run) => run.crossProbabilities![other])]),
        ),
      }),
      trainLoss: overSeeds(own.map((run) => run.trainLoss)),
      trainAccuracy: overSeeds(own.map((run) => run.trainAccuracy)),
      gap: overSeeds(own.map((run, s) => asTrained.evalLoss.perSeed[s] - run.trainLoss)),
      bestBySelection: best.every((value) => value !== null) ? overSeeds(best) : null,
      calibration: calibration(own),
      flops: meta.flops(name, effective),
      seconds: overSeeds(own.map((run) => run.seconds)),
      difference: at < 0 ? null : accuracyDifference(boots[at], level, look.level90),
      lossDifference: at < 0 ? null : { mean: lossBoots[at].components.mean, ...lossBoots[at].interval(0.95) },
      verdict: verdict(),
      ...(diverged > 0 && { diverged }),
      ...(further && { furtherTests: further }),
      ...(own[0].probabilities[0].length <= MOST_CONFUSED && { confusion: confusion(own) }),
      curves: own.map((run) => run.curve),
    };
  });

  return {
    study: meta.study,
    corpus: meta.corpus,
    synthetic: meta.synthetic,
    ...(meta.planted && { planted: meta.planted }),
    baseline,
    seeds,
    ...(meta.looks && { looks: meta.looks }),
    metric: "accuracy",
    majority: majorityShare(labels),
    examples: { ...meta.examples, reported: labels.length },
    arms,
    attentionMaps: meta.attentionMaps ?? [],
    environment: meta.environment,
    command: meta.command,
    createdAt: meta.createdAt,
  };
}

/** Paired differences in accuracy points, [S, N] row-major; both sides have the same seeds in one order. */
export const accuracyDifferences = (own: readonly RunRecord[], base: readonly RunRecord[]): Float64Array =>
  difference(own, base, (p, y) => 100 * Number(argmax(p) === y));

/** Paired differences to the baseline of one per-example score, [S, N] row-major. */
function difference(
  own: readonly RunRecord[],
  base: readonly RunRecord[],
  score: (p: readonly number[], label: number) => number,
): Float64Array {
  const examples = base[0].labels.length;
  const matrix = new Float64Array(own.length * examples);
  own.forEach((run, s) => {
    run.labels.forEach((label, e) => {
      matrix[s * examples + e] = score(run.probabilities[e], label) - score(base[s].probabilities[e], label);
    });
  });
  return matrix;
}

function accuracyDifference(boot: CrossedBootstrap, level: number, level90: number): Difference {
  const { low: low90, high: high90 } = boot.interval(level90);
  const { low: fixedLow, high: fixedHigh } = boot.fixedInterval(0.95);
  const { mean, seedMeans } = boot.components;
  return { mean, perSeed: [...seedMeans], ...boot.interval(level), level, low90, high90, fixedLow, fixedHigh };
}

function calibration(own: readonly RunRecord[]): Calibration {
  const over = (score: (run: RunRecord) => number) => average(own.map(score));
  const tempered = own.every((run) => run.temperature !== null);
  return {
    negativeLogLikelihood: over((run) => negativeLogLikelihood(run.probabilities, run.labels)),
    brier: over((run) => brierScore(run.probabilities, run.labels)),
    expectedCalibrationError: over((run) => expectedCalibrationError(run.probabilities, run.labels)),
    temperature: tempered ? over((run) => run.temperature!) : null,
    negativeLogLikelihoodAfterTemperature: tempered
      ? over((run) => negativeLogLikelihood(atTemperature(run.probabilities, run.temperature!), run.labels))
      : null,
  };
}

/** Answers over all runs, [C][C]: row = true class, column = predicted. */
function confusion(own: readonly RunRecord[]): number[][] {
  const classes = own[0].probabilities[0].length;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { probabilities, labels } of own) labels.forEach((label, e) => void counts[label][argmax(probabilities[e])]++);
  return counts;
}

/** Mean, values and Student-t interval of one number over seeds. */
export function overSeeds(perSeed: readonly number[]): OverSeeds {
  const mean = average(perSeed);
  return perSeed.length < 2 ? { mean, perSeed } : { mean, perSeed, ...meanInterval(perSeed, 0.95) };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function majorityShare(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/** Whether every run of an arm gives all examples the same label. */
const saysOneLabel = (runs: readonly RunRecord[]): boolean =>
  runs.every(({ probabilities }) => new Set(probabilities.map(argmax)).size === 1);
