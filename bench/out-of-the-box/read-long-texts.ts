// What is read of long texts: a logistic regression on the mean of an untrained encoder's tokens, by head, head and tail, and chunks.
// node bench/out-of-the-box/read-long-texts.ts FOLDER MODEL 128 [400]
// FOLDER is what make-data.ts wrote; 128 is the most tokens a window; 400 reviews are tested.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dense } from "../../src/attention/index.ts";
import { encodeDataset, type LongTexts } from "../../src/data/index.ts";
import { loadTokenizer } from "../../src/data/index-node.ts";
import { centredRegression, denseRows, probabilitiesOf } from "../../src/linear/index.ts";
import { argmax } from "../../src/metrics/index.ts";
import { loadModelFolder, meanPooled, weightsFrom, withLabels } from "../../src/models/index-node.ts";
import { featuresOf, weightTensors } from "../../src/runs/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";

interface Review {
  readonly text: string;
  readonly label: string | number;
}

const [folder, model, maxLength, tested = 400] = process.argv.slice(2);
const read = (name: string): Review[] =>
  readFileSync(join(folder, `${name}.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Review);
const test = read("imdb-test").slice(0, Number(tested));
const draws = [8, 50].flatMap((labels) => [1, 2, 3, 4, 5].map((seed) => ({ labels, rows: read(`imdb-${labels}-${seed}`) })));
const reviews = [...test, ...draws.flatMap(({ rows }) => rows)];
const examples = reviews.map(({ text, label }, index) => ({ index, text, label: Number(label) }));

const stored = loadModelFolder(model);
const classifier = withLabels(stored.config, ["0", "1"], "single_label_classification");
const { weights } = weightsFrom(classifier, stored, { seed: 0, where: model });
const { config, values } = meanPooled(classifier, weights)!;
const tensors = weightTensors(config, values);
const runtime = await createRuntime({});
const tokenizer = await loadTokenizer(model);
const settings = { runtime, config, plan: { pattern: dense() }, parameters: () => tensors, seed: 1, batchSize: 64 };

for (const longTexts of ["head", "head_tail", "chunks"] satisfies LongTexts[]) {
  const fitted = tokenizer.fit({ maxLength: Number(maxLength), longTexts });
  const encoded = encodeDataset(fitted, { name: "imdb", labels: ["0", "1"], examples });
  const windows = encoded.flatMap(({ others = [], ...first }) => [first, ...others]);
  const tokens = windows.reduce((sum, { inputIds }) => sum + inputIds.length, 0) / encoded.length;
  const features = await featuresOf(encoded, { ...settings, padTokenId: tokenizer.padTokenId });
  const asked = denseRows(features.slice(0, test.length));
  const accuracies = new Map<number, number[]>();
  let at = test.length;
  for (const { labels, rows } of draws) {
    const known = examples.slice(at, at + rows.length).map(({ label }) => label);
    const head = centredRegression(features.slice(at, at + rows.length), known, 2);
    at += rows.length;
    const right = probabilitiesOf(head, asked).filter((row, review) => argmax(row) === examples[review].label).length;
    accuracies.set(labels, [...(accuracies.get(labels) ?? []), (100 * right) / test.length]);
  }
  const said = Array.from(accuracies, ([labels, all]) => {
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    return `${labels} a class ${mean.toFixed(1)} (${all.map((one) => one.toFixed(1)).join(" ")})`;
  });
  console.log(`${maxLength} ${longTexts}: ${tokens.toFixed(0)} tokens a text · ${said.join(" · ")}`);
}
