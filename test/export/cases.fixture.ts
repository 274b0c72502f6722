import { type AttentionPlan, parsePattern, patterns } from "../../src/attention/index.ts";
import type { Encoded } from "../../src/data/index.ts";
import { type EncoderConfig, parameterSpecs, parseEncoderConfig, withLabels } from "../../src/models/index.ts";
import { createForward } from "../../src/runs/index.ts";
import { createRuntime, type HostTensor } from "../../src/runtime/index-node.ts";

const LENGTHS = [19, 5, 1, 33, 26, 2, 12];
const shared = { vocab_size: 60, max_position_embeddings: 40, initializer_range: 0.4, num_labels: 3 };

/** Small random encoders, by family; these two are held to every plan. */
export const families: Readonly<Record<string, EncoderConfig>> = {
  bert: parseEncoderConfig({
    ...shared,
    ...{ model_type: "bert", hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40 },
  }),
  distilbert: parseEncoderConfig({ ...shared, model_type: "distilbert", dim: 16, n_layers: 2, n_heads: 2, hidden_dim: 24 }),
};

const sizes = { hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40 };
const relative = {
  ...{ relative_attention: true, pos_att_type: ["c2p", "p2c"], position_buckets: 8, norm_rel_ebd: "layer_norm" },
  position_biased_input: false,
};
const modern = { ...sizes, num_hidden_layers: 4, local_attention: 8, global_attn_every_n_layers: 3, pad_token_id: 0 };
const ModernBert = (more: object) => parseEncoderConfig({ ...shared, ...modern, model_type: "modernbert", ...more });

/** The other families and tasks, held to a few plans. */
export const others: Readonly<Record<string, EncoderConfig>> = {
  roberta: parseEncoderConfig({ ...shared, ...sizes, model_type: "roberta", pad_token_id: 1 }),
  "xlm-roberta": parseEncoderConfig({
    ...shared,
    ...sizes,
    model_type: "xlm-roberta",
    pad_token_id: 1,
    max_position_embeddings: 36,
  }),
  electra: parseEncoderConfig({ ...shared, ...sizes, model_type: "electra", embedding_size: 16 }),
  albert: parseEncoderConfig({ ...shared, ...sizes, model_type: "albert", embedding_size: 16 }),
  mpnet: parseEncoderConfig({ ...shared, ...sizes, model_type: "mpnet", pad_token_id: 1 }),
  "deberta-v2": parseEncoderConfig({ ...shared, ...sizes, model_type: "deberta-v2", ...relative, share_att_key: true }),
  "deberta-v2, two terms apart": parseEncoderConfig({
    ...{ ...shared, ...sizes, model_type: "deberta-v2", ...relative },
    ...{ type_vocab_size: 2, embedding_size: 16, position_biased_input: true },
  }),
  modernbert: ModernBert({ classifier_pooling: "mean" }),
  "modernbert, [CLS]": ModernBert({ classifier_pooling: "cls" }),
  "bert, token classification": withLabels(families.bert, ["O", "B-X", "I-X"], "token_classification"),
  "bert, several classes": withLabels(families.bert, ["a", "b"], "multi_label_classification"),
  "distilbert, regression": withLabels(families.distilbert, ["score"], "regression"),
};

/** Large enough that its matrices are rounded. */
export function largeConfig(family: "bert" | "distilbert" | "roberta" | "albert" | "modernbert"): EncoderConfig {
  const large = {
    ...shared,
    vocab_size: 900,
    hidden_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    intermediate_size: 192,
  };
  const own = { dim: 96, n_layers: 2, n_heads: 3, hidden_dim: 192, embedding_size: 64, pad_token_id: 0 };
  return parseEncoderConfig({ ...large, ...own, initializer_range: 0.1, model_type: family });
}

const sampled = Object.keys(patterns).filter((name) => name !== "random");
const ids = [
  ...sampled.map((name) => patterns[name].sample().id),
  ...sampled.flatMap((name) => patterns[name].ofSparsity?.(0.7).id ?? []),
  "topK(sparsity=0.6, paddedTo=24, keepSpecial=true)",
  "topK(sparsity=0.9, keepSpecial=true)",
  "bottomK(sparsity=0.6, paddedTo=24, keepSpecial=true)",
  "inOrder(slidingWindow(sparsity=0.4), topP(mass=0.5))",
  "block(sparsity=0.5, size=5, keepOwn=true)",
  "slidingWindow(radius=2)",
  "nOfM(n=2, m=7)",
  "heads(heads=0+1)",
  "inOrder(slidingWindow(sparsity=0.5), topK(sparsity=0.5))",
  "inOrder(strided(sparsity=0.6), slidingWindow(radius=0), global(tokens=2))",
  "anyOf(slidingWindow(radius=1), global(tokens=1), topK(sparsity=0.9))",
  "inOrder(anyOf(strided(stride=5), block(sparsity=0.8, size=3)), nOfM(n=1, m=3))",
];

/** Every pattern that has a form outside Crisp, compositions, and plans for some layers and heads; by title. */
export const plans: Readonly<Record<string, AttentionPlan>> = {
  ...Object.fromEntries(ids.map((id) => [id, { pattern: parsePattern(id) }])),
  "topK in one layer": { pattern: parsePattern("topK(sparsity=0.8)"), layers: [1] },
  sparsemax: { pattern: parsePattern("dense"), normaliser: "sparsemax" },
  "entmax15 behind topK in one layer": { pattern: parsePattern("topK(sparsity=0.5)"), normaliser: "entmax15", layers: [1] },
  "sparsemax in windows": { pattern: parsePattern("slidingWindow(radius=3)"), normaliser: "sparsemax" },
  "a window in one head, after a ramp": { pattern: parsePattern("slidingWindow(sparsity=0.8)"), heads: [1], rampSteps: 9 },
};

/** Some of them. */
export const fewPlans: Readonly<Record<string, AttentionPlan>> = Object.fromEntries(
  ["dense", "topK(sparsity=0.8)", "inOrder(slidingWindow(sparsity=0.5), topK(sparsity=0.5))", "topK in one layer"].map(
    (title) => [title, plans[title]],
  ),
);

/** Made-up texts; the second half of each has token type 1. */
export const texts: readonly Encoded[] = LENGTHS.map((length, index) => ({
  index,
  label: -1,
  truncated: false,
  inputIds: Int32Array.from({ length }, (_, at) => 2 + ((at * at * 7 + index * 11 + at) % 58)),
  tokenTypeIds: Int32Array.from({ length }, (_, at) => Number(at > length / 2)),
}));

const runtime = await createRuntime({ threads: 1 });

/** Crisp's own logits of the texts, or of other examples. */
export async function crispLogits(
  config: EncoderConfig,
  weights: ReadonlyMap<string, Float32Array>,
  plan: AttentionPlan,
  examples: readonly Encoded[] = texts,
): Promise<number[][]> {
  const tensors: Record<string, HostTensor> = {};
  for (const { name, shape } of parameterSpecs(config)) tensors[name] = { dtype: "float", shape, data: weights.get(name)! };
  const forward = await createForward({
    ...{ runtime, config, plan, parameters: () => tensors, seed: 1, batchSize: 4, padTokenId: 0 },
  });
  const { logits } = await forward.evaluate(examples);
  await forward.release();
  return logits;
}

/** The largest difference between two tables of one shape. */
export const furthest = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((row, at) => row.map((value, i) => Math.abs(value - b[at][i]))));
