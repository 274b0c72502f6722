import { createTokenizer, type Encoded, encodeDataset } from "../data/index.ts";
import { demoCorpora, demoEncoderConfig, demoTokenizer } from "../studies/index.ts";
import type { RunEvent, RunSpec } from "./spec.ts";

export const tinyTokenizer = createTokenizer({ ...demoTokenizer(), maxLength: 64 });
export const tinyConfig = demoEncoderConfig();

/** Sentences of the demonstration, tokenised, from `first` on. */
export function tinySentences(count: number, split: "train" | "selection" | "reported" = "train", first = 0): Encoded[] {
  const dataset = demoCorpora()[0][split];
  return encodeDataset(tinyTokenizer, { ...dataset, examples: dataset.examples.slice(first, first + count) });
}

/** A run of the demonstration's encoder that takes a fraction of a second: 64 sentences, 6 updates. */
export function tinyRun(changes: Partial<RunSpec> = {}): RunSpec {
  const { options, data, ...rest } = changes;
  return {
    arm: "tiny",
    model: { kind: "fresh", config: tinyConfig },
    labels: ["negative", "positive"],
    padTokenId: tinyTokenizer.padTokenId,
    plan: { pattern: "slidingWindow(sparsity=0.6)" },
    data: {
      train: tinySentences(64),
      selection: tinySentences(32, "selection"),
      reported: tinySentences(40, "reported"),
      ...data,
    },
    options: { maxSteps: 6, learningRate: 2e-3, perDeviceTrainBatchSize: 16, evalStrategy: "steps", evalSteps: 2, ...options },
    seed: 1,
    threads: 1,
    ...rest,
  };
}

/** Steps so many that only a stop ends them. */
export const endless = { maxSteps: 1_000_000 } as const;

/** Calls back at the first event of a type. */
export function atFirst(type: RunEvent["type"], then: () => void): (event: RunEvent) => void {
  let seen = false;
  return (event) => {
    if (event.type !== type || seen) return;
    seen = true;
    then();
  };
}
