import { textBlocks } from "../data/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { nodeEnvironment } from "./environment/environment-node.ts";
import { executeMasked } from "./masked-run.fixture.ts";
import { topicConfig, topicMasking, topicSentences, topicTokenizer } from "./topic-language.fixture.ts";

/** Losses of a masked-language-model training of 12 updates, with top-k, dropout and accumulation; the held-out loss stands last. */
export async function topicLossCurve(createRuntime: () => Promise<Runtime>): Promise<number[]> {
  const blocksOf = (count: number, seed: number) => textBlocks(topicSentences(count, seed), topicTokenizer, { lineByLine: true });
  const losses: number[] = [];
  const result = await executeMasked(
    {
      model: { kind: "fresh", config: topicConfig },
      plan: { pattern: "topK(sparsity=0.5)" },
      data: { train: blocksOf(200, 1), selection: blocksOf(40, 2) },
      masking: topicMasking,
      padTokenId: topicTokenizer.padTokenId,
      options: {
        maxSteps: 12,
        perDeviceTrainBatchSize: 16,
        gradientAccumulationSteps: 2,
        learningRate: 1e-2,
        warmupSteps: 0,
        evalStrategy: "no",
      },
      seed: 1,
    },
    { ...nodeEnvironment, createRuntime },
    {
      onEvent(event) {
        if (event.type === "step") losses.push(event.loss);
      },
    },
  );
  return [...losses, result!.loss];
}
