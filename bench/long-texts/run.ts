// Fine-tuning on long texts, dense and sparse, on the data of make-data.ts:
//   node bench/long-texts/run.ts --data FOLDER [--set reviews|documents] [--length 512] [--rows 400] [--test_rows 400] [--seeds 3] >> results.jsonl
// Each seed trains every attention from the same weights, on the same rows in the same order. One line of JSON a training: accuracy,
// seconds an epoch, and the largest resident set of the process (Linux).
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    set: { type: "string", default: "reviews" },
    length: { type: "string", default: "512" },
    rows: { type: "string", default: "400" },
    test_rows: { type: "string", default: "400" },
    epochs: { type: "string", default: "2" },
    batch: { type: "string", default: "8" },
    seeds: { type: "string", default: "3" },
  },
});
const { data, set, length } = values;
if (data === undefined) throw new Error("usage: --data FOLDER");
const attentions = ["dense", "block(sparsity=0.8, size=64)", "anyOf(slidingWindow(radius=64), global(tokens=1))"];
const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
const work = mkdtempSync(join(tmpdir(), "crisp-long-"));

const some = (split: string, rows: string): string => {
  const lines = readFileSync(join(data, `${set}-${split}.jsonl`), "utf8").split("\n", Number(rows));
  const path = join(work, `${split}.jsonl`);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
};
const files = [some("train", values.rows), "--test_file", some("test", values.test_rows)];

interface Trained {
  readonly peakBytes: number;
  readonly seconds: number;
}

async function train(words: readonly string[]): Promise<Trained> {
  const started = performance.now();
  const child = spawn(process.execPath, [main, "train", ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let [stderr, peakBytes] = ["", 0];
  child.stderr.on("data", (text) => void (stderr += text));
  const watch = setInterval(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    peakBytes = Math.max(peakBytes, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 500);
  const code = await new Promise<number | null>((done) => child.on("close", done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`crisp train ${words.join(" ")}: ${stderr}`);
  return { peakBytes, seconds: (performance.now() - started) / 1000 };
}

for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const attention of attentions) {
    const out = join(work, "out");
    const options = Object.entries({
      model: join(data, "encoder-2048"),
      ...{ max_seq_length: length, attention, seed: String(seed), output_dir: out },
      ...{ preset: "some", folds: "0", num_train_epochs: values.epochs, per_device_train_batch_size: values.batch },
      ...{ eval_strategy: "no" },
    }).flatMap(([name, value]) => [`--${name}`, value]);
    const { peakBytes, seconds } = await train([...files, ...options, "--no_onnx", "--overwrite_output_dir"]);
    const { metrics, attention: plan } = JSON.parse(readFileSync(join(out, "crisp.json"), "utf8"));
    const log = readFileSync(join(out, "checkpoints/run.log.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const updates = log.filter(({ type }) => type === "step" || type === "updated");
    const line = { set, length: Number(length), attention, seed, rows: Number(values.rows), ...metrics, plan };
    console.log(JSON.stringify({ ...line, peakBytes, seconds, updates: updates.length, cpu: cpus()[0].model }));
    rmSync(out, { recursive: true, force: true });
  }
}
rmSync(work, { recursive: true, force: true });
