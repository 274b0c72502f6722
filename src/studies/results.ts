import { flopsPerExample } from "../attention/index.ts";
import { type EncoderConfig, families, validPairs } from "../models/index.ts";
import { resolveOptions, snakeCase } from "../training/index.ts";
import { armText } from "./arm-text.ts";
import type { StudyDefinition } from "./definition.ts";
import { disagreementsOf } from "./disagreements.ts";
import { configOf, type PreparedStudy } from "./prepare.ts";
import type { AttentionMap, StudyResults } from "./records.ts";
import { studyResults } from "./statistics/index.ts";
import type { StoredRun, StudyPlan } from "./stores/store.ts";

/**
 * Results of all runs of a study.
 *
 * @param plan - That holds, see `StudyStore.open`.
 * @param machine - Where it was run.
 */
export function resultsOf(
  study: PreparedStudy,
  { claims, looks }: StudyPlan,
  runs: readonly StoredRun[],
  machine: StudyResults["environment"],
): StudyResults {
  const {
    definition,
    data: { reported },
  } = study;
  const length = reported.reduce((sum, { inputIds }) => sum + inputIds.length, 0) / reported.length;
  const { runtime } = runs.find(({ record }) => !record.diverged) ?? runs[0];
  const results = studyResults(
    runs.map(({ record }) => record),
    {
      study: definition.study,
      corpus: definition.corpus,
      synthetic: definition.synthetic,
      planted: definition.planted,
      claims,
      looks,
      examples: {
        train: definition.draw?.rows ?? definition.data.train.examples.length,
        selection: definition.data.selection?.examples.length ?? 0,
      },
      arms: definition.arms.map((arm) => ({
        name: arm.name,
        pattern: armText(arm),
        nominalSparsity: arm.nominalSparsity,
      })),
      flops(arm, effectiveSparsity) {
        const config = configOf(study, definition.arms.find(({ name }) => name === arm)!);
        return flopsOf(config, length, effectiveSparsity);
      },
      attentionMaps: attentionMaps(definition, runs),
      environment: { runtime: `${runtime.name} ${runtime.version}`, threads: runtime.threads, ...machine },
      command: definition.command,
      createdAt: new Date().toISOString(),
    },
  );
  const names = definition.arms.map(({ name }) => name);
  const takenFrom = runs.flatMap(({ record: { arm, seed }, takenFrom: study }) =>
    study === undefined ? [] : [{ arm, seed, study }],
  );
  return {
    ...results,
    classes: definition.data.train.labels,
    hyperparameters: hyperparameters(definition),
    ...(takenFrom.length > 0 && { takenFrom }),
    disagreements: disagreementsOf(names, definition.data.reported, runs),
  };
}

function flopsOf(config: EncoderConfig, length: number, effectiveSparsity: number): ReturnType<typeof flopsPerExample> {
  const { hiddenSize, intermediateSize, layers, heads, family } = config;
  const whole = Math.max(1, Math.round(length));
  const validShare = validPairs(config, whole) / (whole ** 2 * heads * layers);
  const { gated } = families[family];
  return flopsPerExample({ hiddenSize, intermediateSize, layers, length, validShare, gated, effectiveSparsity });
}

const hyperparameters = ({ options }: StudyDefinition): StudyResults["hyperparameters"] =>
  Object.fromEntries(
    Object.entries(resolveOptions(options)).map(([name, value]) => [
      snakeCase(name),
      typeof value === "object" ? JSON.stringify(value) : value,
    ]),
  );

/** Maps of the first seed's runs, side by side: those that all arms have. */
function attentionMaps({ seeds, arms }: StudyDefinition, runs: readonly StoredRun[]): AttentionMap[] {
  const first = arms.map(({ name }) => {
    return runs.find(({ record }) => record.arm === name && record.seed === seeds[0])!;
  });
  if (first.some(({ record }) => record.diverged)) return [];
  return first[0].maps.flatMap(({ text, tokens, layer, head }) => {
    const same = first.map(({ maps }) => maps.find((map) => map.text === text && map.layer === layer && map.head === head));
    if (!same.every((map) => map !== undefined)) return [];
    const probabilities = Object.fromEntries(arms.map(({ name }, at) => [name, same[at].probabilities]));
    return [{ sentence: text, tokens, layer, head, probabilities }];
  });
}

/** One JSON line an example and run, in the order of the runs: what the model said, attention as trained. */
export function predictionLines(definition: StudyDefinition, runs: readonly StoredRun[]): string {
  const { examples } = definition.data.reported;
  const lines = runs.flatMap(({ record: { arm, seed, probabilities, labels } }) =>
    probabilities.map((row, at) =>
      JSON.stringify({ arm, seed, index: examples[at].index, label: labels[at], probabilities: row }),
    ),
  );
  return `${lines.join("\n")}\n`;
}
