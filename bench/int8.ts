// What 8 bits cost a saved classifier: node bench/int8.ts DATA FOLDER… [--rows 872] [--batch 16] [--threads 1]
// For each folder: its float ONNX file on labelled rows, the 8-bit one as `--quantize int8` writes it, and that one a text at a time, as
// an activation's scale is taken over a batch. One line of JSON each: accuracy, Matthews correlation, labels that are not the float
// file's, the furthest probability from it.
import { parseArgs } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { Classifier } from "../src/api/index-node.ts";
import { collate } from "../src/data/index.ts";
import { loadDataset } from "../src/data/index-node.ts";
import { argmax, matthewsCorrelation } from "../src/metrics/index.ts";
import { tasks } from "../src/tasks/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "872" },
    batch: { type: "string", default: "16" },
    threads: { type: "string", default: "1" },
  },
});
const [data, ...folders] = positionals;
if (folders.length === 0) throw new Error("usage: node bench/int8.ts DATA FOLDER…");

for (const folder of folders) {
  const model = await Classifier.load(folder);
  const { config, card } = model;
  const { text: textColumn, pair: pairColumn, label: labelColumn } = card.columns ?? {};
  const dataset = await loadDataset(data, { textColumn, pairColumn, labelColumn, labels: config.labels });
  const rows = model.encode({ ...dataset, examples: dataset.examples.slice(0, Number(values.rows)) });
  const files = await model.files({ quantize: "int8" });

  async function answers(file: string, size: number): Promise<{ rows: number[][]; seconds: number }> {
    const session = await InferenceSession.create(files.get(file)!, { intraOpNumThreads: Number(values.threads) });
    const all: number[][] = [];
    const started = performance.now();
    for (let start = 0; start < rows.length; start += size) {
      const batch = collate(rows.slice(start, start + size), card.padTokenId);
      const whole = (numbers: ArrayLike<number>): Tensor =>
        new Tensor("int64", BigInt64Array.from(numbers, BigInt), [batch.size, batch.length]);
      const mask = Int32Array.from(batch.inputIds, (_, at) =>
        Number(at % batch.length < batch.lengths[Math.floor(at / batch.length)]),
      );
      const feeds = { input_ids: whole(batch.inputIds), attention_mask: whole(mask), token_type_ids: whole(batch.tokenTypeIds) };
      const read = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)));
      const logits = (await session.run(read)).logits.data as Float32Array;
      for (let row = 0; row < batch.size; row++) {
        const own = logits.subarray(row * config.numLabels, (row + 1) * config.numLabels);
        all.push(tasks[config.task].outputs!.of(own, config.numLabels));
      }
    }
    await session.release();
    return { rows: all, seconds: (performance.now() - started) / 1000 };
  }

  const float = await answers("onnx/model.onnx", Number(values.batch));
  const say = (name: string, { rows: said, seconds }: typeof float): void => {
    const [labels, predicted] = [rows.map(({ label }) => label), said.map(argmax)];
    const accuracy = predicted.filter((label, at) => label === labels[at]).length / labels.length;
    const changed = predicted.filter((label, at) => label !== argmax(float.rows[at])).length;
    const furthest = Math.max(...said.flatMap((row, at) => row.map((p, c) => Math.abs(p - float.rows[at][c]))));
    const matthews = config.numLabels === 2 ? matthewsCorrelation(predicted, labels) : undefined;
    console.log(JSON.stringify({ folder, file: name, rows: labels.length, accuracy, matthews, changed, furthest, seconds }));
  };
  say("float", float);
  say("int8", await answers("onnx/model_quantized.onnx", Number(values.batch)));
  say("int8, a text at a time", await answers("onnx/model_quantized.onnx", 1));
}
