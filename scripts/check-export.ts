// Holds what other libraries make of a saved folder to Crisp: transformers.js in Node and in headless Chromium, transformers in Python.
//
//     node scripts/check-export.ts FOLDER DATA [--rows 500] [--batch 16] [--python PYTHON]
//
// FOLDER was saved by Crisp with --quantize int8 or without; DATA has texts and labels. Batches are taken in the order of the file, so
// that their lengths are mixed. PYTHON needs torch and transformers; left out, Python is not asked. Prints one line for each, and ends
// with exit code 1 where a float score is further than 1e-3 from Crisp's.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { pipeline } from "@huggingface/transformers";
import { Classifier } from "../src/api/index-node.ts";
import { loadDataset } from "../src/data/index-node.ts";
import { openTransformersPage, type Scored } from "../test/browser/transformers-js/open.ts";

const TOLERANCE = 1e-3;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "500" },
    batch: { type: "string", default: "16" },
    python: { type: "string" },
  },
});
const [folder, file] = positionals.map((path) => resolve(path));
const model = await Classifier.load(folder);
const { text: textColumn, pair: pairColumn, label: labelColumn } = model.card.columns ?? {};
const dataset = await loadDataset(file, { textColumn, pairColumn, labelColumn, labels: model.config.labels });
const examples = dataset.examples.slice(0, Number(values.rows));
const texts = examples.map(({ text }) => text);
const batches = Array.from({ length: Math.ceil(texts.length / Number(values.batch)) }, (_, at) =>
  texts.slice(at * Number(values.batch), (at + 1) * Number(values.batch)),
);
const encoded = texts.map((text) => model.encodeText(text));
const on = await model.evaluate(encoded);
const off = await model.evaluate(encoded, { attention: "dense" });
const quantized = existsSync(join(folder, "onnx/model_quantized.onnx"));
const inOrder = (rows: readonly Scored[][]): number[][] =>
  rows.map((row) => model.config.labels.map((label) => row.find((each) => each.label === label)!.score));
const best = (row: readonly number[]): number => row.indexOf(Math.max(...row));

let failed = false;
function line(title: string, own: readonly (readonly number[])[], theirs: readonly (readonly number[])[], bound?: number): void {
  const furthest = Math.max(...own.flatMap((row, at) => row.map((value, i) => Math.abs(value - theirs[at][i]))));
  const same = own.filter((row, at) => best(row) === best(theirs[at])).length;
  const right = theirs.filter((row, at) => best(row) === examples[at].label).length;
  const wrong = bound !== undefined && !(furthest <= bound);
  failed ||= wrong;
  console.log(
    `${title.padEnd(44)} accuracy ${(right / theirs.length).toFixed(4)}   furthest ${furthest.toExponential(1)}   labels equal ${same} of ${theirs.length}${wrong ? "   WRONG" : ""}`,
  );
}

console.log(
  `${examples.length} texts of ${encoded.reduce((sum, { inputIds }) => sum + inputIds.length, 0)} tokens, batches of ${values.batch}`,
);
console.log(`attention: ${model.card.attention.pattern}`);
line("Crisp, scores", on.probabilities, on.probabilities);
line("Crisp with sparsity off, against itself on", on.probabilities, off.probabilities);

const batched = async (options: { readonly dtype?: "q8" }): Promise<number[][]> => {
  const classify = await pipeline("text-classification", folder, options);
  const rows: Scored[][] = [];
  const most = { top_k: null as unknown as number };
  for (const batch of batches) rows.push(...((await classify(batch, most)) as unknown as Scored[][]));
  await classify.dispose();
  return inOrder(rows);
};
line("transformers.js in Node, scores", on.probabilities, await batched({}), TOLERANCE);
if (quantized) line("transformers.js in Node, 8 bits, scores", on.probabilities, await batched({ dtype: "q8" }));

const work = mkdtempSync(join(tmpdir(), "crisp-check-"));
const page = await openTransformersPage(join(work, "page"), { model: folder });
line("transformers.js in Chromium, scores", on.probabilities, inOrder(await page.scores("model", batches)), TOLERANCE);
if (quantized) {
  const rows = inOrder(await page.scores("model", batches, { dtype: "q8" }));
  line("transformers.js in Chromium, 8 bits, scores", on.probabilities, rows);
}
await page.close();

if (values.python !== undefined) {
  writeFileSync(join(work, "batches.json"), JSON.stringify(batches));
  const script = join(import.meta.dirname, "check-export.py");
  const { status } = spawnSync(values.python, [script, folder, work], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`expected ${values.python} to end well, got exit code ${status}`);
  const { dense, sparse } = JSON.parse(readFileSync(join(work, "logits.json"), "utf8")) as Record<string, number[][]>;
  line("Python, plain: logits against sparsity off", off.logits, dense, 1e-4);
  if (sparse) line("Python, crisp_attention: logits", on.logits, sparse, TOLERANCE);
}
rmSync(work, { recursive: true });
process.exitCode = failed ? 1 : 0;
