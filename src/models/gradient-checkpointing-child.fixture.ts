// Run in a process of its own: prints by how many bytes the first update of a small encoder makes its peak memory grow.
import type { BatchContext } from "../batch/index.ts";
import { createRuntime } from "../runtime/index-node.ts";
import { createTrainStep } from "../training/index.ts";
import { parseEncoderConfig } from "./config/config.ts";
import { initialise, parameterSpecs } from "./initialise.ts";
import { buildModel } from "./model-graph.ts";

const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 50, hidden_size: 64, num_hidden_layers: 8, num_attention_heads: 4 },
  ...{ intermediate_size: 256, max_position_embeddings: 256, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
});
const [B, n] = [8, 256];
const context: BatchContext = {
  ...{ bindings: { B, n }, lengths: new Int32Array(B).fill(n), examples: new Int32Array(B) },
  ...{ inputIds: new Int32Array(B * n), tokenTypeIds: new Int32Array(B * n), labels: new Int32Array(B) },
  ...{ seed: 1, step: 0, training: true, strength: 1, labelSmoothing: 0, lossDivisor: B },
};
const step = await createTrainStep<BatchContext>(buildModel(config, { training: true }), {
  ...{ runtime: await createRuntime({ threads: 1 }), parameters: parameterSpecs(config), values: initialise(config, 1) },
  ...{ largest: [context.bindings], gradientCheckpointing: process.argv[2] === "checkpoints" },
});
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const before = peak();
await step.run([context], { seed: 1, step: 0 });
console.log(peak() - before);
