import { topK } from "../attention/index.ts";
import type { BatchContext } from "../batch/index.ts";
import { batchOrder, collate, createTokenizer, encodeDataset, tokenCounts } from "../data/index.ts";
import { buildModel, initialise, parameterSpecs, parseEncoderConfig, withLabels } from "../models/index.ts";
import type { DeviceMemory, Runtime } from "../runtime/index.ts";
import { demoCorpora, demoEncoderConfig, demoTokenizer } from "../studies/index.ts";
import { createTrainStep, gradientNorm, learningRateAt, resolveOptions, update } from "../training/index.ts";
import { batchContext } from "./forward.ts";

/** Losses of a training, and the bytes that crossed between host and device during each step, where there is a device. */
export interface LossCurve {
  readonly losses: readonly number[];
  readonly copied: readonly DeviceMemory["copied"][];
  /** Bytes of all parameters. */
  readonly parameterBytes: number;
}

/** Train the demonstration's encoder with 60 % top-k and dropout; everything random follows from one seed. */
export async function demoLossCurve(
  runtime: Runtime,
  { updates = 100, onUpdate }: { readonly updates?: number; readonly onUpdate?: (at: number) => void } = {},
): Promise<LossCurve> {
  const seed = 1;
  const [corpus] = demoCorpora();
  const tokenizer = createTokenizer({ ...demoTokenizer(), maxLength: 32 });
  const config = withLabels(
    parseEncoderConfig({ ...demoEncoderConfig(), hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 }),
    corpus.train.labels,
  );
  const examples = encodeDataset(tokenizer, { ...corpus.train, examples: corpus.train.examples.slice(0, 800) });
  const lengths = tokenCounts(examples);
  const batchSize = 4;
  const longest = Math.max(...lengths);
  const graph = buildModel(config, { plan: { pattern: topK({ sparsity: 0.6 }) }, training: true });
  const step = await createTrainStep<BatchContext>(graph, {
    runtime,
    parameters: parameterSpecs(config),
    values: initialise(config, seed),
    largest: [{ B: batchSize, n: longest }],
  });
  const options = resolveOptions({ learningRate: 1e-3, warmupSteps: 10 });
  const losses: number[] = [];
  const copied: DeviceMemory["copied"][] = [];
  for (let at = 0; at < updates; at++) {
    const epoch = Math.floor((at * batchSize) / examples.length);
    const order = batchOrder({ lengths, batchSize, seed, epoch });
    const batch = collate(
      Array.from(order[at % order.length], (position) => examples[position]),
      tokenizer.padTokenId,
    );
    const settings = { seed, step: at, training: true, strength: 1, labelSmoothing: 0, lossDivisor: batch.size };
    const before = { ...runtime.memory?.copied };
    losses.push(await step.run([batchContext(batch, settings)], { seed, step: at }));
    const norm = gradientNorm(step.state, at);
    await update(step.state, options, { norm, step: at, learningRate: learningRateAt(options, at, updates) });
    onUpdate?.(at);
    if (runtime.memory) {
      const { toDevice, toHost } = runtime.memory.copied;
      copied.push({ toDevice: toDevice - before.toDevice!, toHost: toHost - before.toHost! });
    }
  }
  await step.release();
  return {
    losses,
    copied,
    parameterBytes: parameterSpecs(config).reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0),
  };
}
