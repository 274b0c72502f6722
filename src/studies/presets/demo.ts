import { presets } from "../../attention/index.ts";
import { createTokenizer } from "../../data/index.ts";
import type { Arm, StudyDefinition } from "../definition.ts";
import {
  type DemoCorpus,
  demoCorpora,
  demoEncoderConfig,
  demoTokenizer,
  demoTraining,
  type PlantedVerdict,
} from "../demo/index.ts";
import type { StudyResults } from "../records.ts";
import { arms } from "./arms.ts";

const directions: Readonly<Record<PlantedVerdict, NonNullable<StudyResults["planted"]>["direction"]>> = {
  supported: "helps",
  contradicted: "hurts",
  "not supported": "neither",
};

/**
 * The demonstration: three planted studies that calibrate the instrument (docs/demo-corpora.md).
 *
 * A sliding window is used instead of `topK`, since only a window makes the planted truth strict.
 *
 * @param options.seeds - Default five, the least that gets a verdict.
 */
export function demoStudies({
  command,
  seeds = demoTraining.seeds,
}: {
  readonly command: string;
  readonly seeds?: readonly number[];
}): StudyDefinition[] {
  const tokenizer = createTokenizer({ ...demoTokenizer(), maxLength: demoEncoderConfig().max_position_embeddings });
  return demoCorpora().map((corpus) => ({
    study: corpus.name,
    corpus: `${corpus.title} (made up)`,
    synthetic: true,
    planted: {
      expected: corpus.planted.sentence,
      ceiling: corpus.planted.ceiling,
      direction: directions[corpus.planted.expected],
    },
    model: { kind: "fresh", config: demoEncoderConfig() },
    tokenizer,
    data: { train: corpus.train, selection: corpus.selection, reported: corpus.reported },
    fresh: corpus.freshSentences,
    arms: armsFor(corpus),
    seeds,
    options: {
      numTrainEpochs: demoTraining.passes[corpus.name],
      perDeviceTrainBatchSize: demoTraining.batchSize,
      learningRate: demoTraining.learningRate,
      warmupSteps: demoTraining.warmupShare,
      weightDecay: demoTraining.weightDecay,
      maxGradNorm: demoTraining.maxGradNorm,
      evalStrategy: "epoch",
      perDeviceEvalBatchSize: 128,
    },
    command,
  }));
}

/** Dense against dense: four dense arms that differ in their random streams alone. */
function armsFor({ name }: DemoCorpus): Arm[] {
  if (name !== "dense-against-dense") return arms(presets("slidingWindow"));
  return ["dense", "dense_b", "dense_c", "dense_d"].map((arm, i) => ({
    name: arm,
    plan: { pattern: "dense" },
    nominalSparsity: 0,
    seedOffset: 2000 * i,
  }));
}
