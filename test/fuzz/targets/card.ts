import { classifierFromFiles } from "../../../src/api/index.ts";
import { joined } from "../../../src/files/index.ts";
import { initialise, modelFiles, parseEncoderConfig } from "../../../src/models/index.ts";
import { createReferenceRuntime } from "../../../src/runtime/index.ts";
import { demoTokenizer } from "../../../src/studies/index.ts";
import { mutateJson } from "../mutate-json.ts";
import { check, type Target } from "../target.ts";

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const tokenizer = demoTokenizer();
const config = parseEncoderConfig({
  ...{ model_type: "bert", vocab_size: 200, hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 2 },
  ...{ intermediate_size: 6, max_position_embeddings: 16, num_labels: 2 },
});
const files = new Map([
  ...[...modelFiles(config, initialise(config, 1))].map(([name, content]) => [name, joined(content)] as const),
  ["tokenizer.json", encode(tokenizer.tokenizerJson)] as const,
  ["tokenizer_config.json", encode(tokenizer.tokenizerConfig)] as const,
]);

const CARD = {
  ...{ crisp: "1.0.0", task: "single_label_classification", maxLength: 12, seed: 3, padTokenId: 0, longTexts: "head" },
  ...{ columns: { text: "text", label: "label" }, temperature: 1.5, split: "held out", metrics: { accuracy: 0.9, loss: null } },
  ...{
    options: { learningRate: 2e-5 },
    classWeights: [1, 2],
    about: { startModel: "x", datasets: ["y"], files: { train: "a.csv" } },
  },
  runtime: { name: "onnxruntime-node", version: "1.2.3", device: "cpu", threads: 2 },
};
const ATTENTION = [
  { pattern: "dense" },
  { pattern: "topK(sparsity=0.8)", layers: [0], heads: [1], rampSteps: 10 },
  { pattern: "dense", normaliser: "entmax15" },
];

/** A classifier that loads answers. */
async function run(bytes: Uint8Array): Promise<void> {
  const place = { createRuntime: async () => createReferenceRuntime() };
  const model = await classifierFromFiles(new Map([...files, ["crisp.json", bytes]]), place);
  const said = (await model.predict("a fine film")) as unknown[];
  check(Array.isArray(said) && JSON.stringify(said).includes("score"), "no answer");
}

/** crisp.json beside a sound model. */
export const card: Target = {
  ...{ name: "card", mutate: mutateJson, run, memory: { floor: 16 << 20, factor: 1000 } },
  seeds: () => ATTENTION.map((attention) => encode({ ...CARD, attention })),
};
