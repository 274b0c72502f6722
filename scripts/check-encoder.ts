// Holds the tokenizer and the hidden states of a real encoder to transformers.
//
//     node scripts/check-encoder.ts MODEL TEXTS [--python PYTHON] [--lines 2000] [--sentences 20]
//
// MODEL is a folder with config.json, weights and tokenizer.json; TEXTS one text a line, gzipped or not. Ids of the first lines must be
// equal; hidden states of the first sentences, padded in one batch, must be within 1e-5 by ‖a − b‖ / ‖b‖ for each sentence.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createTokenizer } from "../src/data/index.ts";
import { computeOn, contextOf, feedsOf } from "../src/models/compute-on.fixture.ts";
import { buildModel, loadModelFolder, weightsFrom, withLabels } from "../src/models/index-node.ts";

import { createRuntime } from "../src/runtime/index-node.ts";

const TOLERANCE = 1e-5;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string", default: "python3" },
    lines: { type: "string", default: "2000" },
    sentences: { type: "string", default: "20" },
  },
});
const [folder, texts] = positionals;
if (!folder || !texts) throw new Error("node scripts/check-encoder.ts MODEL TEXTS");
const bytes = readFileSync(texts);
const text = (texts.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
const lines = text
  .split("\n")
  .filter((line) => line.trim() !== "")
  .slice(0, Number(values.lines));
const sentences = Number(values.sentences);

const model = loadModelFolder(folder);
const config = withLabels(model.config, ["a", "b"]);
const json = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, name), "utf8"));
const tokenizer = createTokenizer({
  tokenizerJson: json("tokenizer.json"),
  tokenizerConfig: json("tokenizer_config.json"),
  maxLength: config.maxPositions,
});
const rows = lines.map((line) => [...tokenizer.encode(line).inputIds]);

const work = mkdtempSync(join(tmpdir(), "crisp-encoder-"));
writeFileSync(join(work, "inputs.json"), JSON.stringify({ lines, sentences, maxLength: config.maxPositions }));
const script = join(import.meta.dirname, "reference/encoder_hidden.py");
const { status } = spawnSync(values.python, [script, folder, work], { stdio: "inherit" });
if (status !== 0) throw new Error(`${values.python} ended with ${status}`);
const ids: number[][] = JSON.parse(readFileSync(join(work, "ids.json"), "utf8"));
const theirs = new Float32Array(readFileSync(join(work, "hidden.f32")).buffer.slice(0));
rmSync(work, { recursive: true });

const other = rows.findIndex((row, at) => row.join() !== ids[at].join());
const tokens = rows.reduce((sum, row) => sum + row.length, 0);
console.log(`${rows.length} lines, ${tokens} tokens: ${other < 0 ? "all ids are Python's" : `line ${other} has other ids`}`);

const { weights, fresh } = weightsFrom(config, model, { seed: 1, where: folder });
const graph = buildModel(config, { training: false });
const batch = rows.slice(0, sentences);
const context = contextOf(batch);
const { n } = context.bindings;
const runtime = await createRuntime({ threads: 2 });
const feeds = feedsOf(graph, context, (name) => weights.get(name)!);
const { hidden } = await computeOn(runtime, { hidden: graph.hidden }, feeds, context.bindings);
const errors = batch.map(({ length }, row) => {
  const [from, to] = [row * n, row * n + length].map((token) => token * config.hiddenSize);
  let [off, whole] = [0, 0];
  for (let at = from; at < to; at++) {
    off += (hidden[at] - theirs[at]) ** 2;
    whole += theirs[at] ** 2;
  }
  return Math.sqrt(off / whole);
});
const worst = Math.max(...errors);
console.log(`drawn afresh: ${fresh.join(", ") || "nothing"}`);
console.log(
  `${batch.length} sentences of ${Math.min(...batch.map(({ length }) => length))} to ${n} tokens: worst error ${worst.toExponential(1)}`,
);
if (other >= 0 || !(worst <= TOLERANCE)) process.exitCode = 1;
