// What 8 bits cost saved classifiers: node bench/int8.ts DATA FOLDER… [--rows 872] [--batch 16] [--threads 1] [--repeats 0]
// For each folder: its float ONNX file on labelled rows, and the 8-bit one as `--quantize int8` writes it. One line of JSON each: accuracy,
// Matthews correlation, labels that are not the float file's, the furthest probability from it. Then over the folders, which may be one
// model's seeds: the mean loss of accuracy in points and its standard error, and the mean share of labels changed. With --repeats also what
// a batch of 16 × 32 tokens takes with either file of the first folder, in turn: medians of the clock and of the processor's time.
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
    repeats: { type: "string", default: "0" },
  },
});
const [data, ...folders] = positionals;
if (folders.length === 0) throw new Error("usage: node bench/int8.ts DATA FOLDER…");

const FILES = { float: "onnx/model.onnx", int8: "onnx/model_quantized.onnx" } as const;
type Name = keyof typeof FILES;

interface Costs {
  /** Of accuracy, in points. */
  readonly loss: number;
  /** Share of labels. */
  readonly changed: number;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
function standardError(numbers: readonly number[]): number {
  const middle = mean(numbers);
  return Math.sqrt(mean(numbers.map((x) => (x - middle) ** 2)) / (numbers.length - 1));
}

const sessionsOf = (files: ReadonlyMap<string, Uint8Array>, name: Name): Promise<InferenceSession> =>
  InferenceSession.create(files.get(FILES[name])!, { intraOpNumThreads: Number(values.threads) });

/** Logits [B, C] of encoded texts. */
async function logitsOf(
  session: InferenceSession,
  rows: Parameters<typeof collate>[0],
  padTokenId: number,
): Promise<Float32Array> {
  const batch = collate(rows, padTokenId);
  const whole = (numbers: ArrayLike<number>): Tensor =>
    new Tensor("int64", BigInt64Array.from(numbers, BigInt), [batch.size, batch.length]);
  const mask = batch.inputIds.map((_, at) => Number(at % batch.length < batch.lengths[Math.floor(at / batch.length)]));
  const feeds: Record<string, Tensor> = {
    input_ids: whole(batch.inputIds),
    attention_mask: whole(mask),
    token_type_ids: whole(batch.tokenTypeIds),
  };
  const read = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]]));
  return (await session.run(read)).logits.data as Float32Array;
}

const costs: Costs[] = [];
for (const [at, folder] of folders.entries()) {
  const model = await Classifier.load(folder);
  const { config, card } = model;
  const { text: textColumn, pair: pairColumn, label: labelColumn } = card.columns ?? {};
  const dataset = await loadDataset(data, { textColumn, pairColumn, labelColumn, labels: config.labels });
  const rows = model.encode({ ...dataset, examples: dataset.examples.slice(0, Number(values.rows)) });
  const files = await model.files({ quantize: "int8" });
  const sessions = { float: await sessionsOf(files, "float"), int8: await sessionsOf(files, "int8") };

  async function answers(name: Name): Promise<{ readonly said: readonly number[][]; readonly accuracy: number }> {
    const said: number[][] = [];
    const size = Number(values.batch);
    for (let start = 0; start < rows.length; start += size) {
      const logits = await logitsOf(sessions[name], rows.slice(start, start + size), card.padTokenId);
      for (let from = 0; from < logits.length; from += config.numLabels)
        said.push(tasks[config.task].outputs!.of(logits.subarray(from, from + config.numLabels), config.numLabels));
    }
    return { said, accuracy: mean(said.map((row, at) => Number(argmax(row) === rows[at].label))) };
  }

  const float = await answers("float");
  const say = (name: Name, { said, accuracy }: typeof float): number => {
    const predicted = said.map(argmax);
    const changed = predicted.filter((label, at) => label !== argmax(float.said[at])).length;
    const furthest = Math.max(...said.flatMap((row, at) => row.map((p, c) => Math.abs(p - float.said[at][c]))));
    const labels = rows.map(({ label }) => label);
    const matthews = config.numLabels === 2 ? matthewsCorrelation(predicted, labels) : undefined;
    const bytes = files.get(FILES[name])!.length;
    console.log(JSON.stringify({ folder, file: name, bytes, rows: rows.length, accuracy, matthews, changed, furthest }));
    return changed / rows.length;
  };
  say("float", float);
  const int8 = await answers("int8");
  costs.push({ changed: say("int8", int8), loss: 100 * (float.accuracy - int8.accuracy) });

  const repeats = at === 0 ? Number(values.repeats) : 0;
  const times = { float: [], int8: [] } as Record<Name, { readonly clockMs: number; readonly processorMs: number }[]>;
  const made = Array.from({ length: 16 }, (_, row) => ({
    ...rows[row % rows.length],
    inputIds: Int32Array.from({ length: 32 }, (_, at) => rows[row % rows.length].inputIds[at] ?? (row + at) % config.vocabSize),
    tokenTypeIds: new Int32Array(32),
  }));
  // the first one of each finds no memory yet
  for (let repeat = 0; repeat <= repeats && repeats > 0; repeat++)
    for (const name of ["float", "int8"] as const) {
      const [started, before] = [performance.now(), process.cpuUsage()];
      await logitsOf(sessions[name], made, card.padTokenId);
      const { user, system } = process.cpuUsage(before);
      if (repeat > 0) times[name].push({ clockMs: performance.now() - started, processorMs: (user + system) / 1000 });
    }
  for (const name of repeats > 0 ? (["float", "int8"] as const) : []) {
    const [clockMs, processorMs] = (["clockMs", "processorMs"] as const).map((part) =>
      median(times[name].map((one) => one[part])),
    );
    console.log(JSON.stringify({ folder, file: name, tokens: "16 x 32", repeats, clockMs, processorMs }));
  }
  for (const session of Object.values(sessions)) await session.release();
}
const losses = costs.map(({ loss }) => loss);
const changed = mean(costs.map(({ changed }) => changed));
console.log(JSON.stringify({ folders: folders.length, meanLoss: mean(losses), standardError: standardError(losses), changed }));
