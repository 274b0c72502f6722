// Write sample graphs as ONNX models for scripts/check-onnx.py: node scripts/write-onnx-samples.ts <folder>
// Each as <name>.standard.onnx, in standard operators alone, and <name>.microsoft.onnx, as ONNX Runtime gets it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Pattern, slidingWindow, topK } from "../src/attention/index.ts";
import { cases, gradientsOf } from "../src/graph/gradient-cases.fixture.ts";
import { gradients, type Node } from "../src/graph/index.ts";
import { buildModel, parseEncoderConfig } from "../src/models/index.ts";
import { writeModel } from "../src/onnx/index.ts";

type Outputs = Record<string, Node>;

/** scatterRows has no ONNX form: its rows leave the graph. */
const inGraph = (node: Node): Node => (node.op === "scatterRows" ? node.inputs[0] : node);

/** Every case of every operator, forward and backward, in a few graphs: operator by operator in turn. */
function operatorGraphs(count: number): Record<string, Outputs> {
  const graphs: Outputs[] = Array.from({ length: count }, () => ({}));
  const ops = [...new Set(cases.map(({ op }) => op))];
  for (const subject of cases) {
    const graph = graphs[ops.indexOf(subject.op) % count];
    graph[`${subject.name} value`] = inGraph(subject.output);
    gradientsOf(subject).forEach((gradient, i) => {
      graph[`${subject.name} gradient ${i}`] = inGraph(gradient);
    });
  }
  return Object.fromEntries(graphs.map((graph, i) => [`operators-${i}`, graph]));
}

const sizes = { vocab_size: 31, max_position_embeddings: 24, hidden_dropout_prob: 0.1, num_labels: 3 };
const bert = {
  ...sizes,
  model_type: "bert",
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 20,
  type_vocab_size: 2,
};
const distilbert = { ...sizes, model_type: "distilbert", dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 20 };

/** A classifier's training graph: loss, logits, kept pairs, attention, and the gradient of every parameter. */
function trainingGraph(config: Record<string, unknown>, pattern: Pattern): Outputs {
  const graph = buildModel(parseEncoderConfig(config), { plan: { pattern }, training: true });
  const outputs: Outputs = { loss: graph.loss, logits: graph.logits };
  graph.keptPairs.forEach((node, layer) => void (outputs[`keptPairs ${layer}`] = node));
  graph.probabilities.forEach((node, layer) => void (outputs[`probabilities ${layer}`] = node));
  gradients(graph.loss, graph.parameters).forEach((gradient, i) => {
    outputs[`gradient ${graph.parameters[i].attrs.name}`] = inGraph(gradient);
  });
  return outputs;
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node scripts/write-onnx-samples.ts <folder>");
mkdirSync(folder, { recursive: true });
const samples: Record<string, Outputs> = {
  ...operatorGraphs(3),
  "bert-top-k": trainingGraph(bert, topK({ sparsity: 0.8 })),
  "distilbert-top-k": trainingGraph(distilbert, topK({ sparsity: 0.5 })),
  "distilbert-window": trainingGraph(distilbert, slidingWindow({ radius: 2 })),
};
for (const [name, outputs] of Object.entries(samples)) {
  writeFileSync(join(folder, `${name}.standard.onnx`), writeModel(outputs, { microsoftOps: false }).bytes);
  writeFileSync(join(folder, `${name}.microsoft.onnx`), writeModel(outputs).bytes);
}
console.log(`${folder}: ${Object.keys(samples).length} graphs, each in two forms`);
