// `crisp train` without any option, on the rows of make-data.ts:
//   node bench/out-of-the-box/run.ts --data FOLDER --model FOLDER [--timed] sst2-8-1 … >> results.jsonl
// Prints one line of JSON a cell: accuracy on <set>-test.jsonl, its baselines and the recipe; with --timed, for a machine where nothing else
// runs, the seconds of the whole command and of training alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { data: { type: "string" }, model: { type: "string" }, timed: { type: "boolean", default: false } },
  allowPositionals: true,
});
const { data, model, timed } = values;
if (data === undefined || model === undefined || positionals.length === 0)
  throw new Error("usage: --data FOLDER --model FOLDER <set>-<labels a class>-<seed> …");
const main = resolve(import.meta.dirname, "../../src/cli/main.ts");

for (const cell of positionals) {
  const out = mkdtempSync(join(tmpdir(), "crisp-box-"));
  const [set, , seed] = cell.split("-");
  const files = [join(data, `${cell}.jsonl`), "--test_file", join(data, `${set}-test.jsonl`)];
  const words = ["train", ...files, "--model", model, "--output_dir", out, "--overwrite_output_dir", "--seed", seed, "--no_onnx"];
  const started = performance.now();
  const child = spawnSync(process.execPath, [main, ...words], { encoding: "utf8", maxBuffer: 1e9 });
  if (child.status !== 0) throw new Error(`${cell}: ${child.stderr}`);
  const seconds = (performance.now() - started) / 1000;
  const card = JSON.parse(readFileSync(join(out, "crisp.json"), "utf8"));
  const baselines = Object.fromEntries(
    Array.from(child.stdout.matchAll(/^ {2}(majority class|TF-IDF.*|frozen encoder.*) ([01]\.\d{3})$/gm), ([, name, score]) => [
      name,
      Number(score),
    ]),
  );
  const { recipe, metrics, maxLength } = card;
  const line = { cell, method: "crisp", accuracy: metrics.accuracy, baselines, recipe: recipe.name, maxLength };
  const [, minutes = "0", rest = "0"] =
    /after (?:(\d+) min )?([\d.]+) s of training/.exec(child.stdout.replaceAll("\n", " ")) ?? [];
  const times = { seconds: Number(seconds.toFixed(1)), trainingSeconds: 60 * Number(minutes) + Number(rest) };
  console.log(JSON.stringify({ ...line, ...(timed && times), cpu: cpus()[0].model }));
  rmSync(out, { recursive: true, force: true });
}
